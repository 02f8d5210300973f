"""From tests to an estimate: what they say on the scale of the gain, told on the metric's own too.

Paired cases and live traffic end here alike, so that one decision serves both.
"""

from typing import NamedTuple

from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.scale import shown
from workbench.experiments.tested import Bounds, GainTests


class Counted(NamedTuple):
    """What an estimate rests on; fields as of `Estimate`."""

    n_cases: int
    n_units: int
    n_trials: int
    n_fixed: int
    n_broken: int
    n_failed: int
    within: float | None


def estimate_of(
    metric: Metric,
    tested: GainTests,
    bounds: Bounds,
    *,
    centres: tuple[float, float],
    counts: Counted,
    notes: tuple[str, ...] = (),
) -> Estimate:
    """Return the estimate of one metric.

    Parameters
    ----------
    metric
        The metric.
    tested
        What its tests say.
    bounds
        What they were held against.
    centres
        What is compared of each arm, on the metric's scale: baseline, candidate.
    counts
        What it rests on.
    notes
        What to know before believing it, a sentence each.
    """
    low, high = sorted(metric.direction * end for end in (tested.low, tested.high))
    return Estimate(
        metric=metric.name,
        role=metric.role,
        method=tested.method,
        **counts._asdict(),
        baseline=centres[0],
        candidate=centres[1],
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
        notes=(*notes, *_edges(tested, bounds)),
    )


def _edges(tested: GainTests, bounds: Bounds) -> list[str]:
    """Return where the interval and the tests that decide fall on two sides of a bound."""
    alpha = (1 - bounds.level) / 2
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
