"""The decision on a change: ship, don't ship, inconclusive or invalid, with every reason; the first rule that holds.

It is worked out anew from the plan, the results and the facts of the run each time it is asked for, and never read from
a report.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from workbench.counted import counted
from workbench.experiments.analysis import Analysis
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.plan import JudgedOn, Plan
from workbench.experiments.reported import Reported, reported_gain
from workbench.experiments.settle import Settle, settle
from workbench.experiments.sound import wrong_estimates
from workbench.experiments.written import between, bound, difference, mean
from workbench.records import DecisionKind
from workbench.stats.multiplicity import holm

Told = tuple[str, JudgedOn]
"""What something is said of: a metric's name, and the holdout that its cases are of, as an `Estimate` has them."""


class Ruling(NamedTuple):
    """What was decided, and why."""

    decision: DecisionKind
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
    is_harm: bool = False
    """Of one that does not ship: whether something is shown worse; otherwise no gain is that would be worth it."""
    better: frozenset[Told] = frozenset()
    """Targets that are shown better, adjusted for their number."""
    worse: frozenset[Told] = frozenset()
    """What is shown worse, known costs too, adjusted for all tests."""


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
    wrong = (*faults, *analysis.faults, *wrong_estimates(plan, analysis))
    if wrong:
        return Ruling("invalid", wrong)
    alpha = plan.level_at(look)
    metrics, estimates = {metric.name: metric for metric in plan.metrics}, analysis.estimates
    harms, costs, worse = _harms(metrics, (*estimates, *analysis.on_random), alpha=alpha)
    targets = [one for one in estimates if one.role == "target"]
    adjusted = _adjusted([one.p_superior for one in targets])
    shown = [one for one, p in zip(targets, adjusted, strict=True) if p <= alpha]
    better = frozenset((one.metric, one.judged_on) for one in shown)
    if harms:
        return Ruling("dont_ship", harms, known_costs=costs, is_harm=True, better=better, worse=worse)
    if all(_at_most(one.p_useless, alpha) for one in targets):
        useless = tuple(_useless(metrics, one) for one in targets)
        return Ruling("dont_ship", useless, known_costs=costs, better=better, worse=worse)
    unproven = [one for one in estimates if one.role == "guardrail" and not _at_most(one.p_non_inferior, alpha)]
    if shown and not unproven:
        level = alpha / len(targets)
        reported = tuple(reported_gain(metrics[one.metric], one, alpha=level) for one in shown)
        told = (*(one.words for one in reported), *_on_random(metrics, analysis))
        reasons = (*(_superior(metrics, one) for one in shown), *_held(metrics, estimates), *told)
        return Ruling("ship", reasons, known_costs=costs, reported=reported, better=better, worse=worse)
    short = [] if shown else targets
    return Ruling(
        "inconclusive",
        (
            *(_not_shown_better(metrics, one) for one in short),
            *(_not_excluded(metrics, one) for one in unproven),
            *_goes_on(plan, look),
        ),
        tuple(
            one
            for estimate in (*short, *unproven)
            for one in settle(
                estimate,
                metric=metrics[estimate.metric],
                alpha=alpha / (len(targets) if estimate.role == "target" else 1),
            )
        ),
        costs,
        look == 1 and plan.is_due(now=now, n_cases=max(one.n_cases for one in (*estimates, *analysis.on_random))),
        better=better,
        worse=worse,
    )


def _harms(
    metrics: Mapping[str, Metric], estimates: Sequence[Estimate], *, alpha: float
) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[Told]]:
    """Return what forbids to ship, and losses that were allowed, a sentence each; and what either is of."""
    harms, costs, worse = [], [], set()
    adjusted_p = _adjusted([one.p_worse for one in estimates])
    for estimate, p in zip(estimates, adjusted_p, strict=True):
        is_allowed = metrics[estimate.metric].on_worse == "allow_within_margin"
        is_inside = _at_most(estimate.p_non_inferior, alpha)
        is_beyond = estimate.role == "guardrail" and _at_most(estimate.p_beyond, alpha)
        if p <= alpha or is_beyond:
            worse.add((estimate.metric, estimate.judged_on))
        if p <= alpha:
            if is_allowed and is_inside:
                costs.append(f"{_named(metrics, estimate)}: shown worse, within its margin: a known cost")
            else:
                adjusted = f", adjusted for {counted(len(estimates), 'test')}" if len(estimates) > 1 else ""
                harms.append(f"{_named(metrics, estimate)}: shown worse (p {_p(p)}{adjusted})")
        elif is_beyond:
            harms.append(
                f"{_named(metrics, estimate)}: shown worse by more than its margin (p {_p(estimate.p_beyond)})"
            )
    return tuple(harms), tuple(costs), frozenset(worse)


def _adjusted(p_values: Sequence[float]) -> list[float]:
    return [float(p) for p in holm(p_values)]


def _goes_on(plan: Plan, look: float) -> list[str]:
    units = "users" if plan.is_live else "cases"
    return [] if look == 1 else [f"the plan goes on: {plan.n_cases:,} {units} are planned"]


def _at_most(p: float | None, alpha: float) -> bool:
    return p is not None and p <= alpha


def _held(metrics: Mapping[str, Metric], estimates: Sequence[Estimate]) -> list[str]:
    return [
        f"{_named(metrics, one)}: a loss beyond its margin is excluded (p {_p(one.p_non_inferior)})"
        for one in estimates
        if one.role == "guardrail"
    ]


def _on_random(metrics: Mapping[str, Metric], analysis: Analysis) -> list[str]:
    """Return what the targets gain where nobody looked for their issue: that is what users as a whole will see."""
    n, are = analysis.n_shared, "is a targeted one" if analysis.n_shared == 1 else "are targeted ones"
    luck = f", of which {n:,} {are} too and helped it to ship: it may be less" if n else ""
    told = [
        f"{_named(metrics, one)}: what to expect of all traffic, from {counted(one.n_cases, 'case')}{luck}"
        for one in analysis.on_random
    ]
    return told + [f"{name}: not measured on random cases" for name in analysis.unmeasured]


def _superior(metrics: Mapping[str, Metric], estimate: Estimate) -> str:
    return f"{_named(metrics, estimate)}: shown better (p {_p(estimate.p_superior)})"


def _useless(metrics: Mapping[str, Metric], estimate: Estimate) -> str:
    worth = (
        "any gain"
        if not estimate.mwe
        else f"a gain of {bound(metrics[estimate.metric], metrics[estimate.metric].mwe)}, the least that is worthwhile,"
    )
    return f"{_named(metrics, estimate)}: {worth} is excluded (p {_p(estimate.p_useless)})"


def _not_shown_better(metrics: Mapping[str, Metric], estimate: Estimate) -> str:
    return f"{_named(metrics, estimate)}: not shown better (p {_p(estimate.p_superior)})"


def _not_excluded(metrics: Mapping[str, Metric], estimate: Estimate) -> str:
    return f"{_named(metrics, estimate)}: a loss beyond its margin is not excluded (p {_p(estimate.p_non_inferior)})"


def _named(metrics: Mapping[str, Metric], estimate: Estimate) -> str:
    metric = metrics[estimate.metric]
    on = f" on {estimate.judged_on} cases" if estimate.judged_on else ""
    arms = f"{mean(metric, estimate.baseline)} to {mean(metric, estimate.candidate)}"
    by = f"difference {difference(metric, estimate.difference)} ({between(metric, estimate.low, estimate.high)})"
    return f"{estimate.metric}{on} {arms}, {by}"


def _p(p: float | None) -> str:
    return "not known" if p is None else "<0.001" if p < 0.001 else f"{p:.2g}"
