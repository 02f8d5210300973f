"""Win or lose on the same cases: how far two arms differ when each case passes or fails once in each.

Only the cases that changed tell of a difference, and they are few. A t test, a Wald interval or a bootstrap estimates
the variance from those few, finds next to none, and lets harm pass; the score test puts in the variance that the bound
under test would have, and the mid-p test counts coin flips.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.intervals import Interval

Numbers = NDArray[np.float64]

_HALVINGS = 60
"""Differences lie within 2 of each other; halved 60 times that is below the spacing of doubles around 1."""


def tango_interval(wins: ArrayLike, losses: ArrayLike, *, n: ArrayLike, level: float = 0.95) -> Interval:
    """Return the score interval of the difference of two paired shares, candidate less baseline, -1 to 1.

    Parameters
    ----------
    wins
        Cases that pass with the candidate alone, any shape.
    losses
        Cases that pass with the baseline alone; broadcast against `wins`.
    n
        Cases in all, at least 1 and at least wins and losses together.
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If a count is negative, `n` is too small, or `level` is no coverage.

    Notes
    -----
    Tango (1998), Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design. Found by halving: the score falls as the difference under test rises.

    Examples
    --------
    Eight cases of 21 changed, seven of them for the worse:

    >>> low, high = tango_interval(1, 7, n=21)
    >>> print(f"{low:.4f} to {high:.4f}")
    -0.5172 to -0.0260
    """
    from scipy.special import ndtri  # at the top it costs every command a tenth of a second

    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    table = _counts(wins, losses, n=n)
    z = float(-ndtri((1 - level) / 2))
    return Interval(_difference_where_score_is(z, table), _difference_where_score_is(-z, table))


def tango_test(wins: ArrayLike, losses: ArrayLike, *, n: ArrayLike, than: ArrayLike = 0.0) -> Numbers:
    """Return the one-sided p of "the difference is not above `than`": small where it is shown to lie above.

    Non-inferiority within a margin is `than=-margin`. A loss beyond the margin is `losses` and `wins` swapped and
    `than=margin`. Other parameters and errors as of `tango_interval`, whose end at level .9 is where p is .05.

    Parameters
    ----------
    than
        The difference under test, above -1 and below 1; broadcast against the counts.

    Examples
    --------
    Of 300 cases 12 are fixed and 14 broken; is a loss of five points excluded?

    >>> print(f"{tango_test(12, 14, n=300, than=-0.05):.4f}")
    0.0097
    """
    from scipy.special import ndtr

    bound = np.asarray(than, np.float64)
    if not np.all((bound > -1) & (bound < 1)):
        raise ValueError("than must be above -1 and below 1")
    p_values: Numbers = np.asarray(ndtr(-_score(bound, _counts(wins, losses, n=n))))
    return p_values


def mcnemar_mid_p(wins: ArrayLike, losses: ArrayLike) -> Numbers:
    """Return the one-sided mid-p of "the candidate is no better": small where wins outnumber losses; .5 with neither.

    Swap the two to ask whether it is worse. Twice the smaller of both is the published two-sided mid-p, save where wins
    equal losses (there 1).

    Parameters
    ----------
    wins, losses
        Cases that pass with the candidate alone and with the baseline alone; any shapes that broadcast.

    Raises
    ------
    ValueError
        If a count is negative.

    Notes
    -----
    Fagerland, Lydersen, Laake (2013), The McNemar test for binary matched-pairs data: mid-p and asymptotic are better
    than exact conditional. Half the chance of exactly so many wins is taken off the binomial tail, which without it is
    too rarely small.

    Examples
    --------
    >>> float(mcnemar_mid_p(4, 1))  # (5 / 2 + 1) / 32
    0.109375
    """
    better, worse = _whole(wins, losses)
    return np.asarray((_half_tail(better, better + worse) + _half_tail(better + 1, better + worse)) / 2)


def _half_tail(least: Numbers, flips: Numbers) -> Numbers:
    """Return the chance of at least so many heads, at most one more than there are flips."""
    from scipy.special import betainc

    inside = betainc(np.maximum(least, 1), np.maximum(flips - least + 1, 1), 0.5)
    return np.where(least <= 0, 1.0, np.where(least > flips, 0.0, inside))


def _difference_where_score_is(target: float, table: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    low = np.full(table[2].shape, -1.0)
    high = np.ones(table[2].shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_too_low = _score(middle, table) > target
        low, high = np.where(is_too_low, middle, low), np.where(is_too_low, high, middle)
    return np.asarray((low + high) / 2)


def _score(difference: Numbers, table: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    """Return how many standard errors the data lie above the difference, if the difference were true."""
    wins, losses, n = table
    linear = (2 * n - wins + losses) * difference - (wins + losses)
    constant = -losses * difference * (1 - difference)
    root = (np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    only_baseline = np.maximum(root, np.maximum(-difference, 0.0))  # which rounding may fall below
    variance = n * (2 * only_baseline + difference * (1 - difference))
    distance = wins - losses - n * difference
    with np.errstate(divide="ignore", invalid="ignore"):
        score = distance / np.sqrt(variance)
    return np.where(distance == 0, 0.0, score)


def _counts(wins: ArrayLike, losses: ArrayLike, *, n: ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    better, worse = _whole(wins, losses)
    better, worse, total = np.broadcast_arrays(better, worse, np.asarray(n, np.float64))
    if not np.all((total >= 1) & (total >= better + worse)):
        raise ValueError("n must be at least 1, and at least wins and losses together")
    return better, worse, total


def _whole(wins: ArrayLike, losses: ArrayLike) -> tuple[Numbers, Numbers]:
    better, worse = np.broadcast_arrays(np.asarray(wins, np.float64), np.asarray(losses, np.float64))
    if not np.all((better >= 0) & (worse >= 0) & (better == np.floor(better)) & (worse == np.floor(worse))):
        raise ValueError("wins and losses must be whole numbers from 0")
    return better, worse
