"""The scale of the gain: what a margin and a worthwhile effect are on it, and what a gain on it is to people.

More is better there, whatever the metric's direction, and ratios are logarithms: so every test asks the same questions.
"""

import numpy as np

from workbench.experiments.metric import Amount, Metric
from workbench.experiments.tested import Bounds

_ALL = 0.999999
"""Nothing is saved by more than all; the logarithm of all has no end."""


def bounds_of(metric: Metric, baseline: float, *, level: float) -> Bounds:
    """Return what a gain is held against, where the baseline is such; the level is that of the interval."""
    return Bounds(loss(metric, baseline), worthwhile(metric, baseline), level=level)


def loss(metric: Metric, baseline: float) -> float | None:
    """Return the accepted loss on the scale of the gain; None without a margin."""
    return _amount(metric.margin, metric, baseline, sign=-1)


def worthwhile(metric: Metric, baseline: float) -> float | None:
    """Return the minimum worthwhile effect on the scale of the gain; None without one."""
    return _amount(metric.mwe, metric, baseline, sign=1)


def shown(metric: Metric, difference: float) -> float:
    """Return a difference as people read it: of a ratio the share more or less."""
    return float(np.expm1(difference)) if metric.is_ratio else difference


def _amount(amount: Amount | None, metric: Metric, baseline: float, *, sign: int) -> float | None:
    """Return an amount of gain (1) or loss (-1): of a ratio how far its logarithm goes from that of 1."""
    if amount is None:
        return None
    if not metric.is_ratio:
        return amount.value * abs(baseline) if amount.is_relative else amount.value
    goes_up = sign * metric.direction == 1
    return float(np.log1p(amount.value) if goes_up else -np.log1p(-min(amount.value, _ALL)))
