"""An arm that is a program: it reads one case as JSON on standard input and writes one answer on standard output.

{"input": {...}, "seed": 7, "trial": 0, "work_id": "..."}   ->   {"output": "..."}; see `arms.reply`
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from workbench.boundaries.llm import Exchange
from workbench.boundaries.program import TIME_LIMIT_S, run_program
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import UNKNOWN, Arm, Spend
from workbench.experiments.arms.question import question, with_exchange
from workbench.experiments.arms.reply import read_reply
from workbench.experiments.case import Case
from workbench.experiments.provider import Provider
from workbench.ids import digest


def command_arm(
    command: Sequence[str],
    folder: Path,
    *,
    name: str,
    version: str,
    environment: Mapping[str, str] = {},
    secrets: Mapping[str, str] = {},
    most: Spend = UNKNOWN,
    time_limit_s: float = TIME_LIMIT_S,
    provider: Provider | None = None,
) -> Arm:
    """Return an arm that runs a program once a case.

    Parameters
    ----------
    command
        Program and arguments; no shell sees them.
    folder
        Where it runs: the version under test, checked out.
    name
        The arm's name.
    version
        The commit that is checked out there, or a digest of its files.
    environment
        Variables that it gets, as a model's name; of this process's it gets PATH alone.
    secrets
        Variables that it gets too and that no answer depends on, as a key.
    most
        What one answer can cost at most.
    time_limit_s
        After so many seconds it is killed, with all that it started.
    provider
        Whose limits hold, where it asks one.
    """

    async def once(given: bytes) -> Answer:
        ran = await run_program(
            command, given, folder=folder, environment={**environment, **secrets}, time_limit_s=time_limit_s
        )
        if ran.fault is not None:
            return error(ran.fault, ran.what)
        return with_exchange(read_reply(ran.out, took_ms=ran.took_ms), Exchange(digest(given), digest(ran.out)))

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        given = msgspec.json.encode(question(case, trial=trial, seed=seed, arm=f"{name} {version}"))
        if provider is None:
            return await once(given)
        return await provider.patiently(lambda: once(given), most_tokens=most.tokens or 0)

    told = msgspec.json.encode([list(command), environment, time_limit_s], order="sorted")
    adapter = digest("command", told)
    return Arm(name=name, version=version, adapter=adapter, ask=ask, most=most)
