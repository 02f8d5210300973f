"""Which of many things is among the greatest, when each is known by draws alone.

A rank looks sure and is not: two that differ by less than what is known of either change places from draw to draw. How
often one is among the first few says so beside its rank.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def ranks(draws: ArrayLike) -> Numbers:
    """Return the rank of each thing in each draw, (draws, things), 1 for the greatest; equals share the mean rank.

    >>> ranks([[3.0, 9.0, 3.0]]).tolist()
    [[2.5, 1.0, 2.5]]
    """
    from scipy.stats import rankdata

    return np.asarray(rankdata(-np.asarray(draws, dtype=np.float64), axis=1))


def p_top_k(draws: ArrayLike, k: int) -> Numbers:
    """Return the probability of each thing to be among the k greatest, (things,) from 0 to 1.

    Parameters
    ----------
    draws
        (draws, things) what each may be, one draw of all together a row.
    k
        How many are the greatest, at least 1; where there are no more things than that, all are.

    Raises
    ------
    ValueError
        If k is below 1.

    Notes
    -----
    Laird, Louis (1989), Empirical Bayes ranking methods: ranks are estimated from their posterior, as the ranks of
    estimates are more extreme than those of the truth. The chances sum to k, save for equals at the border.
    """
    if k < 1:
        raise ValueError(f"k == {k}, must be at least 1")
    return np.asarray((ranks(draws) <= k).mean(axis=0), dtype=np.float64)


def most_doubtful(chances: ArrayLike) -> NDArray[np.int64]:
    """Return the places of the chances from the one nearest to one half on; equals in their order.

    >>> most_doubtful([0.99, 0.4, 0.5, 0.0]).tolist()
    [2, 1, 0, 3]
    """
    return np.argsort(np.abs(np.asarray(chances, dtype=np.float64) - 0.5), kind="stable")
