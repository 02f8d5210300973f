"""What counts of wins and losses can show: the power of the paired tests of a share, summed over every outcome.

With few changed cases the normal formulas are off by points; there are few enough outcomes to add them all up.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workbench.stats.paired import mcnemar_mid_p, tango_test
from workbench.stats.power import ALPHA, POWER

Numbers = NDArray[np.float64]

_NEGLIGIBLE = 1e-12
"""Chance of the outcomes left out at each end."""
_MOST_CASES = 20_000
"""Beyond, the normal formula is right to a tenth of a point, and the table of outcomes is large."""


def power_of_mid_p(n: int, gain: float, *, changed_share: float, alpha: float = ALPHA) -> float:
    """Return the chance that the mid-p McNemar test shows a gain, 0 to 1.

    Parameters
    ----------
    n
        Cases, 1 to 20,000.
    gain
        True difference, share won less share lost.
    changed_share
        Share of cases that change, at least the size of the gain.
    alpha
        One-sided level.

    Raises
    ------
    ValueError
        If `n` is out of bounds, or gain and changed share cannot both be.

    Examples
    --------
    >>> print(f"{power_of_mid_p(300, 0.05, changed_share=0.10):.3f}")
    0.882
    """
    return _power(n, gain, changed_share=changed_share, shows=lambda w, b: mcnemar_mid_p(w, b) <= alpha)


def power_of_tango(
    n: int, difference: float, *, changed_share: float, than: float = 0.0, alpha: float = ALPHA
) -> float:
    """Return the chance that Tango's test shows the difference to lie above `than`; non-inferiority is `-margin`.

    Other parameters and errors as of `power_of_mid_p`.

    Examples
    --------
    >>> print(f"{power_of_tango(343, 0.0, changed_share=0.10, than=-0.05):.3f}")
    0.882
    """
    return _power(
        n, difference, changed_share=changed_share, shows=lambda w, b: tango_test(w, b, n=n, than=than) <= alpha
    )


def detectable_gain(n: int, *, changed_share: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """Return the smallest gain that the mid-p test shows with this power; NaN if not even all changes being wins do.

    Parameters and errors as of `power_of_mid_p`; found to within 0.01 points.

    Examples
    --------
    >>> print(f"{detectable_gain(300, changed_share=0.10):.3f}")
    0.052
    """

    def is_shown(gain: float) -> bool:
        return power_of_mid_p(n, gain, changed_share=changed_share, alpha=alpha) >= power

    if not is_shown(changed_share):
        return float("nan")
    low, high = 0.0, changed_share
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if is_shown(middle) else (middle, high)
    return high


def _power(
    n: int, gain: float, *, changed_share: float, shows: Callable[[Numbers, Numbers], NDArray[np.bool_]]
) -> float:
    from scipy.stats import binom  # at the top it costs every command a tenth of a second

    if not 1 <= n <= _MOST_CASES:
        raise ValueError(f"n == {n}, must be from 1 to {_MOST_CASES}")
    if not abs(gain) <= changed_share <= 1:
        raise ValueError(f"changed_share == {changed_share}, must be at most 1 and at least the size of the gain")
    share_won = (changed_share + gain) / 2 / changed_share if changed_share else 0.5
    low, high = binom.ppf([_NEGLIGIBLE, 1 - _NEGLIGIBLE], n, changed_share)
    total = 0.0
    for changed in np.arange(low, high + 1):
        wins = np.arange(changed + 1)
        chance = binom.pmf(changed, n, changed_share)
        total += chance * float(binom.pmf(wins, changed, share_won) @ shows(wins, changed - wins))
    return min(total, 1.0)
