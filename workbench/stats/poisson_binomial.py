"""How many of several unlike chances come true: the sum of coins that each have a probability of their own.

Tasks differ in which models tried them how often, so that the number that all fail by chance is no binomial one.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

MAX_CHANCES = 20_000
"""The exact sum takes the square of their number: 0.3 s for so many."""


def at_least(k: int, chances: ArrayLike) -> float:
    """Return the probability that at least `k` of independent events come true, 0 to 1.

    Parameters
    ----------
    k
        How many.
    chances
        The probability of each event, shape (n,).

    Raises
    ------
    ValueError
        If a chance is no probability, or there are more than MAX_CHANCES of them.

    Notes
    -----
    The Poisson binomial distribution, exactly, by adding one event at a time (Wang 1993, On the number of successes in
    independent trials). With equal chances it is the binomial one.

    Examples
    --------
    Two coins and a die: all three heads, heads and a six.

    >>> at_least(3, [1 / 2, 1 / 2, 1 / 6]) == 1 / 24
    True
    """
    each = np.asarray(chances, np.float64)
    if each.ndim != 1 or each.size > MAX_CHANCES:
        raise ValueError(f"chances have shape {each.shape}, must be one dimension of at most {MAX_CHANCES:,}")
    if not np.all((each >= 0) & (each <= 1)):
        raise ValueError("chances hold a value that is not from 0 to 1")
    if k <= 0:
        return 1.0
    mass: Numbers = np.zeros(each.size + 1)
    mass[0] = 1.0
    for n, chance in enumerate(each, start=1):
        mass[1 : n + 1] = mass[1 : n + 1] * (1 - chance) + mass[:n] * chance
        mass[0] *= 1 - chance
    return float(min(1.0, mass[k:].sum()))
