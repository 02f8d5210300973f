"""The judge of a metric is asked about all runs, through the runner: journal, budget and pauses are as of any arm.

A run that was stopped while its judge was asked goes on there.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.cache import Cache
from workbench.experiments.case import Case
from workbench.experiments.judges import grades, preferences
from workbench.experiments.judges.arm import JUDGE, judge_adapter, judge_arm
from workbench.experiments.judges.prompt import judge_version
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.provider import Provider
from workbench.experiments.runner import AT_ONCE, run
from workbench.experiments.schedule import SEED_BITS, Item
from workbench.experiments.scoring import Compared, Judged
from workbench.experiments.session import Progress, Run
from workbench.ids import digest


class Replied(NamedTuple):
    """What a judge said."""

    replies: grades.Replies
    """By question; errors stand among them."""
    run: Run
    """How the asking went; with questions missing, to ask again goes on."""


async def ask_judge(
    metric: Metric,
    questions: Sequence[Case],
    journal: Path,
    *,
    key: Key,
    now: Callable[[], datetime],
    budget: Spend,
    cache: Cache | None = None,
    n_at_once: int = AT_ONCE,
    progress: Callable[[Progress], None] | None = None,
) -> Replied:
    """Return what the judge of a metric says; what its journal holds is not asked again.

    Parameters
    ----------
    metric
        The metric.
    questions
        What it is asked, each once.
    journal
        The file that it is kept in.
    key
        What opens its server.
    now
        Gives the time, UTC.
    budget
        What it may cost, in all parts.
    cache
        What it said in earlier runs; None asks anew.
    n_at_once
        Questions under way at a time.
    progress
        Is told after every reply.

    Raises
    ------
    ConfigError
        If the key belongs to another server, is not taken, or a budget cannot be kept without a price.
    """
    scoring = metric.scorer
    assert isinstance(scoring, Judged | Compared)
    longest = max((sum(len(str(text).encode()) for text in one.input.values()) for one in questions), default=0)
    async with Line(read_address(scoring.url), key, answer_s=scoring.time_limit_s) as line:
        arm = judge_arm(metric, line, provider=Provider(str(line.address)), n_bytes=longest)
        items = [Item(arm, one, 0, _seed(one)) for one in questions]
        done = await run(items, journal, now=now, budget=budget, cache=cache, n_at_once=n_at_once, progress=progress)
    asked = {item.key: item.case.asked_digest for item in items}
    return Replied({asked[one.key]: one.answer for one in done.outcomes}, done)


def replies_in(metric: Metric, questions: Sequence[Case], outcomes: Sequence[Outcome]) -> grades.Replies:
    """Return what the outcomes of a judge's journal say of some questions; nobody is asked."""
    assert isinstance(metric.scorer, Judged | Compared)
    arm = Arm(name=JUDGE, version=judge_version(metric), adapter=judge_adapter(metric.scorer), ask=_asks_nobody)
    told = {outcome.key: outcome.answer for outcome in outcomes}
    keys = {Item(arm, one, 0, _seed(one)).key: one.asked_digest for one in questions}
    return {asked: told[key] for key, asked in keys.items() if key in told}


async def _asks_nobody(case: Case, trial: int, seed: int) -> Answer:
    raise NotImplementedError("it is read, and asks nobody")


def questions_of(metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome]) -> tuple[Case, ...]:
    """Return what the judge of a metric has to be asked about some runs."""
    if isinstance(metric.scorer, Compared):
        return preferences.questions_of(metric, items, outcomes)
    return grades.questions_of(metric, items, outcomes)


def values_of(
    metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome], replies: grades.Replies
) -> dict[str, float]:
    """Return the value of each run that follows from a judge's replies, by the key of its item."""
    if isinstance(metric.scorer, Compared):
        return preferences.values_of(metric, items, outcomes, replies)
    return grades.values_of(metric, items, outcomes, grades.scores_in(replies))


def _seed(question: Case) -> int:
    return int(digest("judge", question.asked_digest), 16) >> (256 - SEED_BITS)
