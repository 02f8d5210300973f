"""A frozen plan with its arms, what was decided on it, and that it was withdrawn."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.actor import Identity
from workbench.records.quoted import quoted

DecisionKind = Literal["ship", "dont_ship", "inconclusive", "invalid"]
FINAL: tuple[DecisionKind, ...] = ("ship", "dont_ship")
"""Decisions that end an experiment: it is run and looked at no further."""


class Arm(NamedTuple):
    """One side of an experiment."""

    name: Literal["baseline", "candidate"]
    """Which it is."""
    commit: str
    """The app's version that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A plan, frozen before any arm ran, and the versions that it runs: results of another plan decide nothing."""

    KIND: ClassVar[str] = "experiment"

    id: str
    """exp_..., sorts by time."""
    change_ids: tuple[str, ...] = ()
    """The changes (chg_...) under test, where it tests changes by themselves."""
    candidate_id: str | None = None
    """The release candidate (rel_...) under test; None where it tests changes by themselves."""
    plan: str
    """The plan as JSON, as `experiments.plan.to_json` writes it."""
    plan_digest: str
    """Its digest: results that rest on another plan decide nothing."""
    arms: tuple[Arm, Arm]
    """Baseline and candidate."""
    holdout_id: str
    """The holdout whose use it is."""
    targeted_id: str = ""
    """The targeted one whose use it is too; empty without one."""
    adapter: str = ""
    """How the app is run, as `experiments.adapter.to_json` writes it: a run by another way is refused; empty where
    nobody said it before the run."""
    frozen_at: datetime
    """When it was frozen, UTC."""
    deadline_at: datetime | None = None
    """When "inconclusive" becomes a decision of a person, UTC; None where the plan ends with a number of cases."""
    author: str
    """Who froze it."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.change_ids and self.candidate_id is None:
            raise ValueError(f"{self.id}: neither change_ids nor candidate_id, must say what it tests")
        if [arm.name for arm in self.arms] != ["baseline", "candidate"]:
            raise ValueError(f"{self.id}: arms == {self.arms}, must be baseline and candidate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An experiment withdrawn by a person: it is run no further and decides nothing; what was seen counts."""

    KIND: ClassVar[str] = "withdrawal"

    id: str
    """wdr_..., follows from the experiment: it is withdrawn once."""
    at: datetime
    """When, UTC."""
    experiment_id: str
    """The experiment (exp_...)."""
    reason: str = quoted()
    """Why, in a sentence."""
    n_answers: int | None
    """Answers that may have been seen by then: with none it was no use of its holdouts; None where nobody can say."""
    author: str
    """Who withdrew it."""
    identity: Identity
    """How that name was obtained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRun:
    """The end of an experiment's run, or of its part up to a look: by its digest an edit of the results shows."""

    KIND: ClassVar[str] = "experiment_run"

    id: str
    """exr_..., follows from the experiment and the look: it is run once."""
    experiment_id: str
    """The experiment (exp_...)."""
    look: float = 1.0
    """The planned look that it was run to: the share of the cases."""
    started_at: datetime
    """When the first arm ran, UTC."""
    at: datetime
    """When the last answer was there, UTC."""
    n_assigned: tuple[int, int]
    """Runs that each arm was given: baseline, candidate."""
    n_errors: tuple[int, int]
    """Of these, errors: failures of their arm."""
    results_digest: str
    """Of the results as the run left them."""
    adapter: str = ""
    """How the app was run, as `experiments.adapter.to_json` writes it; empty where it was a callable."""
    cost_usd: float | None = None
    """What the answers cost, USD; None where one of them does not say."""
    judges_cost_usd: float | None = 0.0
    """What its judges cost beside, USD: 0 without one; None where one of their replies does not say."""
    author: str
    """Who ran it."""
    identity: Identity
    """How that name was obtained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided of an experiment, and why; who signs it stands by it."""

    KIND: ClassVar[str] = "decision"

    id: str
    """dec_..., follows from experiment and results."""
    at: datetime
    """When, UTC."""
    experiment_id: str
    """The experiment (exp_...)."""
    decision: DecisionKind
    """What the rules came to."""
    reasons: tuple[str, ...]
    """Every reason, a sentence each; at least one."""
    settle: tuple[str, ...] = ()
    """Of an inconclusive one: what would settle it, a sentence each."""
    known_costs: tuple[str, ...] = ()
    """Losses within the margin that was allowed, a sentence each."""
    ended_as: Literal["dropped", "extended", "accepted"] | None = None
    """Of an inconclusive one whose plan has ended: what the signer made of it."""
    plan_digest: str
    """Of the plan that was decided by."""
    result_digest: str
    """Of the results that it rests on."""
    signer: str = ""
    """The person who signed it; empty while nobody has."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError(f"{self.id}: reasons is empty, a decision must have one")
        if self.ended_as is not None and (self.decision != "inconclusive" or not self.signer):
            raise ValueError(f"{self.id}: ended_as == {self.ended_as!r}, must be inconclusive and signed by a person")
