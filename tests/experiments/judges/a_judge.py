"""A judge on loopback that goes by what it reads, and runs of two arms whose answers are known."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.boundaries.keys import Key
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.budget import UNLIMITED
from workbench.experiments.case import Case
from workbench.experiments.judges.asking import Replied, ask_judge, questions_of
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Compared, Judged
from workbench.experiments.sourced import sourced
from workbench.experiments.to_end import to_end

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Reply:
    """An answer in the shape that the server of the tests takes."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body, self.status, self.raw = body, status, None
        self.headers: dict[str, str] = {}


def completion(message: Any, *, n_in: int = 100, n_out: int = 20) -> Reply:
    """Return a chat completion that says a text, or a value as JSON."""
    text = message if isinstance(message, str) else json.dumps(message)
    usage = {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out}
    return Reply(json.dumps({"choices": [{"message": {"content": text}}], "usage": usage}).encode())


def shown(asked: Any) -> dict[str, str]:
    """Return what a request shows, by label, as a judge would find it between the marks."""
    content = json.loads(asked.body)["messages"][1]["content"]
    mark = content.split(" ", 1)[0]
    texts = {}
    for part in content.split(f"{mark} ")[1:]:
        label, rest = part.split(">>", 1)
        if label != "end":
            texts[label] = rest.strip("\n")
    return texts


def grading(grade: Callable[[Mapping[str, str]], int]) -> Callable[[Any], Reply]:
    """Return a judge of one answer that goes by what it reads."""

    def answer(asked: Any) -> Reply:
        texts = shown(asked)
        return completion({"why": "It says so.", "quotes": [texts["answer"][:5]], "score": grade(texts)})

    return answer


def preferring(better: Callable[[str, str], str]) -> Callable[[Any], Reply]:
    """Return a judge of two answers that goes by what it reads."""

    def answer(asked: Any) -> Reply:
        texts = shown(asked)
        said = better(texts["first answer"], texts["second answer"])
        return completion({"why": "It is.", "quotes": [], "better": said})

    return answer


def judged(url: str, **given: Any) -> Metric:
    """Return a metric that a model scores."""
    scorer = Judged(**{"model": "m1", "url": f"{url}/v1", "rubric": "The answer names the state.", **given})
    return sourced(Metric(name="names_state", role="target", mwe=Amount(0.05), scorer=scorer))


def compared(url: str) -> Metric:
    """Return a metric that a model prefers by."""
    scorer = Compared(model="m1", url=f"{url}/v1", rubric="It says which law binds.")
    return sourced(Metric(name="better", role="target", kind="bounded", range=(0, 1), mwe=Amount(0.05), scorer=scorer))


async def _asks(case: Case, trial: int, seed: int) -> Answer:
    raise NotImplementedError


def runs(baseline: Sequence[str | None], candidate: Sequence[str | None]) -> tuple[list[Item], list[Outcome]]:
    """Return runs of two arms on cases c0, c1, ...; None is a run that broke."""
    items, outcomes = [], []
    for name, answers in (("baseline", baseline), ("candidate", candidate)):
        arm = Arm(name=name, version=f"commit of {name}", adapter="", ask=_asks)
        for number, text in enumerate(answers):
            case = Case(case_id=f"c{number}", input={"question": f"Is Doe v. Roe {number} good law?"})
            item = Item(arm, case, 0, 7)
            items.append(item)
            outcomes.append(_outcome(item, Answer(output=text) if text is not None else error("timeout")))
    return items, outcomes


def _outcome(item: Item, answer: Answer) -> Outcome:
    return Outcome(
        key=item.key,
        arm=item.arm.name,
        version=item.arm.version,
        case_id=item.case.case_id,
        trial=0,
        seed=item.seed,
        answer=answer,
        started_at=NOON,
        finished_at=NOON,
        charged=Spend(),
    )


def asked(
    metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome], journal: Path, *, budget: Spend = UNLIMITED
) -> Replied:
    """Return what a judge says of runs, asked one after the other."""
    questions = questions_of(metric, items, outcomes)
    return to_end(ask_judge(metric, questions, journal, key=Key(), now=lambda: NOON, budget=budget, n_at_once=1))


def by_arm(items: Sequence[Item], values: Mapping[str, float]) -> dict[str, list[float | None]]:
    """Return the values of each arm, in the order of the cases."""
    return {name: [values.get(one.key) for one in items if one.arm.name == name] for name in ("baseline", "candidate")}
