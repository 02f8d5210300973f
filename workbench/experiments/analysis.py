"""From the table of results to one estimate a metric, by the method that its kind and design ask for.

The method follows from the plan and the shape of the results, never from what they come to.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import Pairs, pairs_of
from workbench.experiments.plan import Plan
from workbench.experiments.quantile import high_quantiles, of_quantiles
from workbench.experiments.scale import loss, shown, worthwhile
from workbench.experiments.tested import Bounds, GainTests, of_means, of_wins

Numbers = NDArray[np.float64]


class Analysis(NamedTuple):
    """What the results come to."""

    estimates: tuple[Estimate, ...]
    """One a metric that could be estimated, in the order of the plan."""
    faults: tuple[str, ...]
    """Why others could not be, a sentence each: with any, nothing can be decided."""


class _Units(NamedTuple):
    """The two arms by what is independent: cases, or users."""

    baseline: Numbers
    candidate: Numbers
    of: str


def analyse(plan: Plan, results: pl.DataFrame, *, look: float = 1.0) -> Analysis:
    """Return one estimate a metric; deterministic, and the same in whatever order the rows stand.

    Parameters
    ----------
    plan
        The plan: its metrics and its level.
    results
        schemas.RESULTS of both arms.
    look
        The share of the planned cases at which it is looked at; it decides the level.
    """
    alpha = plan.level_at(look)
    estimates, faults = [], []
    for metric in plan.metrics:
        try:
            pairs = pairs_of(results, metric)
            if len(pairs.case_ids) < 2:
                raise ValueError(f"{metric.name}: {len(pairs.case_ids)} cases have a value in both arms, must be 2")
            estimates.append(_estimate(metric, pairs, alpha=alpha))
        except ValueError as error:
            faults.append(str(error))
    return Analysis(tuple(estimates), tuple(faults))


def _estimate(metric: Metric, pairs: Pairs, *, alpha: float) -> Estimate:
    units = _units(pairs)
    if units.of == "users" and units.baseline.size < 2:
        raise ValueError(f"{metric.name}: all cases are of one user, must be of 2")
    baseline, candidate = _centres(metric, units)
    bounds = Bounds(loss(metric, baseline), worthwhile(metric, baseline), level=1 - 2 * alpha)
    tested = _test(metric, pairs, units, bounds=bounds)
    low, high = sorted(metric.direction * end for end in (tested.low, tested.high))
    changes = metric.direction * (pairs.candidate - pairs.baseline)
    return Estimate(
        metric=metric.name,
        role=metric.role,
        method=tested.method,
        n_cases=len(pairs.case_ids),
        n_units=units.baseline.size,
        n_trials=pairs.n_trials,
        n_fixed=int((changes > 0).sum()),
        n_broken=int((changes < 0).sum()),
        n_failed=pairs.n_failed,
        baseline=baseline,
        candidate=candidate,
        difference=shown(metric, metric.direction * tested.gain),
        low=shown(metric, low),
        high=shown(metric, high),
        level=bounds.level,
        p=tested.p,
        p_superior=tested.p_superior,
        p_worse=tested.p_worse,
        p_non_inferior=tested.p_non_inferior,
        p_beyond=tested.p_beyond,
        p_useless=tested.p_useless,
        gain=tested.gain,
        gain_low=tested.low,
        gain_high=tested.high,
        margin=bounds.margin,
        mwe=bounds.mwe,
        shown_margin=tested.shown_margin,
        deviation=tested.deviation,
        within=None if metric.is_ratio or units.of == "users" else pairs.within,
        notes=tuple(_edges(tested, bounds, alpha=alpha)),
    )


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
        return of_wins(gains, bounds)
    largest = None if metric.bounds is None or metric.is_ratio else metric.bounds[1] - metric.bounds[0]
    if metric.kind == "count" and largest is None and not metric.is_ratio:
        largest = float(np.abs(gains).max())  # no range is known: the largest change that was seen stands for it
    return of_means(gains, bounds, of=units.of, largest=largest)


def _differences(metric: Metric, units: _Units) -> Numbers:
    """Return one number a unit whose mean is the estimate: of a ratio of means its logarithm, linearised."""
    if metric.estimated != "ratio_of_means":
        return np.asarray(units.candidate - units.baseline)
    one, other = units.baseline.mean(), units.candidate.mean()
    if one <= 0 or other <= 0:
        raise ValueError(f"{metric.name}: a mean is 0, a ratio of means has none")
    return np.asarray(np.log(other / one) + units.candidate / other - units.baseline / one)


def _edges(tested: GainTests, bounds: Bounds, *, alpha: float) -> list[str]:
    """Return where the interval and the tests that decide fall on two sides of a bound."""
    notes = []
    if (tested.low > 0) != (tested.p_superior <= alpha):
        notes.append("interval and test disagree whether it is better: the test decides")
    if (tested.high < 0) != (tested.p_worse <= alpha):
        notes.append("interval and test disagree whether it is worse: the test decides")
    if bounds.margin is not None and tested.p_non_inferior is not None:
        is_inside = tested.low > -bounds.margin
        if is_inside != (tested.p_non_inferior <= alpha):
            notes.append("interval and test disagree whether a loss beyond the margin is excluded: the test decides")
    return notes
