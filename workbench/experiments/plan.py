"""The plan of an experiment: what is measured, on how many cases, and by which rule it is decided.

It is frozen before any arm runs: its digest stands in the ledger, and a result that rests on another plan decides
nothing.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from typing import Literal

import msgspec

from workbench.experiments.assign import HALF
from workbench.experiments.metric import Metric, Role
from workbench.experiments.pairs import ARMS
from workbench.ids import digest
from workbench.stats.looks import plan_looks

ALPHA = 0.05
"""One-sided: an interval of 90 % shows both whether it is better and whether it is not worse."""
MIN_STEP = 0.01
"""Between two looks, as a share of the cases: closer ones tell nothing more."""
MAX_UNITS = 2
"""Below the user, of live traffic: what has a value, and the case that it is a part of."""
MAX_ALPHA = 0.2
"""Beyond, "shown" no longer means anything."""
JudgedOn = Literal["", "targeted", "random"]
"""The holdout that a metric is judged on where there are two; empty where one serves for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was decided before the first run."""

    metrics: tuple[Metric, ...]
    """At least one of them a target; no name twice."""
    alpha: float = ALPHA
    """One-sided level of every test."""
    n_cases: int
    """Cases that both arms run; of live traffic users, of both arms together."""
    n_trials: int = 1
    """Runs of each case in each arm."""
    looks: tuple[float, ...] = (1.0,)
    """Shares of the cases at which it may be decided, rising to 1."""
    holdout_id: str = ""
    """The holdout that the cases are of; a use of it is counted. Empty for live traffic."""
    targeted_id: str = ""
    """The holdout of cases of the issue on which the targets are judged, beside random ones for all else; empty where
    all is judged on one holdout."""
    n_targeted: int = 0
    """Cases of it that both arms run; 0 without it."""
    flag: str = ""
    """The feature flag by which live traffic is split, each user in one arm; empty where both arms run the same
    cases."""
    candidate_share: float = HALF
    """Of live traffic: the share of users that the flag gives the candidate."""
    variants: tuple[str, str] = ARMS
    """Of live traffic: what the flag calls baseline and candidate."""
    judge: str = ""
    """The judge's version, the same for both arms; of several judges all, as `sourced.judges_of` says them. Empty where
    no metric needs one."""
    deadline_at: datetime | None = None
    """When "inconclusive" becomes a decision of a person, UTC."""
    max_cases: int | None = None
    """The number of cases at which it does."""

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) < len(names):
            raise ValueError(f"metrics == {', '.join(names)}, must each have a name of its own")
        if not self.of_role("target"):
            raise ValueError("no metric is a target, must say what the change is for")
        if not 0 < self.alpha <= MAX_ALPHA:
            raise ValueError(f"alpha == {self.alpha}, must be above 0 and at most {MAX_ALPHA}")
        if self.n_cases < 2 or self.n_trials < 1:
            raise ValueError(f"n_cases == {self.n_cases}, n_trials == {self.n_trials}, must be at least 2 and 1")
        steps = [later - earlier for earlier, later in pairwise((0.0, *self.looks))]
        if not self.looks or self.looks[-1] != 1 or min(steps) < MIN_STEP:
            raise ValueError(f"looks == {self.looks}, must rise to 1 from above 0, each by {MIN_STEP} or more")
        if self.deadline_at is None and self.max_cases is None:
            raise ValueError("neither deadline_at nor max_cases, a plan must end")
        if self.deadline_at is not None and self.deadline_at.tzinfo is None:
            raise ValueError(f"deadline_at == {self.deadline_at}, must have a time zone")
        if self.max_cases is not None and self.max_cases < self.n_cases:
            raise ValueError(f"max_cases == {self.max_cases}, must be at least n_cases == {self.n_cases}")
        judges = ", ".join(sorted({one.source.version for one in self.metrics if one.source.kind == "judge"}))
        if judges and judges != self.judge:
            raise ValueError(f"judge == {self.judge!r}, metrics are judged by {judges}")
        _check_targeted(self)
        if self.n_cases_at(self.looks[0]) < 2 or (self.targeted_id and self.n_targeted_at(self.looks[0]) < 2):
            raise ValueError(f"looks == {self.looks}, at the first one there are fewer than 2 cases")
        if self.is_live:
            _check_live(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that results have values of: those of the metrics, and of what people say beside judges."""
        return (*(metric.name for metric in self.metrics), *(one.people for one in self.metrics if one.people))

    @property
    def is_live(self) -> bool:
        """Whether it is of live traffic, each user in one arm."""
        return bool(self.flag)

    def level_at(self, look: float) -> float:
        """Return the one-sided level of a planned look: O'Brien and Fleming's, so that all together err as one would.

        Raises
        ------
        ValueError
            If no look is planned there.

        Examples
        --------
        >>> from workbench.experiments.metric import Amount
        >>> right = Metric(name="right", role="target", mwe=Amount(0.0))
        >>> twice = Plan(metrics=(right,), n_cases=100, looks=(0.5, 1.0), holdout_id="hold_1", max_cases=100)
        >>> round(twice.level_at(0.5), 4), round(twice.level_at(1.0), 4)
        (0.0056, 0.0482)
        """
        if look not in self.looks:
            raise ValueError(f"look == {look}, planned are {', '.join(map(str, self.looks))}")
        if self.looks == (1.0,):
            return self.alpha
        return float(plan_looks(self.looks, alpha=self.alpha).alphas[self.looks.index(look)])

    def n_cases_at(self, look: float) -> int:
        """Return how many cases, or users of live traffic, there are to be at a look; without the targeted ones."""
        return ceil(look * self.n_cases)

    def n_targeted_at(self, look: float) -> int:
        """Return how many targeted cases there are to be at a look."""
        return ceil(look * self.n_targeted)

    def judged_on(self, role: Role) -> "JudgedOn":
        """Return the holdout on which metrics of a role are judged; empty where there is one for all."""
        return "" if not self.targeted_id else "targeted" if role == "target" else "random"

    def n_judging(self, role: Role) -> int:
        """Return how many cases metrics of a role are judged on."""
        return self.n_targeted if self.judged_on(role) == "targeted" else self.n_cases

    def of_role(self, role: Role) -> tuple[Metric, ...]:
        """Return the metrics of a role."""
        return tuple(metric for metric in self.metrics if metric.role == role)

    def is_due(self, *, now: datetime, n_cases: int) -> bool:
        """Return whether a person must decide what is still inconclusive: deadline or most cases are reached."""
        is_late = self.deadline_at is not None and now >= self.deadline_at
        return is_late or (self.max_cases is not None and n_cases >= self.max_cases)


def _check_targeted(plan: Plan) -> None:
    if not plan.targeted_id:
        if plan.n_targeted:
            raise ValueError(f"n_targeted == {plan.n_targeted}, without targeted_id it must be 0")
        return
    if plan.n_targeted < 2:
        raise ValueError(f"n_targeted == {plan.n_targeted}, must be at least 2")
    if not plan.holdout_id or plan.holdout_id == plan.targeted_id:
        raise ValueError(f"targeted_id == {plan.targeted_id!r}, must be beside another holdout, of random cases")


def _check_live(plan: Plan) -> None:
    if plan.holdout_id or plan.targeted_id or plan.n_trials != 1:
        raise ValueError(f"flag == {plan.flag!r}, live traffic has neither a holdout nor trials")
    if not 0 < plan.candidate_share < 1:
        raise ValueError(f"candidate_share == {plan.candidate_share}, must be above 0 and below 1")
    if len(set(plan.variants)) != len(ARMS) or "" in plan.variants:
        raise ValueError(f"variants == {plan.variants}, must be two, each with a name")
    for metric in plan.metrics:
        if metric.randomised_by != "user":
            raise ValueError(f"{metric.name}: randomised_by == {metric.randomised_by!r}, a flag assigns users")
        if metric.estimated == "quantile":
            raise ValueError(f"{metric.name}: a quantile needs independent cases, and traffic of one user is not")
        if len(set(metric.unit_chain) - {"user"}) > MAX_UNITS:
            raise ValueError(f"{metric.name}: unit_chain == {metric.unit_chain}, must have {MAX_UNITS} below the user")


def to_json(plan: Plan) -> str:
    """Return the plan as JSON, the same text for the same plan on every machine."""
    at = plan.deadline_at
    in_utc = plan if at is None else replace(plan, deadline_at=at.astimezone(UTC))
    return msgspec.json.encode(in_utc, order="sorted").decode()


def from_json(text: str) -> Plan:
    """Return the plan that `to_json` wrote.

    Raises
    ------
    ValueError
        If it is no plan, or one that no plan may be.
    """
    return msgspec.json.decode(text.encode(), type=Plan)


def plan_digest(plan: Plan) -> str:
    """Return what stands for the plan in the ledger: SHA-256 of its JSON."""
    return digest(to_json(plan))
