"""A running sum that rises while a share is as bad as it once was, and so finds a return soon after it begins.

A weekly comparison needs weeks to see what came back yesterday. The sum forgets good days and adds up bad ones.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

ALPHA = 0.05
"""Chance of a false alarm over all units that are watched."""


def binomial_cusum(
    hits: ArrayLike, n: ArrayLike, *, accepted: ArrayLike, failed: float, dispersion: float = 1.0, start: float = 0.0
) -> Numbers:
    """Return the sum after each unit, 0 or more, shape (units,).

    Parameters
    ----------
    hits
        Units' counts in the order of time, shape (units,).
    n
        Of how many each, 0 or more, shape (units,).
    accepted
        The greatest share that is in order, above 0; one, or one a unit that rests on earlier units alone.
    failed
        The share that an alarm is for, above `accepted` and below 1.
    dispersion
        How many times a binomial's variance the counts have, at least 1: the evidence of a unit is worth so much less.
    start
        What the sum is before the first unit, 0 or more.

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is out of bounds.

    Notes
    -----
    Page (1954), Continuous inspection schemes, on the log likelihood ratio of the two shares; Steiner, Cook, Farewell,
    Treasure (2000), Monitoring surgical performance using risk-adjusted cumulative sum charts, for binomial counts. The
    start is that of Lucas, Crosier (1982), Fast initial response for CUSUM quality-control schemes.

    Examples
    --------
    >>> binomial_cusum([0, 2], [10, 10], accepted=0.1, failed=0.2).round(3).tolist()
    [0.0, 0.444]
    """
    counts, totals = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    if counts.ndim != 1 or counts.shape != totals.shape or not ((counts >= 0) & (counts <= totals)).all():
        raise ValueError("hits and n must be one row of the same length, hits from 0 to n")
    of = np.broadcast_to(np.asarray(accepted, np.float64), counts.shape)
    if not ((of > 0) & (of < failed)).all() or not failed < 1:
        raise ValueError(f"accepted == {accepted!r} and failed == {failed}, must be 0 < accepted < failed < 1")
    if dispersion < 1 or start < 0:
        raise ValueError(f"dispersion == {dispersion} and start == {start}, must be at least 1, and 0 or more")
    for_hit, for_miss = np.log(failed / of), np.log((1 - failed) / (1 - of))
    steps = (counts * for_hit + (totals - counts) * for_miss) / dispersion
    reached = start + np.cumsum(steps)
    return np.asarray(reached - np.minimum.accumulate(np.minimum(reached, 0.0)))


def alarm_at(n_units: int, *, information: float, alpha: float = ALPHA) -> float:
    """Return the height of the sum that is an alarm, where so many units are watched.

    Parameters
    ----------
    n_units
        Units over which false alarms are to have a chance of at most `alpha`, at least 1.
    information
        What all of them together say for `accepted` where that is the share: see `evidence`; above 0.
    alpha
        That chance, above 0 and below 1.

    Raises
    ------
    ValueError
        If a number is out of bounds.

    Notes
    -----
    The smaller of two heights that both suffice. log(n / alpha): from each unit on the likelihood ratio passes a height
    h with a chance of at most exp(-h) (Ville's inequality), and there are so many units to begin from (Lorden 1971,
    Procedures for reacting to a change in distribution). And h with exp(h) - h - 1 = information / alpha: the mean time
    to a false alarm is that much over the information of a unit, without the overshoot that makes it longer (Siegmund
    1985, Sequential analysis, section 2.6); in little traffic there is little to err from.

    Examples
    --------
    >>> print(f"{alarm_at(182, information=100.0):.2f} {alarm_at(182, information=10.0):.2f}")
    7.61 5.33
    """
    from scipy.optimize import brentq  # at the top it costs every command a tenth of a second

    if n_units < 1 or not 0 < alpha < 1 or not information > 0:
        bounds = "must be at least 1, above 0, and between 0 and 1"
        raise ValueError(f"n_units == {n_units}, information == {information}, alpha == {alpha}, {bounds}")
    most = float(np.log(n_units / alpha))
    wanted = np.log(information / alpha)
    by_information = float(brentq(lambda h: np.log(np.expm1(h) - h) - wanted, 1e-6, max(2 * wanted, 1.0) + 5.0))
    return min(most, by_information)


def evidence(*, of: float, against: float) -> float:
    """Return what a unit says for a share against another where the first is true, in nats, 0 or more.

    Notes
    -----
    Kullback, Leibler (1951), On information and sufficiency.

    Examples
    --------
    >>> print(f"{evidence(of=0.025, against=0.05):.4f}")
    0.0080
    """
    return float(of * np.log(of / against) + (1 - of) * np.log((1 - of) / (1 - against)))
