"""What a plan can show, and what it can never show, said before anything is paid for.

Most plans that end inconclusive could not have ended otherwise: the margin lay below what so many cases can exclude
even if nothing changes. A guardrail that cannot be shown means that nothing can ship, and so do targets of which too
few cases are judged for any gain to be shown, though all of them be won.
"""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from workbench.counted import counted
from workbench.experiments.metric import Metric
from workbench.experiments.plan import Plan
from workbench.experiments.written import number
from workbench.stats.power import (
    cases_for_floor,
    cases_for_wins,
    cases_needed,
    detectable,
    detectable_by_wins,
    least_wins,
    score_floor,
)

CHANGED_SHARE = 0.10
"""Share of cases that come out otherwise, where nobody knows better: what prompt changes do in recorded runs (.05 to
.12 of GEPA's classifiers, .4 of other models)."""
_POINTS = 100


class Outlook(NamedTuple):
    """What the plan's cases and trials can show of one metric."""

    metric: str
    """Its name."""
    can_show: bool
    """False if not even a perfect result would show what it needs."""
    floor: float | None
    """The loss that can never be excluded, even if not one case changes; None where none is known."""
    detectable: float | None
    """The gain over no difference, or the distance from the margin, that is shown nine times in ten; None where the
    spread is not known."""
    n_needed: int | None
    """Cases that show its margin, or its minimum worthwhile effect, nine times in ten; None where not known."""
    words: str
    """The same as a sentence."""


def outlook(plan: Plan, *, deviations: Mapping[str, float] | None = None) -> tuple[Outlook, ...]:
    """Return what the plan can show of each metric, in its order.

    Parameters
    ----------
    plan
        The plan.
    deviations
        Standard deviation, over cases, of the difference between arms, by metric, as of an earlier comparison
        (`Estimate.deviation`); of a metric that is missing it follows from CHANGED_SHARE if it is binary and run once
        on the same cases, and is not known otherwise.

    Examples
    --------
    >>> from workbench.experiments.metric import Amount
    >>> right = Metric(name="right", role="target", mwe=Amount(0.05), margin=Amount(0.02))
    >>> plan = Plan(metrics=(right,), n_cases=100, holdout_id="hold_1", max_cases=200)
    >>> print(outlook(plan)[0].words)
    right: 100 cases show a gain of 9.3 points nine times in ten; 343 cases are needed for a gain of 5.0 points
    """
    return tuple(_of(metric, plan, (deviations or {}).get(metric.name)) for metric in plan.metrics)


def cannot_ship(plan: Plan) -> tuple[str, ...]:
    """Return why nothing can ever ship under this plan, a sentence a metric; empty where something can.

    One target that can be shown better is enough: targets are in the way where none can.

    Examples
    --------
    >>> from workbench.experiments.metric import Amount
    >>> right = Metric(name="right", role="target", mwe=Amount(0.05))
    >>> tone = Metric(name="tone", role="guardrail", margin=Amount(0.02))
    >>> for line in cannot_ship(Plan(metrics=(right, tone), n_cases=100, holdout_id="hold_1", max_cases=200)):
    ...     print(line)
    tone: a loss of 2.0 points can never be excluded with 100 cases (floor 2.6 points); 133 are the least
    """
    looks = outlook(plan)
    targets = {metric.name for metric in plan.of_role("target")}
    is_open = any(one.can_show for one in looks if one.metric in targets)
    return tuple(one.words for one in looks if not one.can_show and not (is_open and one.metric in targets))


def _of(metric: Metric, plan: Plan, deviation: float | None) -> Outlook:
    n, alpha = plan.n_judging(metric.role), plan.level_at(1.0)
    is_counted = metric.kind == "binary" and plan.n_trials == 1 and not plan.is_live
    spread = deviation if deviation is not None else sqrt(CHANGED_SHARE) if is_counted else None
    shown = None if spread is None else float(detectable(spread**2, n, alpha=alpha))
    floor = float(score_floor(n, alpha=alpha)) if is_counted else None
    bound = _bound(metric)
    needed = None if spread is None or bound is None else int(cases_needed(spread**2, bound, alpha=alpha))
    known = Outlook(metric.name, True, floor, shown, needed, "")
    if metric.role == "target" and is_counted and not metric.people:
        return _by_wins(known, metric, plan)
    if metric.role == "guardrail" and floor is not None and bound is not None and bound <= floor:
        least = int(cases_for_floor(bound, alpha=alpha))
        words = (
            f"{metric.name}: a loss of {_points(bound)} can never be excluded with {n:,} {_cases(metric, plan)} (floor "
            f"{_points(floor)}); {least:,} are the least"
        )
        return known._replace(can_show=False, words=words)
    return known._replace(words=_words(metric, plan, shown=shown, needed=needed))


def _by_wins(known: Outlook, metric: Metric, plan: Plan) -> Outlook:
    """Return what is shown of a target whose test counts wins: of few cases less than the formula of many says."""
    n, bound = plan.n_judging(metric.role), _bound(metric)
    level = plan.level_at(1.0) / len(plan.of_role("target"))  # the first of several is adjusted for them all
    least, needed = least_wins(alpha=level), known.n_needed
    if needed is not None and bound is not None:
        needed = max(needed, cases_for_wins(min(bound, 1.0), alpha=level))
    if n < least:
        words = (
            f"{metric.name}: no gain can ever be shown with {n:,} {_cases(metric, plan)}, whatever they come to; "
            f"{least:,} are the least"
        )
        return known._replace(can_show=False, detectable=None, n_needed=needed, words=words)
    shown = None if known.detectable is None else max(known.detectable, detectable_by_wins(n, alpha=level))
    return known._replace(detectable=shown, n_needed=needed, words=_words(metric, plan, shown=shown, needed=needed))


def _bound(metric: Metric) -> float | None:
    """Return the distance that has to be shown, where it is known before the baseline is and is not 0."""
    amount = metric.margin if metric.role == "guardrail" else metric.mwe
    return None if amount is None or amount.is_relative else amount.value or None


def _words(metric: Metric, plan: Plan, *, shown: float | None, needed: int | None) -> str:
    word = _cases(metric, plan)
    cases = f"{plan.n_judging(metric.role):,} {word}" + (
        f" of {counted(plan.n_trials, 'trial')}" if plan.n_trials > 1 else ""
    )
    if shown is None:
        return (
            f"{metric.name}: what {cases} can show is not known before a first comparison shows how far {word} differ"
        )
    of = "exclude a loss" if metric.role == "guardrail" else "show a gain"
    said = f"{metric.name}: {cases} {of} of {_size(metric, shown)} nine times in ten"
    bound = _bound(metric)
    if needed is None or bound is None:
        return said
    what = "a margin" if metric.role == "guardrail" else "a gain"
    return f"{said}; {needed:,} {word} are needed for {what} of {_size(metric, bound)}"


def _cases(metric: Metric, plan: Plan) -> str:
    judged_on = plan.judged_on(metric.role)
    return "users" if plan.is_live else f"{judged_on} cases" if judged_on else "cases"


def _size(metric: Metric, amount: float) -> str:
    return _points(amount) if metric.bounds == (0.0, 1.0) else number(amount)


def _points(share: float) -> str:
    return f"{_POINTS * share:.1f} points"
