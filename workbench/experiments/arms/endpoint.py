"""An arm that is a server: one POST a case, in the words of `arms.command`; the app as it is deployed somewhere.

What the server runs is its own matter: each question tells it which version is asked, in the field `version`, and
carries an id by which it can know work that it has done.
"""

import msgspec

from workbench.boundaries.asking import Line
from workbench.boundaries.llm import Exchange
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import UNKNOWN, Arm, Spend
from workbench.experiments.arms.question import question, with_exchange
from workbench.experiments.arms.reply import read_reply
from workbench.experiments.case import Case
from workbench.experiments.provider import Provider
from workbench.ids import digest


def endpoint_arm(line: Line, *, name: str, version: str, provider: Provider, most: Spend = UNKNOWN) -> Arm:
    """Return an arm that posts each case to a server.

    Parameters
    ----------
    line
        Open connections to it, with its key and bounds.
    name
        The arm's name.
    version
        The version that answers there: a commit, or a digest of its files.
    provider
        Its limits.
    most
        What one answer can cost at most.
    """

    async def once(body: bytes, work_id: str) -> Answer:
        told = await line.post("", body, work_id=work_id)
        if told.fault is not None:
            return error(told.fault, told.what, retry_after_s=told.retry_after_s)
        return with_exchange(read_reply(told.body, took_ms=told.took_ms), Exchange(digest(body), digest(told.body)))

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        asked = question(case, trial=trial, seed=seed, arm=f"{name} {version}")
        body = msgspec.json.encode({**asked, "version": version})
        return await provider.patiently(lambda: once(body, asked["work_id"]), most_tokens=most.tokens or 0)

    adapter = digest("endpoint", str(line.address), "", f"{line.answer_s} {line.max_bytes}")
    return Arm(name=name, version=version, adapter=adapter, ask=ask, most=most)
