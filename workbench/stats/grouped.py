"""The design effect: how much less a set of units says because they come in groups, such as the traces of a user.

Ten traces of one user who always asks the same are hardly more than one; a test that takes them for ten finds causes
that are only users.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class Overlap(NamedTuple):
    """Two properties of units in groups, counted in each group; arrays of shape (g,)."""

    both: ArrayLike
    """Units with both properties."""
    first: ArrayLike
    """Units with the first."""
    second: ArrayLike
    """Units with the second."""
    n: ArrayLike
    """Units."""


def design_effect(overlap: Overlap) -> float:
    """Return by how much grouping inflates the variance of the association of two properties, at least 1.

    A count divided by it is the count of independent units that would say as much. It is 1 where every group is one
    unit, and near the mean size of a group where units of a group are all alike in both properties.

    Notes
    -----
    The ratio of the variances, between groups and between units, of the centred products of the two properties: the
    linearised design effect of Rao and Scott (1984), On chi-squared tests for multiway contingency tables.

    Examples
    --------
    Twenty groups of five units that are alike in everything count as twenty:

    >>> first, second = [5] * 10 + [0] * 10, [5] * 5 + [0] * 10 + [5] * 5
    >>> round(design_effect(Overlap([5] * 5 + [0] * 15, first, second, [5] * 20)), 9)
    5.0
    """
    both, first, second, n = (np.asarray(counts, np.float64) for counts in overlap)
    total = n.sum()
    if total == 0:
        return 1.0
    share, other_share = first.sum() / total, second.sum() / total
    mean = both.sum() / total - share * other_share
    sums = both - share * second - other_share * first + (share * other_share - mean) * n
    cells = (
        (both.sum(), (1 - share) * (1 - other_share)),
        (first.sum() - both.sum(), -(1 - share) * other_share),
        (second.sum() - both.sum(), -share * (1 - other_share)),
        (total - first.sum() - second.sum() + both.sum(), share * other_share),
    )
    of_units = sum(count * (product - mean) ** 2 for count, product in cells)
    return max(1.0, float((sums**2).sum() / of_units)) if of_units > 0 else 1.0
