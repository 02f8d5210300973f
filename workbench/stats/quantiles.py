"""A high quantile of two arms, such as the time that one case in twenty exceeds: its difference and its ratio.

The mean hides what users wait for at worst. A quantile's spread has no simple formula, so the cases are resampled, the
same in both arms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.bootstrap import N_RESAMPLES, percentile_interval, resampled_counts

Numbers = NDArray[np.float64]

SMOOTHED_FROM = 5
"""Cases above the quantile. A single case jumps in resamples, and intervals of arms that resemble each other cover .99
and more; the weighted mean of too few is too sure, and covers .86 with one or two above."""
_TIE = 1e-9
"""A share of cases this near to the quantile's reaches it: they differ by rounding."""


class Compared(NamedTuple):
    """One way to compare the two arms."""

    value: float
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""
    resampled: Numbers
    """Values of the resamples, sorted, shape (resamples,): `share_at_most` of them tests a bound."""


class QuantileComparison(NamedTuple):
    """A quantile in both arms."""

    baseline: float
    candidate: float
    difference: Compared
    """Candidate less baseline, in the unit of the values."""
    ratio: Compared
    """Candidate over baseline; NaN or infinite where the baseline is 0."""


def compare_quantiles(
    baseline: ArrayLike,
    candidate: ArrayLike,
    *,
    share: float = 0.95,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> QuantileComparison:
    """Return a quantile of the same cases in both arms, compared by paired bootstrap; deterministic given seed.

    With `SMOOTHED_FROM` cases above it or more it is Harrell and Davis's weighted mean of the cases around it; with
    fewer, the least value that at least this share of the cases does not exceed.

    Parameters
    ----------
    baseline, candidate
        Of the same cases, shape (cases,).
    share
        Of cases at or below the quantile, above 0 and below 1.
    level
        Coverage, above 0 and below 1.
    n_resamples
        Resamples, at least 1.
    seed
        Seed of the resamples.

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite, or a share is out of bounds.

    Notes
    -----
    Percentile interval; Efron, Tibshirani (1993), An introduction to the bootstrap. Harrell, Davis (1982), A new
    distribution-free quantile estimator.

    Of arms that are nearly the same it is too wide, and never too narrow. Their difference is then a mean of small
    differences of the cases around the quantile, with weights k, and its variance is that of one of them times
    sum(k^2). A resample weights case i by its count times a k that is moved by chance, by as much as k is wide: for
    normal k the mean of the squares is 2 sum(k^2), less the square of the mean weights, sum(k^2) / sqrt(2). So the
    variance comes out 2 - 1 / sqrt(2) = 1.29 times too large, and a 95 % interval holds in .974; in .966 to .992 of 500
    runs each with 100, 300 and 1,000 cases it did.

    Examples
    --------
    >>> found = compare_quantiles(range(1, 41), range(2, 82, 2))
    >>> found.baseline, found.candidate, found.ratio.value
    (38.0, 76.0, 2.0)
    """
    before, after = (np.asarray(values, np.float64) for values in (baseline, candidate))
    if before.shape != after.shape or before.ndim != 1 or before.size == 0:
        raise ValueError(f"baseline has shape {before.shape} and candidate {after.shape}, must be (cases,) of the same")
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError("a value is not finite")
    if not 0 < share < 1:
        raise ValueError(f"share == {share}, must be above 0 and below 1")
    whole = np.ones((1, before.size))
    reached = _share_reached(before.size, share=share)
    batches = [
        (_quantile(before, counts, reached=reached), _quantile(after, counts, reached=reached))
        for counts in resampled_counts(before.size, n_resamples=n_resamples, seed=seed)
    ]
    drawn_before, drawn_after = (np.concatenate(side) for side in zip(*batches, strict=True))
    first, second = (float(_quantile(values, whole, reached=reached)[0]) for values in (before, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.divide(second, first))
        return QuantileComparison(
            first,
            second,
            _compared(second - first, drawn_after - drawn_before, level=level),
            _compared(ratio, drawn_after / drawn_before, level=level),
        )


def share_at_most(resampled: Numbers, bound: float) -> float:
    """Return the share of resamples at or below a bound, never 0: a one-sided p of "it is not above the bound".

    Examples
    --------
    >>> share_at_most(np.array([1.0, 2.0, 3.0]), 1.5)
    0.5
    """
    return (int((resampled <= bound).sum()) + 1) / (resampled.size + 1)


def _share_reached(n: int, *, share: float) -> Numbers:
    """Return how much of the quantile's weight lies on the lowest j cases, for j from 0 to n: (n + 1,)."""
    from scipy.special import betainc  # at the top it costs every command a tenth of a second

    lowest = np.arange(n + 1)
    if n * (1 - share) < SMOOTHED_FROM - _TIE:
        return (lowest >= share * n - _TIE).astype(np.float64)
    return np.asarray(betainc((n + 1) * share, (n + 1) * (1 - share), lowest / n))


def _quantile(values: Numbers, counts: Numbers, *, reached: Numbers) -> Numbers:
    """Return the quantile of each row of counts, which say how often each case is in it."""
    order = np.argsort(values, kind="stable")
    lowest = counts[:, order].cumsum(axis=1).astype(np.intp)
    return np.asarray(np.diff(reached[lowest], axis=1, prepend=0.0) @ values[order])


def _compared(value: float, resampled: Numbers, *, level: float) -> Compared:
    low, high = percentile_interval(resampled, level=level)
    return Compared(value, float(low), float(high), np.sort(resampled))
