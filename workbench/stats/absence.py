"""How little of something there is, when hardly any was seen: silence proves as much as what was looked at.

No hit in twenty traces says nothing of a problem that one trace in fifty has. Whoever looks again each week, and stops
once a bound is low enough, is wrong more often than one bound says: these hold at every look together.
"""

from collections.abc import Callable

import numpy as np

ALPHA = 0.05
"""Chance that a bound on one side, after any number of units, lies beyond the share."""
_TO_EXCLUDE = -float(np.log(ALPHA))
"""What the logarithm of a likelihood ratio must reach."""
_HALF = 0.5
"""Of the weight on other shares, a power of how far they lie from the one in question: half as Jeffreys' prior. It is
most near it for a lower bound and most near 0 for an upper one, so that without a hit looking often costs a quarter
more units, not a half as with a flat weight."""
_CLOSE = 1e-12


def upper_bound(hits: float, n: float) -> float:
    """Return the upper bound of a share that holds at every look, 0 to 1; 1 where nothing was looked at.

    Parameters
    ----------
    hits, n
        Units with the property, of those looked at until now.

    Raises
    ------
    ValueError
        If a number is out of bounds.

    Notes
    -----
    Of each share p it is tested that there is no less: the likelihood of the smaller shares pu, u from 0 to 1 by a
    weight of u^(-1/2) / 2, over that of p is a test martingale, which passes 1 / ALPHA at any time with a chance of at
    most ALPHA (Ville 1939). Robbins (1970), Statistical methods related to the law of the iterated logarithm;
    Howard, Ramdas, McAuliffe, Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences.

    Examples
    --------
    >>> print(f"{upper_bound(0, 100):.4f}")
    0.0371
    """
    _check(hits, n)
    return 1.0 if hits == n else _root(lambda share: _against_more(hits, n, share) - _TO_EXCLUDE)


def lower_bound(hits: float, n: float) -> float:
    """Return the lower bound of a share that holds at every look, 0 to 1; as `upper_bound`.

    Notes
    -----
    As there, with the greater shares pr, r from 1 on by a weight of r^(-3/2) / 2.

    Examples
    --------
    >>> print(f"{lower_bound(5, 20):.4f}")
    0.0510
    """
    _check(hits, n)
    return 0.0 if hits < 1 else _root(lambda share: _TO_EXCLUDE - _against_less(hits, n, share))


def n_for_silence(target: float) -> int:
    """Return how many units without a hit show that a share is below a target: the fewest for which the bound is.

    Parameters
    ----------
    target
        The share, above 0 and below 1.

    Raises
    ------
    ValueError
        If the target is out of bounds.

    Examples
    --------
    >>> n_for_silence(0.01)
    377
    """
    if not 0 < target < 1:
        raise ValueError(f"target == {target}, must be above 0 and below 1")
    low, high = 0, 1
    while _against_more(0, high, target) < _TO_EXCLUDE:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _against_more(0, middle, target) < _TO_EXCLUDE else (low, middle)
    return high


def _against_more(hits: float, n: float, share: float) -> float:
    """Return the log of how much likelier smaller shares make what was seen than this one; it rises with the share."""
    from scipy.special import betainc, betaln  # at the top it costs every command a tenth of a second

    a, b = hits + _HALF, n - hits + 1
    return _log_ratio(betaln(a, b), betainc(a, b, share), power=a, misses=n - hits, share=share)


def _against_less(hits: float, n: float, share: float) -> float:
    """Return the log of how much likelier greater shares make what was seen than this one; it falls with the share."""
    from scipy.special import betaincc, betaln

    a, b = hits - _HALF, n - hits + 1
    return _log_ratio(betaln(a, b), betaincc(a, b, share), power=a, misses=n - hits, share=share)


def _log_ratio(log_beta: float, part: float, *, power: float, misses: float, share: float) -> float:
    """Return the weighted mean of the other shares' likelihoods over that of this one, as a logarithm."""
    if part <= 0.0:  # it underflows where the others are far less likely
        return -np.inf
    return float(np.log(_HALF) + log_beta + np.log(part) - power * np.log(share) - misses * np.log1p(-share))


def _root(rising: Callable[[float], float]) -> float:
    """Return where a function that rises from 0 to 1 is 0; 1 where it stays below."""
    from scipy.optimize import bisect  # by signs alone: where it underflows it is infinite

    low, high = _CLOSE, 1 - _CLOSE
    if rising(high) < 0:
        return 1.0
    return float(bisect(rising, low, high, xtol=_CLOSE)) if rising(low) < 0 else low


def _check(hits: float, n: float) -> None:
    if not 0 <= hits <= n:
        raise ValueError(f"hits == {hits}, n == {n}, must be from 0 to n")
