"""What counts of wins and losses can show: the power of the paired tests of a share, summed over every outcome.

With few changed cases the normal formulas are off by points; there are few enough outcomes to add them all up.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from workbench.stats.paired import mcnemar_mid_p, tango_test

Numbers = NDArray[np.float64]

ALPHA = 0.05
"""One-sided, as of the ship decision."""
_NEGLIGIBLE = 1e-12
"""Chance of the outcomes left out at each end."""


def power_of_mid_p(n: int, gain: float, *, changed_share: float) -> float:
    """Return the chance that the mid-p McNemar test shows a gain of n cases of which that share changes, 0 to 1."""
    return _power(n, gain, changed_share=changed_share, shows=lambda w, b: mcnemar_mid_p(w, b) <= ALPHA)


def power_of_tango(n: int, difference: float, *, changed_share: float, than: float = 0.0) -> float:
    """Return the chance that Tango's test shows the difference to lie above `than`; non-inferiority is `-margin`."""
    return _power(
        n, difference, changed_share=changed_share, shows=lambda w, b: tango_test(w, b, n=n, than=than) <= ALPHA
    )


def _power(
    n: int, gain: float, *, changed_share: float, shows: Callable[[Numbers, Numbers], NDArray[np.bool_]]
) -> float:
    share_won = (changed_share + gain) / 2 / changed_share if changed_share else 0.5
    low, high = binom.ppf([_NEGLIGIBLE, 1 - _NEGLIGIBLE], n, changed_share)
    total = 0.0
    for changed in np.arange(low, high + 1):
        wins = np.arange(changed + 1)
        chance = binom.pmf(changed, n, changed_share)
        total += chance * float(binom.pmf(wins, changed, share_won) @ shows(wins, changed - wins))
    return min(total, 1.0)
