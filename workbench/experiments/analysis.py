"""From the table of results to one estimate a metric, by the method that its kind and design ask for.

The method follows from the plan and the shape of the results, never from what they come to. Where there are two
holdouts, targets are judged on cases of their issue and everything else on random ones, and what the targets gain there
is told too: a gain among the failures that a change was made for is not what users as a whole will see.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.experiments.estimate import Estimate
from workbench.experiments.estimating import Counted, estimate_of
from workbench.experiments.judged_gain import as_people_say
from workbench.experiments.judging import is_measured, of_cases
from workbench.experiments.live_estimate import live_estimate
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import Pairs, pairs_of
from workbench.experiments.plan import Plan
from workbench.experiments.quantile import high_quantiles, of_quantiles
from workbench.experiments.relative import Paired, against_baseline
from workbench.experiments.scale import bounds_of
from workbench.experiments.tested import Bounds, GainTests, of_means, of_wins

Numbers = NDArray[np.float64]


class Analysis(NamedTuple):
    """What the results come to."""

    estimates: tuple[Estimate, ...]
    """One a metric that could be estimated, in the order of the plan."""
    faults: tuple[str, ...]
    """Why others could not be, a sentence each: with any, nothing can be decided."""
    on_random: tuple[Estimate, ...] = ()
    """Where there are two holdouts: the targets on random cases, in the order of the plan."""
    unmeasured: tuple[str, ...] = ()
    """Of these, targets that no random cases have values of: what a person expects of cases of one issue is not known
    of others."""
    n_shared: int = 0
    """Of the random cases, those that are targeted ones too."""


class _Units(NamedTuple):
    """The two arms by what is independent: cases, or users."""

    baseline: Numbers
    candidate: Numbers
    of: str


def analyse(
    plan: Plan,
    results: pl.DataFrame,
    *,
    look: float = 1.0,
    before: pl.DataFrame | None = None,
    targeted: Collection[str] = (),
    random: Collection[str] | None = None,
) -> Analysis:
    """Return one estimate a metric; deterministic, and the same in whatever order the rows stand.

    Where the plan is of live traffic, users of two arms are compared; otherwise both arms case by case.

    Parameters
    ----------
    plan
        The plan: its metrics and its level.
    results
        schemas.RESULTS of both arms.
    look
        The share of the planned cases at which it is looked at; it decides the level.
    before
        Of live traffic: schemas.RESULTS of the same users from before they were assigned, which takes out noise; None
        where nothing is known of it.
    targeted
        Where there are two holdouts: the cases of the targeted one.
    random
        The cases of the other one; None is all that are not targeted. A case may be of both.
    """
    alpha = plan.level_at(look)
    if not plan.targeted_id:
        return Analysis(*_estimates(plan, plan.metrics, results, before, alpha=alpha))
    others = set(results["case_id"]) - set(targeted) if random is None else random
    on_targeted, on_random = of_cases(results, targeted), of_cases(results, others)
    targets = plan.of_role("target")
    unmeasured = tuple(metric.name for metric in targets if not is_measured(on_random, metric))
    judged, faults = _estimates(plan, targets, on_targeted, None, alpha=alpha)
    measured = tuple(metric for metric in plan.metrics if metric.name not in unmeasured)
    seen, more_faults = _estimates(plan, measured, on_random, None, alpha=alpha)
    told = tuple(replace(one, judged_on="random") for one in seen)
    by_name = {one.metric: one for one in told if one.role != "target"}
    by_name |= {one.metric: replace(one, judged_on="targeted") for one in judged}
    return Analysis(
        tuple(by_name[metric.name] for metric in plan.metrics if metric.name in by_name),
        (*faults, *(f"on random cases: {fault}" for fault in more_faults)),
        tuple(one for one in told if one.role == "target"),
        unmeasured,
        len(set(others) & set(targeted)),
    )


def _estimates(
    plan: Plan, metrics: tuple[Metric, ...], results: pl.DataFrame, before: pl.DataFrame | None, *, alpha: float
) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    estimates, faults = [], []
    for metric in metrics:
        try:
            if plan.is_live:
                estimates.append(live_estimate(metric, results, before, alpha=alpha))
            else:
                estimates.append(_paired_estimate(metric, results, alpha=alpha))
        except ValueError as error:
            faults.append(str(error))
    return tuple(estimates), tuple(faults)


def _paired_estimate(metric: Metric, results: pl.DataFrame, *, alpha: float) -> Estimate:
    pairs = pairs_of(results, metric)
    if len(pairs.case_ids) < 2:
        raise ValueError(f"{metric.name}: {len(pairs.case_ids)} cases have a value in both arms, must be 2")
    units = _units(pairs)
    if units.of == "users" and units.baseline.size < 2:
        raise ValueError(f"{metric.name}: all cases are of one user, must be of 2")
    centres = _centres(metric, units)
    bounds = bounds_of(metric, centres[0], level=1 - 2 * alpha)
    changes = metric.direction * (pairs.candidate - pairs.baseline)
    counts = Counted(
        n_cases=len(pairs.case_ids),
        n_units=units.baseline.size,
        n_trials=pairs.n_trials,
        n_fixed=int((changes > 0).sum()),
        n_broken=int((changes < 0).sum()),
        n_failed=pairs.n_failed,
        within=None if metric.is_ratio or units.of == "users" else pairs.within,
    )
    if metric.people:
        tests, bounds, centres, notes = as_people_say(metric, results, pairs, level=bounds.level)
        return estimate_of(metric, tests, bounds, centres=centres, counts=counts, notes=notes)
    return estimate_of(metric, _test(metric, pairs, units, bounds=bounds), bounds, centres=centres, counts=counts)


def _units(pairs: Pairs) -> _Units:
    """Return the values by case, or by user where any user has several cases."""
    n_units = int(pairs.units.max()) + 1
    if n_units == len(pairs.case_ids):
        return _Units(pairs.baseline, pairs.candidate, "cases")
    n = np.bincount(pairs.units)
    one, other = (np.bincount(pairs.units, weights=arm) / n for arm in (pairs.baseline, pairs.candidate))
    return _Units(one, other, "users")


def _centres(metric: Metric, units: _Units) -> tuple[float, float]:
    """Return what is compared of each arm: its mean, its geometric mean, or its 95th percentile."""
    if metric.estimated == "quantile":
        return high_quantiles(units.baseline, units.candidate)
    one, other = float(units.baseline.mean()), float(units.candidate.mean())
    return (float(np.exp(one)), float(np.exp(other))) if metric.estimated == "geometric_ratio" else (one, other)


def _test(metric: Metric, pairs: Pairs, units: _Units, *, bounds: Bounds) -> GainTests:
    if metric.estimated == "quantile":
        if units.of == "users":
            raise ValueError(
                f"{metric.name}: cases of one user are not independent, and a quantile needs that they are"
            )
        return of_quantiles(units.baseline, units.candidate, bounds, direction=metric.direction)
    gains = metric.direction * _differences(metric, units)
    if metric.kind == "binary" and pairs.n_trials == 1 and units.of == "cases":
        paired = Paired(gains, units.baseline)
        return against_baseline(of_wins(gains, bounds), paired, metric, level=bounds.level, largest=1.0)
    largest = None if metric.bounds is None or metric.is_ratio else metric.bounds[1] - metric.bounds[0]
    if metric.kind == "count" and largest is None and not metric.is_ratio:
        largest = float(np.abs(gains).max())  # no range is known: the largest change that was seen stands for it
    tests = of_means(gains, bounds, of=units.of, largest=largest)
    if metric.is_ratio:
        return tests
    return against_baseline(tests, Paired(gains, units.baseline), metric, level=bounds.level, largest=largest)


def _differences(metric: Metric, units: _Units) -> Numbers:
    """Return one number a unit whose mean is the estimate: of a ratio of means its logarithm, linearised."""
    if metric.estimated != "ratio_of_means":
        return np.asarray(units.candidate - units.baseline)
    one, other = units.baseline.mean(), units.candidate.mean()
    if one <= 0 or other <= 0:
        raise ValueError(f"{metric.name}: a mean is 0, a ratio of means has none")
    return np.asarray(np.log(other / one) + units.candidate / other - units.baseline / one)
