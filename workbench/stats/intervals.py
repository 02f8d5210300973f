"""Intervals for a share, and for the ratio of two shares, that keep their promise in small samples.

The usual `share ± 1.96 standard errors` misses far too often with few traces, and says nothing at all when a count is
zero; clusters are small and their counts often are zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

_WIDEST_LOG_RATIO = 60.0
"""Ratios are looked for between exp(-60) and exp(60): counts would have to pass 1e20 to lead outside."""
_HALVINGS = 64
"""The 120 units of log ratio, halved 64 times, are below the spacing of doubles around 1."""


class Interval(NamedTuple):
    """The two ends of an interval, each of the shape of the input, float64."""

    low: Numbers
    """Lower end."""
    high: Numbers
    """Upper end; infinite where the data set no bound."""


def wilson(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the score interval of a share, 0 to 1; with n = 0 it is all of it, 0 to 1.

    Parameters
    ----------
    hits
        Units with the property, 0 to `n`, any shape.
    n
        Units looked at; broadcast against `hits`.
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If a count is negative, `hits` is larger than `n`, or `level` is no coverage.

    Notes
    -----
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.490 to 0.943
    """
    counts, totals = _counts(hits, n)
    z_squared = _z(level) ** 2
    known = np.maximum(totals, 1)
    centre = (counts + z_squared / 2) / (known + z_squared)
    half = np.sqrt(z_squared * (counts * (known - counts) / known + z_squared / 4)) / (known + z_squared)
    low = np.where(counts == 0, 0.0, centre - half)
    high = np.where(counts == totals, 1.0, centre + half)
    return Interval(np.maximum(low, 0.0), np.minimum(high, 1.0))


def jeffreys(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the equal-tailed interval of a share under Jeffreys' prior, for tiny strata.

    The low end is 0 with no hit and the high end is 1 with nothing but hits. Parameters and errors as of `wilson`.

    Notes
    -----
    Brown, Cai, DasGupta (2001), Interval estimation for a binomial proportion, section 4.1.1.

    Examples
    --------
    >>> low, high = jeffreys(0, 5)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.000 to 0.379
    """
    from scipy.special import betainccinv, betaincinv  # at the top it costs every command a tenth of a second

    counts, totals = _counts(hits, n)
    tail = _tail(level)
    misses = totals - counts
    low = np.where(counts == 0, 0.0, betaincinv(counts + 0.5, misses + 0.5, tail))
    high = np.where(misses == 0, 1.0, betainccinv(counts + 0.5, misses + 0.5, tail))
    return Interval(low, high)


def ratio_of_shares(
    hits: ArrayLike, n: ArrayLike, *, other_hits: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> Interval:
    """Return the score interval of `(hits / n) / (other_hits / other_n)`, 0 to infinity.

    It holds with zero cells: without hits the low end is 0, without other hits the high end is infinite.

    Parameters
    ----------
    hits, n
        Units with the property and units looked at, in the group; any shapes that broadcast.
    other_hits, other_n
        The same in the group that it is compared with.
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If a count is negative or larger than its total, a total is zero, or `level` is no coverage.

    Notes
    -----
    Koopman (1984), Confidence intervals for the ratio of two binomial proportions; the same as Miettinen and Nurminen
    (1985), Comparative analysis of two rates, without their factor N / (N - 1). Found by halving on the log ratio.

    Examples
    --------
    Koopman's own example, 36 of 40 against 16 of 80:

    >>> low, high = ratio_of_shares(36, 40, other_hits=16, other_n=80)
    >>> print(f"{low:.2f} to {high:.2f}")
    2.94 to 7.15
    """
    counts, totals = _counts(hits, n)
    other_counts, other_totals = _counts(other_hits, other_n)
    if np.any(totals == 0) or np.any(other_totals == 0):
        raise ValueError("n == 0, a share needs at least one unit")
    table = _Table(*np.broadcast_arrays(counts, totals, other_counts, other_totals))
    z = _z(level)
    low = np.where(table.hits == 0, 0.0, _ratio_where_score_is(z, table))
    high = np.where(table.other_hits == 0, np.inf, _ratio_where_score_is(-z, table))
    return Interval(low, high)


class _Table(NamedTuple):
    hits: Numbers
    n: Numbers
    other_hits: Numbers
    other_n: Numbers


def _ratio_where_score_is(target: float, table: _Table) -> Numbers:
    low = np.full(table.hits.shape, -_WIDEST_LOG_RATIO)
    high = -low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_too_low = _score(np.exp(middle), table) > target
        low, high = np.where(is_too_low, middle, low), np.where(is_too_low, high, middle)
    ratio: Numbers = np.exp((low + high) / 2)
    return ratio


def _score(ratio: Numbers, table: _Table) -> Numbers:
    """Return the score statistic of `share = ratio * other share`: it falls as the ratio rises."""
    other_share = _other_share_given(ratio, table)
    share = ratio * other_share
    variance = share * (1 - share) / table.n + ratio**2 * other_share * (1 - other_share) / table.other_n
    distance = table.hits / table.n - ratio * table.other_hits / table.other_n
    with np.errstate(divide="ignore", invalid="ignore"):
        score = distance / np.sqrt(np.maximum(variance, 0.0))
    return np.where(distance == 0, 0.0, score)


def _other_share_given(ratio: Numbers, table: _Table) -> Numbers:
    """Return the likeliest other share under the ratio: the smaller root of the score equation, in its stable form."""
    square = (table.n + table.other_n) * ratio
    linear = ratio * (table.n + table.other_hits) + table.hits + table.other_n
    constant = table.hits + table.other_hits
    root = np.sqrt(np.maximum(linear**2 - 4 * square * constant, 0.0))
    return 2 * constant / (linear + root)


def _counts(hits: ArrayLike, n: ArrayLike) -> tuple[Numbers, Numbers]:
    counts, totals = np.broadcast_arrays(np.asarray(hits, np.float64), np.asarray(n, np.float64))
    if not np.all((counts >= 0) & (counts <= totals)):
        raise ValueError("hits must be from 0 to n")
    return counts, totals


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    return (1 - level) / 2


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(-ndtri(_tail(level)))
