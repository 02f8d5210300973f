"""Whether an association holds within strata: what remains of it among units that are alike in something else.

Two versions of a prompt that ran on two models share their effect; only where it holds within the models is it the
prompt's own.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def mantel_haenszel(hits: ArrayLike, n: ArrayLike, *, other_hits: ArrayLike, other_n: ArrayLike) -> Numbers:
    """Return the one-sided p that hits are no more frequent in the group than elsewhere within each stratum.

    Parameters
    ----------
    hits, n
        Units with the property and units looked at, in the group; shape (..., s), the last axis is the stratum.
    other_hits, other_n
        The same of those that it is compared with.

    Returns
    -------
    ndarray of float64, shape (...)
        p-values, 0 to 1; 1 where no stratum can tell, because all or none of its units have the property.

    Raises
    ------
    ValueError
        If a count is negative or larger than its total.

    Notes
    -----
    Mantel, Haenszel (1959), Statistical aspects of the analysis of data from retrospective studies of disease, with
    their continuity correction of one half; each table is conditioned on its margins.

    Examples
    --------
    >>> float(mantel_haenszel([9, 1], [10, 10], other_hits=[9, 1], other_n=[10, 10]).round(3))
    0.696
    """
    counts, totals, other_counts, other_totals = (
        np.asarray(table, np.float64) for table in np.broadcast_arrays(hits, n, other_hits, other_n)
    )
    if not np.all((counts >= 0) & (counts <= totals) & (other_counts >= 0) & (other_counts <= other_totals)):
        raise ValueError("hits must be from 0 to n, in both groups")
    from scipy.special import ndtr  # at the top it costs every command a tenth of a second

    everything, good = totals + other_totals, counts + other_counts
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(everything > 0, totals * good / everything, 0.0)
        spread = totals * other_totals * good * (everything - good) / (everything**2 * (everything - 1))
    variance = np.where(everything > 1, spread, 0.0).sum(axis=-1)
    excess = (counts - expected).sum(axis=-1) - 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        score = excess / np.sqrt(variance)
    return np.where(variance > 0, ndtr(-np.where(variance > 0, score, 0.0)), 1.0)
