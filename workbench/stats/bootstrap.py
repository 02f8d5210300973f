"""Means of resampled cases, many metrics at once: the spread of whatever is computed from means.

A resample is a row of counts, how often each case is in it, and its means are one row of a matrix product. That is what
`scipy.stats.bootstrap` finds too, without a copy of all metrics of all cases for each resample.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.intervals import Interval

Numbers = NDArray[np.float64]

N_RESAMPLES = 10_000
"""The ends of a 95 % interval then vary by some hundredth of its length from seed to seed."""
_AT_A_TIME = 2_000_000
"""Counts held at once, 8 bytes each: they stay near the processor."""


def resampled_counts(n: int, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Iterator[Numbers]:
    """Return, batch by batch, how often each case is in each resample: (resamples of the batch, n), rows sum to n.

    Deterministic given seed. For what is no function of means, such as a quantile.

    Parameters
    ----------
    n
        Cases, at least 1.
    n_resamples
        Resamples in all, at least 1.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If there is no case or no resample.
    """
    if n < 1 or n_resamples < 1:
        raise ValueError(f"n == {n} and n_resamples == {n_resamples}, must be at least 1")
    rng = np.random.Generator(np.random.SFC64(seed))
    kind = np.uint16 if n <= np.iinfo(np.uint16).max else np.int64
    size = max(1, _AT_A_TIME // n)
    for start in range(0, n_resamples, size):
        drawn = rng.integers(0, n, size=(min(size, n_resamples - start), n), dtype=kind)
        counts = np.empty(drawn.shape)
        for row, cases in zip(counts, drawn, strict=True):
            row[:] = np.bincount(cases, minlength=n)
        yield counts


def bootstrap_means(values: ArrayLike, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Numbers:
    """Return the means of each resample of the cases, shape (resamples, metrics); deterministic given seed.

    Metrics of a resample are of the same cases, so differences and ratios of columns are resampled with them.

    Parameters
    ----------
    values
        One row a case, shape (cases, metrics).
    n_resamples
        Resamples, at least 1.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If the shape is another, there is no case, or a value is not finite.

    Notes
    -----
    Efron (1979), Bootstrap methods: another look at the jackknife.

    Examples
    --------
    >>> bootstrap_means([[0.0, 1.0], [1.0, 0.0]], n_resamples=3, seed=1).sum(axis=1).tolist()
    [1.0, 1.0, 1.0]
    """
    rows = _rows(values)
    middle = rows.mean(axis=0)
    centred = rows - middle  # so that no digit is lost to a large mean
    batches = resampled_counts(len(rows), n_resamples=n_resamples, seed=seed)
    means: Numbers = np.concatenate([counts @ centred for counts in batches]) / len(rows) + middle
    return means


def percentile_interval(resampled: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the interval that holds the middle share of the resamples, by column.

    Parameters
    ----------
    resampled
        Values of resamples, shape (resamples, ...).
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If `level` is no coverage.

    Notes
    -----
    Efron, Tibshirani (1993), An introduction to the bootstrap, chapter 13.

    Examples
    --------
    >>> low, high = percentile_interval(range(101), level=0.9)
    >>> round(float(low)), round(float(high))
    (5, 95)
    """
    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    low, high = np.quantile(np.asarray(resampled, np.float64), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(low, high)


def bca_interval(values: ArrayLike, resampled: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the bias-corrected and accelerated interval of the means, shape (metrics,): better where data are skewed.

    A metric whose cases are all the same has no spread, and its interval is that value.

    Parameters
    ----------
    values
        One row a case, shape (cases, metrics), at least two cases.
    resampled
        Their `bootstrap_means`, shape (resamples, metrics).
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If shapes do not fit, or `level` is no coverage.

    Notes
    -----
    Efron (1987), Better bootstrap confidence intervals. The jackknife of a mean needs no second round: leaving a case
    out moves the mean in proportion to how far the case lies from it.

    Examples
    --------
    >>> times = np.array([[1.0], [2.0], [3.0], [30.0]])
    >>> low, high = bca_interval(times, bootstrap_means(times))
    >>> bool(high[0] - 9 > 9 - low[0])
    True
    """
    from scipy.special import ndtr, ndtri  # at the top it costs every command a tenth of a second

    rows, drawn = _rows(values), np.asarray(resampled, np.float64)
    if len(rows) < 2 or drawn.ndim != 2 or drawn.shape[1] != rows.shape[1]:
        raise ValueError(
            f"values have shape {rows.shape} and resampled {drawn.shape}, must be rows of the same metrics"
        )
    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    middle = rows.mean(axis=0)
    away = rows - middle
    spread = (away**2).sum(axis=0)
    is_flat = np.ptp(rows, axis=0) == 0
    acceleration = (away**3).sum(axis=0) / (6 * np.where(is_flat, 1.0, spread) ** 1.5)
    below = ((drawn < middle).mean(axis=0) + (drawn <= middle).mean(axis=0)) / 2
    shift = np.where(is_flat, 0.0, ndtri(np.where(is_flat, 0.5, below)))
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        at = shift + ndtri(share)
        shares = ndtr(shift + at / (1 - acceleration * at))
        ends.append([np.quantile(column, one) for column, one in zip(drawn.T, shares, strict=True)])
    return Interval(*(np.where(is_flat, middle, end) for end in ends))


def _rows(values: ArrayLike) -> Numbers:
    rows = np.asarray(values, np.float64)
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"values have shape {rows.shape}, must be (cases, metrics) with at least one case")
    if not np.isfinite(rows).all():
        raise ValueError("a value is not finite")
    return rows
