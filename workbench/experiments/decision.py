"""The decision on a change: ship, don't ship, inconclusive or invalid, with every reason; the first rule that holds.

It is worked out anew from the plan, the results and the facts of the run each time it is asked for, and never read from
a report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from math import isfinite
from typing import Literal, NamedTuple

from workbench.experiments.analysis import Analysis
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.plan import Plan
from workbench.experiments.reported import Reported, reported_gain
from workbench.experiments.settle import Settle, settle
from workbench.stats.multiplicity import holm

Decided = Literal["ship", "dont_ship", "inconclusive", "invalid"]
_P_VALUES = ("p", "p_superior", "p_worse", "p_non_inferior", "p_beyond", "p_useless")


class Ruling(NamedTuple):
    """What was decided, and why."""

    decision: Decided
    """The first rule that holds."""
    reasons: tuple[str, ...]
    """Every reason for it, a sentence each; at least one."""
    settle: tuple[Settle, ...] = ()
    """Of an inconclusive one: what would settle it."""
    known_costs: tuple[str, ...] = ()
    """Guardrails that are shown worse, within the margin that was allowed, a sentence each."""
    is_due: bool = False
    """Of an inconclusive one: whether the plan has ended, so that a person must drop it, extend it once or accept a
    wider margin."""
    reported: tuple[Reported, ...] = ()
    """Of one that ships: the gain of each target that is shown better, without the luck that helped it to ship."""


def decide(plan: Plan, analysis: Analysis, *, faults: Sequence[str], now: datetime, look: float = 1.0) -> Ruling:
    """Return the decision; deterministic, and the same in whatever order metrics stand.

    Parameters
    ----------
    plan
        The frozen plan.
    analysis
        What the results come to, as of `analyse`.
    faults
        What is wrong with the experiment, as of `validity.faults_of`: with any, it decides nothing.
    now
        The time, UTC, for the plan's deadline.
    look
        The planned look, as of `analyse`; before the last one, what is inconclusive goes on.
    """
    wrong = (*faults, *analysis.faults, *_wrong_estimates(plan, analysis.estimates))
    if wrong:
        return Ruling("invalid", wrong)
    alpha = plan.level_at(look)
    metrics = {metric.name: metric for metric in plan.metrics}
    estimates = {one.metric: one for one in analysis.estimates}
    harms, costs = _harms(metrics, estimates, alpha=alpha)
    if harms:
        return Ruling("dont_ship", harms, known_costs=costs)
    targets = [one for one in estimates.values() if one.role == "target"]
    if all(_at_most(one.p_useless, alpha) for one in targets):
        return Ruling("dont_ship", tuple(map(_useless, targets)), known_costs=costs)
    better = _adjusted([one.p_superior for one in targets])
    shown = [one for one, p in zip(targets, better, strict=True) if p <= alpha]
    unproven = [
        one for one in estimates.values() if one.role == "guardrail" and not _at_most(one.p_non_inferior, alpha)
    ]
    if shown and not unproven:
        level = alpha / len(targets)
        reported = tuple(reported_gain(metrics[one.metric], one, alpha=level) for one in shown)
        reasons = (*map(_superior, shown), *_held(estimates, metrics), *(one.words for one in reported))
        return Ruling("ship", reasons, known_costs=costs, reported=reported)
    short = [] if shown else targets
    return Ruling(
        "inconclusive",
        (*(_not_shown_better(one) for one in short), *map(_not_excluded, unproven), *_goes_on(plan, look)),
        tuple(
            one
            for estimate in (*short, *unproven)
            for one in settle(estimate, alpha=alpha / (len(targets) if estimate.role == "target" else 1))
        ),
        costs,
        look == 1 and plan.is_due(now=now, n_cases=max(one.n_cases for one in estimates.values())),
    )


def _wrong_estimates(plan: Plan, estimates: Sequence[Estimate]) -> list[str]:
    """Return what of the estimates cannot be: nothing is decided by a number that is none."""
    found = [one.metric for one in estimates]
    faults = [f"{metric.name}: there is no estimate" for metric in plan.metrics if metric.name not in found]
    faults += [f"{name}: is no metric of the plan" for name in found if name not in {one.name for one in plan.metrics}]
    faults += [f"{name}: is estimated twice" for name in sorted(set(found)) if found.count(name) > 1]
    by_name = {metric.name: metric for metric in plan.metrics}
    return faults + [fault for one in estimates if one.metric in by_name for fault in _wrong(by_name[one.metric], one)]


def _wrong(metric: Metric, estimate: Estimate) -> list[str]:
    values = {entry.name: getattr(estimate, entry.name) for entry in fields(estimate)}
    numbers = {name: value for name, value in values.items() if isinstance(value, float)}
    faults = [f"{metric.name}: {name} is no number" for name, value in numbers.items() if not isfinite(value)]
    faults += [
        f"{metric.name}: {name} == {values[name]}, must be 0 to 1"
        for name in _P_VALUES
        if values[name] is not None and not 0 <= values[name] <= 1
    ]
    if estimate.role != metric.role:
        faults.append(f"{metric.name}: is a {metric.role} in the plan")
    if estimate.n_cases < 2 or estimate.n_units < 2:
        faults.append(f"{metric.name}: rests on {estimate.n_cases} cases")
    if not estimate.gain_low <= estimate.gain <= estimate.gain_high:
        faults.append(f"{metric.name}: its interval does not hold its estimate")
    if metric.role == "guardrail" and None in (estimate.p_non_inferior, estimate.p_beyond):
        faults.append(f"{metric.name}: a guardrail without a test against its margin")
    if metric.role == "target" and estimate.p_useless is None:
        faults.append(f"{metric.name}: a target without a test against its minimum worthwhile effect")
    return faults


def _harms(
    metrics: Mapping[str, Metric], estimates: Mapping[str, Estimate], *, alpha: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what forbids to ship, and losses that were allowed, a sentence each."""
    harms, costs = [], []
    worse = _adjusted([one.p_worse for one in estimates.values()])
    for estimate, p in zip(estimates.values(), worse, strict=True):
        is_allowed = metrics[estimate.metric].on_worse == "allow_within_margin"
        is_inside = _at_most(estimate.p_non_inferior, alpha)
        if p <= alpha:
            if is_allowed and is_inside:
                costs.append(f"{_named(estimate)}: shown worse, within its margin: a known cost")
            else:
                adjusted = f", adjusted for {len(worse)} metrics" if len(worse) > 1 else ""
                harms.append(f"{_named(estimate)}: shown worse (p {_p(p)}{adjusted})")
        elif estimate.role == "guardrail" and _at_most(estimate.p_beyond, alpha):
            harms.append(f"{_named(estimate)}: shown worse by more than its margin (p {_p(estimate.p_beyond)})")
    return tuple(harms), tuple(costs)


def _adjusted(p_values: Sequence[float]) -> list[float]:
    return [float(p) for p in holm(p_values)]


def _goes_on(plan: Plan, look: float) -> list[str]:
    return (
        [] if look == 1 else [f"the plan goes on: {plan.n_cases:,} {'users' if plan.is_live else 'cases'} are planned"]
    )


def _at_most(p: float | None, alpha: float) -> bool:
    return p is not None and p <= alpha


def _held(estimates: Mapping[str, Estimate], metrics: Mapping[str, Metric]) -> list[str]:
    return [
        f"{_named(one)}: a loss beyond its margin is excluded (p {_p(one.p_non_inferior)})"
        for one in estimates.values()
        if metrics[one.metric].role == "guardrail"
    ]


def _superior(estimate: Estimate) -> str:
    return f"{_named(estimate)}: shown better (p {_p(estimate.p_superior)})"


def _useless(estimate: Estimate) -> str:
    worth = "any gain" if not estimate.mwe else f"a gain of {estimate.mwe:.3g}, the least that is worthwhile,"
    return f"{_named(estimate)}: {worth} is excluded (p {_p(estimate.p_useless)})"


def _not_shown_better(estimate: Estimate) -> str:
    return f"{_named(estimate)}: not shown better (p {_p(estimate.p_superior)})"


def _not_excluded(estimate: Estimate) -> str:
    return f"{_named(estimate)}: a loss beyond its margin is not excluded (p {_p(estimate.p_non_inferior)})"


def _named(estimate: Estimate) -> str:
    return (
        f"{estimate.metric} {estimate.baseline:.3g} to {estimate.candidate:.3g}, difference {estimate.difference:+.3g} "
        f"({estimate.low:+.3g} to {estimate.high:+.3g})"
    )


def _p(p: float | None) -> str:
    return "not known" if p is None else "<0.001" if p < 0.001 else f"{p:.2g}"
