"""The exact sign test: whether as many went one way as the other, by coin flips alone.

It is McNemar's exact test of changed cases, the figure that others publish, and the test of whether two arms that were
to get equal shares did. It is too rarely small to decide by (see `paired.mcnemar_mid_p`), and so never says too much.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def sign_test(one: ArrayLike, other: ArrayLike) -> Numbers:
    """Return the two-sided p of "either way is as likely": 0 to 1, and 1 where there is nothing to count.

    Parameters
    ----------
    one, other
        How many went each way, any shapes that broadcast.

    Raises
    ------
    ValueError
        If a count is negative or no whole number.

    Notes
    -----
    McNemar (1947), Note on the sampling error of the difference between correlated proportions or percentages, in its
    exact form: twice the smaller binomial tail.

    Examples
    --------
    >>> round(float(sign_test(6, 3)), 7)  # 2 * (1 + 9 + 36 + 84) / 512
    0.5078125
    """
    from scipy.special import bdtr  # at the top it costs every command a tenth of a second

    first, second = np.broadcast_arrays(np.asarray(one, np.float64), np.asarray(other, np.float64))
    if not np.all((first >= 0) & (second >= 0) & (first == np.floor(first)) & (second == np.floor(second))):
        raise ValueError("counts must be whole numbers from 0")
    fewer, total = np.minimum(first, second), (first + second).astype(np.int64)
    return np.asarray(np.minimum(1.0, 2 * bdtr(fewer, total, 0.5)))
