"""One validation as a whole: what was asked, what both versions answered, what was decided, and what it rests on.

It is read once for a report, so that every part of that speaks of the same experiment; nothing in it is worked out by
whoever shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from workbench.experiments.analysis import Analysis
from workbench.experiments.case import Case
from workbench.experiments.comparison import ChangedCase, Comparison, changed_cases
from workbench.experiments.decision import Ruling
from workbench.experiments.judges.quality import JudgeQuality
from workbench.experiments.kinds import FailureKind
from workbench.experiments.leakage import Leakage
from workbench.experiments.outcome import Outcome
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.experiments.recorded import Counts
from workbench.experiments.slices import Slices
from workbench.records import Change, Decision, Experiment, ExperimentRun, Holdout, HoldoutUse, Issue, LiveLook


class Held(NamedTuple):
    """A holdout of the experiment."""

    record: Holdout
    """As it was made."""
    uses: tuple[HoldoutUse, ...]
    """Every experiment's use of it, oldest first."""
    leakage: Leakage | None
    """What of it leaks into what is tested, looked for anew; None where that cannot be known."""
    cases: tuple[Case, ...]
    """Its cases that were run; empty where they cannot be read."""


class Earlier(NamedTuple):
    """Another experiment on the same change or candidate."""

    experiment: Experiment
    """It."""
    decided: str
    """What its newest decision was; empty where there is none."""


class Answers(NamedTuple):
    """What both versions answered to one case, by trial."""

    baseline: tuple[Outcome, ...]
    """The baseline's."""
    candidate: tuple[Outcome, ...]
    """The candidate's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What one report of an experiment looks at."""

    experiment: Experiment
    """As it was frozen."""
    changes: tuple[Change, ...]
    """What it tests: one change, or those of a release candidate."""
    candidate: str
    """The release candidate's name; empty where a change is tested by itself."""
    issues: tuple[Issue, ...]
    """The issues that they are for."""
    earlier: tuple[Earlier, ...]
    """Other experiments on the same, oldest first."""
    held: tuple[Held, ...]
    """Its holdouts, the one that targets are judged on first; empty for live traffic, or where none can be read."""
    run: ExperimentRun | None
    """Its run; None while it has not ended."""
    plan: Plan | None
    """Its plan; None if that cannot be read."""
    results: pl.DataFrame
    """schemas.RESULTS of it."""
    analysis: Analysis
    """What they come to."""
    ruling: Ruling
    """The decision by the rules, worked out anew."""
    decision: Decision | None
    """The newest decision that the ledger has of it; None while there is none."""
    signers: tuple[str, ...]
    """Who signed that, each once."""
    slices: Slices
    """The results in parts of the cases."""
    outcomes: tuple[Outcome, ...]
    """What came of every question, as the journal has it; empty where it is gone."""
    spans: pl.DataFrame
    """schemas.SPANS of the runs of cases that came out otherwise."""
    judges: tuple[JudgeQuality, ...]
    """What is known of each judge of a metric; empty without one, or where nothing of them can be read."""
    looks: tuple[LiveLook, ...]
    """Of live traffic the looks that were taken, oldest first."""
    kinds: tuple[FailureKind, ...] | None
    """Kinds of failure that the detectors find in both arms; None where no run recorded what it did."""

    @property
    def comparison(self) -> Comparison | None:
        """The same as a comparison of two result sets; None where there is no plan to compare by."""
        if self.plan is None:
            return None
        counts = Counts((0, 0), (0, 0), (0, 0), ((), ()))
        return Comparison(self.ruling, self.plan, self.analysis, self.results, counts, (), self.kinds)

    @property
    def is_run(self) -> bool:
        """Whether there are results to show."""
        return self.plan is not None and bool(self.analysis.estimates)

    @property
    def cases(self) -> Mapping[str, Case]:
        """The cases that were run, by id."""
        return {case.case_id: case for held in self.held for case in held.cases}

    @property
    def authors(self) -> frozenset[str]:
        """Who wrote the changes."""
        return frozenset(change.author for change in self.changes)

    @property
    def is_signed(self) -> bool:
        """Whether somebody signed what the rules come to now."""
        return bool(self.signers) and self.decision is not None and self.decision.decision == self.ruling.decision

    @property
    def is_own(self) -> bool:
        """Whether all who signed wrote one of the changes."""
        return bool(self.signers) and set(self.signers) <= self.authors


def changed_by_case(validation: Validation) -> Mapping[str, tuple[ChangedCase, ...]]:
    """Return the cases that came out otherwise, those that broke by any metric that is decided by first.

    Metrics that are numbers above 0, such as latency and cost, differ in every case, and say nothing of any.
    """
    comparison = validation.comparison
    if comparison is None:
        return {}
    told = {metric.name for metric in comparison.plan.metrics if metric.kind in ("binary", "ordinal", "bounded")}
    found: dict[str, list[ChangedCase]] = {}
    for one in changed_cases(comparison):
        if one.metric in told:
            found.setdefault(one.case_id, []).append(one)
    return {case_id: tuple(changed) for case_id, changed in found.items()}


def answers_of(validation: Validation, case_id: str) -> Answers:
    """Return what both versions answered to a case."""
    mine = sorted((one for one in validation.outcomes if one.case_id == case_id), key=lambda one: one.trial)
    one, other = (tuple(outcome for outcome in mine if outcome.arm == arm) for arm in ARMS)
    return Answers(one, other)
