"""How many cases a comparison needs, and what so many cases can show: said before any money is spent.

A plan whose margin lies below what its cases can ever show ends inconclusive whatever the change does. These are the
formulas of normal tests; of counts of wins and losses they are off by points where few cases change.
"""

from math import ceil, log2

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

ALPHA = 0.05
"""One-sided, as of the ship decision."""
POWER = 0.9
"""What a plan aims at."""
_LARGEST = 1e15
"""Cases beyond which the answer is "never": whole numbers are still exact in a double."""


def cases_needed(variance: ArrayLike, distance: ArrayLike, *, alpha: float = ALPHA) -> Counts:
    """Return how many cases (pairs) show a distance from the bound under test with a chance of POWER, at least 2.

    It answers "what would settle it" for every metric: the distance is that of the difference believed in from the
    bound, from -margin for non-inferiority, from 0 for superiority.

    Parameters
    ----------
    variance
        Of the difference of a case between arms.
    distance
        Above 0, in the unit of the score.
    alpha
        One-sided level.

    Raises
    ------
    ValueError
        If a distance is not above 0, a variance is negative, or the level is out of bounds.

    Notes
    -----
    n = (z_alpha + z_power)^2 variance / distance^2. Lachin (1981), Introduction to sample size determination and power
    analysis for clinical trials.

    Examples
    --------
    A margin of five points, where one case in twenty or in ten changes and none truly improves:

    >>> cases_needed([0.05, 0.10], 0.05).tolist()
    [172, 343]
    """
    spread, away = np.asarray(variance, np.float64), np.asarray(distance, np.float64)
    if not np.all(away > 0):
        raise ValueError("distance must be above 0: what lies on the bound or beyond is never shown")
    if not np.all(spread >= 0):
        raise ValueError("variance must be 0 or more")
    n = _z_sum(alpha) ** 2 * spread / away**2
    return np.maximum(np.ceil(np.minimum(n, _LARGEST)), 2).astype(np.int64)


def detectable(variance: ArrayLike, n: ArrayLike, *, alpha: float = ALPHA) -> Numbers:
    """Return the smallest distance from the bound that n cases show: the inverse of `cases_needed`.

    Parameters and errors as there.

    Examples
    --------
    >>> print(f"{detectable(0.10, 343):.3f}")
    0.050
    """
    spread, cases = np.asarray(variance, np.float64), np.asarray(n, np.float64)
    if not np.all(spread >= 0) or not np.all(cases >= 1):
        raise ValueError("variance must be 0 or more and n at least 1")
    return np.asarray(_z_sum(alpha) * np.sqrt(spread / cases))


def score_floor(n: ArrayLike, *, alpha: float = ALPHA) -> Numbers:
    """Return the loss, as a share, that n paired cases cannot exclude even if not one of them changes.

    A margin below it can never be shown at that n. It is the end of `tango_interval` with no win and no loss.

    Examples
    --------
    >>> score_floor([30, 100, 300]).round(3).tolist()
    [0.083, 0.026, 0.009]
    """
    cases = np.asarray(n, np.float64)
    if not np.all(cases >= 1):
        raise ValueError("n must be at least 1")
    z_squared = _z(alpha) ** 2
    return np.asarray(z_squared / (cases + z_squared))


def cases_for_floor(margin: ArrayLike, *, alpha: float = ALPHA) -> Counts:
    """Return the fewest paired cases that can exclude a loss of the margin, reached if not one case changes.

    Examples
    --------
    >>> cases_for_floor([0.05, 0.02]).tolist()
    [52, 133]
    """
    loss = np.asarray(margin, np.float64)
    if not np.all((loss > 0) & (loss < 1)):
        raise ValueError("margin must be above 0 and below 1")
    return np.ceil(_z(alpha) ** 2 * (1 - loss) / loss).astype(np.int64)


def least_wins(*, alpha: float = ALPHA) -> int:
    """Return the fewest cases that must come out better, with none worse, before `mcnemar_mid_p` is at most alpha.

    With fewer cases no gain can ever be shown: the mid-p of n wins alone is one half to the power of n + 1.

    Examples
    --------
    >>> least_wins(), least_wins(alpha=0.01)
    (4, 6)
    """
    _z(alpha)
    return ceil(-log2(alpha) - 1)


def detectable_by_wins(n: int, *, alpha: float = ALPHA) -> float:
    """Return the share of wins, with no case lost, that n cases show with a chance of POWER; 1 where they never do.

    The normal formula of `detectable` knows nothing of this, and promises too much of few cases.

    Examples
    --------
    Four of four must be won, and .974 to the fourth power is .9:

    >>> print(f"{detectable_by_wins(4):.3f}, {detectable_by_wins(30):.3f}")
    0.974, 0.209
    """
    from scipy.special import betaincinv

    least = least_wins(alpha=alpha)
    return float(betaincinv(least, n - least + 1, POWER)) if n >= least else 1.0


def cases_for_wins(gain: float, *, alpha: float = ALPHA) -> int:
    """Return the fewest cases that show a gain with a chance of POWER, if no case is lost: the inverse of the above.

    Examples
    --------
    >>> cases_for_wins(0.9744), cases_for_wins(0.5)
    (4, 12)
    """
    from scipy.special import bdtrin

    if not 0 < gain <= 1:
        raise ValueError(f"gain == {gain}, must be above 0 and at most 1")
    least = least_wins(alpha=alpha)
    return least if gain == 1 else max(least, ceil(float(bdtrin(least - 1, 1 - POWER, gain))))


def _z_sum(alpha: float) -> float:
    return _z(alpha) + _z(1 - POWER)


def _z(tail: float) -> float:
    from scipy.special import ndtri  # at the top it costs every command a tenth of a second

    if not 0 < tail < 1:
        raise ValueError(f"alpha == {tail}, must be above 0 and below 1")
    return float(-ndtri(tail))
