"""How little of something there is, when hardly any was seen: silence proves as much as what was looked at.

No hit in twenty traces says nothing of a problem that one trace in fifty has.
"""

from math import ceil, log, log1p

import numpy as np

LEVEL = 0.95
"""Of a bound on one side."""


def upper_bound(hits: int, n: int, *, level: float = LEVEL) -> float:
    """Return the exact upper bound of a share, 0 to 1; 1 where nothing was looked at.

    Parameters
    ----------
    hits, n
        Units with the property, of those looked at.
    level
        Coverage of this one side, above 0 and below 1.

    Raises
    ------
    ValueError
        If a number is out of bounds.

    Notes
    -----
    Clopper, Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial. Without
    a hit it is close to 3 / n (Hanley, Lippman-Hand 1983, If nothing goes wrong, is everything all right?).

    Examples
    --------
    >>> print(f"{upper_bound(0, 100):.4f}")
    0.0295
    """
    from scipy.special import betaincinv  # at the top it costs every command a tenth of a second

    _check(hits, n, level)
    return 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, level))


def lower_bound(hits: int, n: int, *, level: float = LEVEL) -> float:
    """Return the exact lower bound of a share, 0 to 1; as `upper_bound`.

    Examples
    --------
    >>> print(f"{lower_bound(5, 20):.4f}")
    0.1041
    """
    from scipy.special import betaincinv

    _check(hits, n, level)
    return 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, 1 - level))


def n_for_silence(target: float, *, level: float = LEVEL) -> int:
    """Return how many units without a hit show that a share is below a target: the fewest for which the bound is.

    Parameters
    ----------
    target
        The share, above 0 and below 1.
    level
        As of `upper_bound`.

    Raises
    ------
    ValueError
        If a number is out of bounds.

    Examples
    --------
    >>> n_for_silence(0.01)
    299
    """
    if not 0 < target < 1 or not 0 < level < 1:
        raise ValueError(f"target == {target} and level == {level}, must be above 0 and below 1")
    return max(1, ceil(log(1 - level) / log1p(-target) - np.finfo(float).eps))


def _check(hits: int, n: int, level: float) -> None:
    if not 0 <= hits <= n or not 0 < level < 1:
        raise ValueError(f"hits == {hits}, n == {n}, level == {level}, must be 0 to n, and above 0 and below 1")
