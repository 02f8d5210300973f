"""Shares that vary from week to week by more than chance: how much they do, and whether they moved at one moment.

A share of traffic has good and bad weeks. Whoever compares two stretches of time as if each trace were a coin calls
every third quiet stretch a change; here a week is what is counted, and how weeks differ is measured.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.welch import Difference

Numbers = NDArray[np.float64]

MOST_CORRELATION = 0.9
"""Of neighbouring units: beyond it so few units say nothing, and the inflation has no bound."""
_ROUNDING = 1e-12
"""Residuals whose squares sum to less are none: units that are the same differ so by rounding."""
_HALF = 0.5
"""Haldane (1956), The estimation and significance of the logarithm of a ratio of frequencies."""


class Spread(NamedTuple):
    """How much more units differ than chance lets them."""

    dispersion: float
    """Variance over that of a binomial, at least 1."""
    inflation: float
    """What a stretch of units is worth less because neighbours are alike, at least 1."""
    degrees: float
    """Units less shares: what the dispersion rests on."""
    measured: float
    """Variance over that of a binomial as it is, 0 or more: below 1 where units differ less than by chance."""

    @property
    def factor(self) -> float:
        """Both together: how many times the variance of a binomial the sum over many units has."""
        return self.dispersion * self.inflation


class Shift(NamedTuple):
    """A move of a share at one moment."""

    log_odds: Difference
    """After less before, on the log odds."""
    spread: Spread
    """How much units differ by themselves."""


def spread(hits: ArrayLike, n: ArrayLike, *, stretch: ArrayLike | None = None) -> Spread:
    """Return how much more the shares of units differ than chance lets them, within stretches of one share each.

    Parameters
    ----------
    hits
        Units' counts in the order of time, shape (units,).
    n
        Of how many each, above 0, shape (units,).
    stretch
        Which stretch each is in, integers, shape (units,); None is one.

    Raises
    ------
    ValueError
        If shapes do not fit, a count is out of bounds, or there are not two units more than stretches.

    Notes
    -----
    McCullagh, Nelder (1989), Generalized linear models, section 4.5: Pearson's chi-square over its degrees of freedom.
    Neighbours' likeness is the residuals' first autocorrelation r, mended for its bias by (1 + 3 r) / units (Kendall
    1954, Note on bias in the estimation of autocorrelation), and makes (1 + r) / (1 - r) of the variance of a mean.

    Examples
    --------
    >>> spread([10, 30, 10, 30], [100, 100, 100, 100]).dispersion
    8.333333333333334
    """
    counts, totals = _checked(hits, n)
    of = np.zeros(counts.shape, np.int64) if stretch is None else np.asarray(stretch, np.int64)
    if of.shape != counts.shape:
        raise ValueError(f"stretch has shape {of.shape}, must be {counts.shape}")
    _, place = np.unique(of, return_inverse=True)
    n_stretches = int(place.max()) + 1
    degrees = counts.size - n_stretches
    if degrees < 2:
        raise ValueError(f"{counts.size} units of {n_stretches} stretches, must be two units more than stretches")
    share = (np.bincount(place, counts) / np.bincount(place, totals))[place]
    variance = totals * share * (1 - share)
    residuals = np.divide(counts - totals * share, np.sqrt(variance), out=np.zeros_like(share), where=variance > 0)
    square = float((residuals**2).sum())
    likeness = float((residuals[1:] * residuals[:-1]).sum()) / square if square > _ROUNDING else 0.0
    mended = min(max(likeness + (1 + 3 * likeness) / counts.size, 0.0), MOST_CORRELATION)
    measured = square / degrees
    return Spread(max(measured, 1.0), (1 + mended) / (1 - mended), float(degrees), measured)


def shift(hits: ArrayLike, n: ArrayLike, *, is_after: ArrayLike) -> Shift:
    """Return by how much the share moved, as log odds, with an error that units and their neighbours vouch for.

    Parameters
    ----------
    hits, n
        As of `spread`; a unit should be a whole week, so that no weekday is in one stretch more often.
    is_after
        Whether a unit is after the moment, shape (units,); some must be, and some not.

    Raises
    ------
    ValueError
        As of `spread`, or if there is nothing on one side.

    Notes
    -----
    The coefficient of a binomial regression on `is_after`, its variance times `Spread.factor`, with as many degrees of
    freedom as units that are not alike. Where one side is all hits or has none, half a hit and half a miss are added to
    both (Haldane 1956).

    Examples
    --------
    >>> moved = shift([20, 20, 20, 10, 10], [100] * 5, is_after=[False, False, False, True, True])
    >>> print(f"{np.exp(moved.log_odds.value):.3f}")
    0.444
    """
    counts, totals = _checked(hits, n)
    after = np.asarray(is_after, bool)
    if after.shape != counts.shape or after.all() or not after.any():
        raise ValueError("is_after must be one a unit, and there must be units on both sides")
    of = spread(counts, totals, stretch=after)
    sums = [(counts[side].sum(), (totals - counts)[side].sum()) for side in (~after, after)]
    more = _HALF if any(0 in side for side in sums) else 0.0
    (old_hits, old_misses), (new_hits, new_misses) = ((hit + more, miss + more) for hit, miss in sums)
    variance = 1 / old_hits + 1 / old_misses + 1 / new_hits + 1 / new_misses
    moved = float(np.log(new_hits / new_misses) - np.log(old_hits / old_misses))
    error = float(np.sqrt(variance * of.factor))
    return Shift(Difference(moved, error, max(of.degrees / of.inflation, 1.0)), of)


def _checked(hits: ArrayLike, n: ArrayLike) -> tuple[Numbers, Numbers]:
    counts, totals = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    if counts.ndim != 1 or counts.shape != totals.shape or counts.size == 0:
        raise ValueError(f"hits have shape {counts.shape} and n {totals.shape}, must be (units,) of the same")
    if not ((counts >= 0) & (counts <= totals) & (totals > 0)).all():
        raise ValueError("hits must be from 0 to n, and n above 0")
    return counts, totals
