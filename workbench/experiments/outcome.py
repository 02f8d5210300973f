"""One finished question of an experiment: who was asked what, when, what came of it, and what it is charged with."""

from dataclasses import dataclass
from datetime import datetime

from workbench.experiments.answer import NOT_SENT, Answer
from workbench.experiments.arm import Spend

NOTHING = Spend(0.0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One finished question."""

    key: str
    """The item; see `schedule.Item.key`."""
    arm: str
    """The arm's name."""
    version: str
    """The arm's version."""
    case_id: str
    """The case."""
    trial: int
    """Which run of the case in this arm, from 0."""
    seed: int
    """What it was asked with."""
    answer: Answer
    """What came of it."""
    started_at: datetime
    """When it was asked, UTC."""
    finished_at: datetime
    """When that was written down, UTC."""
    is_cached: bool = False
    """Whether an earlier run had asked and paid."""
    charged: Spend
    """What the budget is charged with."""


def charge(answer: Answer, most: Spend) -> Spend:
    """Return what an answer is charged with: what it cost, or the most that it can have cost where nobody says.

    >>> charge(Answer(output="yes", cost_usd=0.02), Spend(0.5, 900))
    Spend(usd=0.02, tokens=900)
    """
    if answer.error_kind in NOT_SENT and not answer.exchanges:
        return NOTHING
    tokens = None
    if answer.input_tokens is not None and answer.output_tokens is not None:
        tokens = answer.input_tokens + answer.output_tokens
    return Spend(
        answer.cost_usd if answer.cost_usd is not None else most.usd, tokens if tokens is not None else most.tokens
    )
