"""The tests of a high quantile, what users wait for at worst: by resampling the cases, the same in both arms."""

import numpy as np
from numpy.typing import NDArray

from workbench.experiments.tested import Bounds, GainTests
from workbench.stats.quantiles import compare_quantiles, share_at_most

Numbers = NDArray[np.float64]
SHARE = 0.95
"""Of cases at or below the quantile: its usual name is p95."""
ENOUGH_CASES = 100
"""With fewer, the quantile rests on the five largest values, and no interval of it can be trusted."""


def high_quantiles(baseline: Numbers, candidate: Numbers) -> tuple[float, float]:
    """Return the quantile of each arm, as `compare_quantiles` estimates it."""
    found = compare_quantiles(baseline, candidate, share=SHARE, n_resamples=1)
    return found.baseline, found.candidate


def of_quantiles(baseline: Numbers, candidate: Numbers, bounds: Bounds, *, direction: int) -> GainTests:
    """Return the tests of the ratio of the quantiles; deterministic.

    Parameters
    ----------
    baseline, candidate
        Of the same cases, above 0.
    bounds
        What the logarithm of the ratio is held against.
    direction
        1 where more is better, -1 where less is.

    Raises
    ------
    ValueError
        If there are fewer than ENOUGH_CASES.
    """
    if baseline.size < ENOUGH_CASES:
        raise ValueError(f"{baseline.size} cases tell no 95th percentile, must be {ENOUGH_CASES}")
    found = compare_quantiles(baseline, candidate, share=SHARE, level=bounds.level).ratio
    resampled = direction * np.log(found.resampled)
    low, high = sorted(direction * float(np.log(end)) for end in (found.low, found.high))
    up, down = share_at_most(resampled, 0.0), share_at_most(-resampled, 0.0)
    margin, mwe = bounds.margin, bounds.mwe
    gain = direction * float(np.log(found.value))
    return GainTests(
        "95th percentile over cases: bootstrap",
        gain,
        min(low, gain),
        max(high, gain),
        min(1.0, 2 * min(up, down)),
        up,
        down,
        None if margin is None else share_at_most(resampled, -margin),
        None if margin is None else share_at_most(-resampled, margin),
        None if mwe is None else share_at_most(-resampled, -mwe),
        -low,
        float(resampled.std() * np.sqrt(baseline.size)),
    )
