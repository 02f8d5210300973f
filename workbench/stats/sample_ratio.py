"""Whether the arms got the units that they were meant to get: if not, who is where depends on something.

A sample-ratio mismatch is a fault of assignment or of logging, and no analysis mends it.
"""

from collections.abc import Sequence

import numpy as np

THRESHOLD = 0.001
"""Below it an experiment is invalid: looked at daily, a correct one is then hardly ever called so."""


def sample_ratio_p(counts: Sequence[int], *, shares: Sequence[float] | None = None) -> float:
    """Return the p of "units were assigned in the planned shares": exact binomial of two arms, chi-square of more.

    Parameters
    ----------
    counts
        Units in each arm, at least two arms.
    shares
        Planned shares in the order of the arms, above 0, in any common scale; None is equal ones.

    Raises
    ------
    ValueError
        If there are fewer than two arms, no unit, a negative count, or shares that do not fit.

    Notes
    -----
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments.

    Examples
    --------
    >>> print(f"{sample_ratio_p([1000, 1130]):.4f}")
    0.0052
    """
    from scipy.stats import binomtest, chisquare  # at the top it costs every command a tenth of a second

    units = np.asarray(counts)
    planned = np.ones(units.shape) if shares is None else np.asarray(shares, np.float64)
    if units.ndim != 1 or units.size < 2 or planned.shape != units.shape:
        raise ValueError(f"counts have shape {units.shape} and shares {planned.shape}, must be one of each arm")
    if (units < 0).any() or units.sum() == 0 or not (planned > 0).all():
        raise ValueError("counts must be 0 or more, and not all 0; shares above 0")
    expected = planned / planned.sum()
    if units.size == 2:
        return float(binomtest(int(units[0]), int(units.sum()), float(expected[0])).pvalue)
    return float(chisquare(units, units.sum() * expected).pvalue)
