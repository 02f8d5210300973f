"""Whether units are missing from one arm more than from the other: then what is left no longer compares.

A candidate that times out on the hard cases looks better on the rest. Of the same cases in both arms `sign` tells it.
"""

import numpy as np


def missing_units_differ(n_missing: tuple[int, int], n: tuple[int, int]) -> float:
    """Return the two-sided exact p of "a unit is as likely to be missing from either arm", of arms of different units.

    Parameters
    ----------
    n_missing
        Units without a result in each arm.
    n
        Units in each arm.

    Raises
    ------
    ValueError
        If a count is negative or larger than its arm.

    Notes
    -----
    Fisher (1935), The logic of inductive inference; both tails, as Freeman, Halton (1951) add them.

    Examples
    --------
    >>> round(missing_units_differ((0, 4), (4, 4)), 6)  # 2 / 70
    0.028571
    """
    from scipy.stats import fisher_exact  # at the top it costs every command a tenth of a second

    missing, total = np.asarray(n_missing), np.asarray(n)
    if not np.all((missing >= 0) & (missing <= total)):
        raise ValueError("n_missing must be from 0 to n in each arm")
    return float(fisher_exact([missing, total - missing]).pvalue)
