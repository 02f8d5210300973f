"""How many cases a comparison needs, and what so many cases can show: said before any money is spent.

A plan whose margin lies below what its cases can ever show ends inconclusive whatever the change does. These are the
formulas of normal and t tests; what counts of wins and losses can show is in `exact_power`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

ALPHA = 0.05
"""One-sided, as of the ship decision."""
POWER = 0.9
"""What a plan aims at."""
_LARGEST = 1e15
"""Cases beyond which the answer is "never": whole numbers are still exact in a double."""


def paired_variance(changed_share: ArrayLike, difference: ArrayLike) -> Numbers:
    """Return the variance of a case's difference where each case wins, loses or stays, in squared shares.

    Parameters
    ----------
    changed_share
        Share of cases that come out otherwise, 0 to 1.
    difference
        Share won less share lost, at most `changed_share` in size.

    Raises
    ------
    ValueError
        If `difference` is larger than `changed_share`, or that is no share.

    Examples
    --------
    >>> float(paired_variance(0.1, 0.0))
    0.1
    """
    changed, gain = np.broadcast_arrays(np.asarray(changed_share, np.float64), np.asarray(difference, np.float64))
    if not np.all((np.abs(gain) <= changed) & (changed <= 1)):
        raise ValueError("changed_share must be at most 1 and at least the size of the difference")
    return np.asarray(changed - gain**2)


def cases_needed(
    variance: ArrayLike, distance: ArrayLike, *, power: float = POWER, alpha: float = ALPHA, n_arms: int = 1
) -> Counts:
    """Return how many cases (pairs) show a distance from the bound under test, at least 2.

    It answers "what would settle it" for every metric: the distance is that of the difference believed in from the
    bound, from -margin for non-inferiority, from 0 for superiority.

    Parameters
    ----------
    variance
        Of the difference of a case between arms, or of one unit where arms hold different units.
    distance
        Above 0, in the unit of the score.
    power
        Chance to show it, above `alpha` and below 1.
    alpha
        One-sided level.
    n_arms
        1 for pairs; 2 where each arm has units of its own, and the answer is units an arm.

    Raises
    ------
    ValueError
        If a distance is not above 0, a variance is negative, or a level is out of bounds.

    Notes
    -----
    n = (z_alpha + z_power)^2 variance / distance^2. Lachin (1981), Introduction to sample size determination and power
    analysis for clinical trials.

    Examples
    --------
    A margin of five points, where one case in twenty or in ten changes and none truly improves:

    >>> cases_needed([0.05, 0.10], 0.05).tolist()
    [172, 343]
    """
    spread, away = np.asarray(variance, np.float64), np.asarray(distance, np.float64)
    if not np.all(away > 0):
        raise ValueError("distance must be above 0: what lies on the bound or beyond is never shown")
    if not np.all(spread >= 0):
        raise ValueError("variance must be 0 or more")
    n = n_arms * _z_sum(power, alpha) ** 2 * spread / away**2
    return np.maximum(np.ceil(np.minimum(n, _LARGEST)), 2).astype(np.int64)


def detectable(
    variance: ArrayLike, n: ArrayLike, *, power: float = POWER, alpha: float = ALPHA, n_arms: int = 1
) -> Numbers:
    """Return the smallest distance from the bound that n cases show: the inverse of `cases_needed`.

    Parameters and errors as there.

    Examples
    --------
    >>> print(f"{detectable(0.10, 343):.3f}")
    0.050
    """
    spread, cases = np.asarray(variance, np.float64), np.asarray(n, np.float64)
    if not np.all(spread >= 0) or not np.all(cases >= 1):
        raise ValueError("variance must be 0 or more and n at least 1")
    return np.asarray(_z_sum(power, alpha) * np.sqrt(n_arms * spread / cases))


def score_floor(n: ArrayLike, *, alpha: float = ALPHA) -> Numbers:
    """Return the loss, as a share, that n paired cases cannot exclude even if not one of them changes.

    A margin below it can never be shown at that n. It is the end of `tango_interval` with no win and no loss.

    Examples
    --------
    >>> score_floor([30, 100, 300]).round(3).tolist()
    [0.083, 0.026, 0.009]
    """
    cases = np.asarray(n, np.float64)
    if not np.all(cases >= 1):
        raise ValueError("n must be at least 1")
    z_squared = _z(alpha) ** 2
    return np.asarray(z_squared / (cases + z_squared))


def cases_for_floor(margin: ArrayLike, *, alpha: float = ALPHA) -> Counts:
    """Return the fewest paired cases that can exclude a loss of the margin, reached if not one case changes.

    Examples
    --------
    >>> cases_for_floor([0.05, 0.02]).tolist()
    [52, 133]
    """
    loss = np.asarray(margin, np.float64)
    if not np.all((loss > 0) & (loss < 1)):
        raise ValueError("margin must be above 0 and below 1")
    return np.ceil(_z(alpha) ** 2 * (1 - loss) / loss).astype(np.int64)


def power_of_t(
    n: ArrayLike, distance: ArrayLike, *, deviation: ArrayLike, alpha: float = ALPHA, n_arms: int = 1
) -> Numbers:
    """Return the chance that a one-sided t test shows a distance from its bound.

    Parameters
    ----------
    n
        Cases, at least 2; units of each arm where arms hold different ones.
    distance
        Of the true mean difference from the bound; below 0 the chance of an error. Of a geometric ratio, its logarithm.
    deviation
        Standard deviation of the differences of cases, above 0; of units within an arm where arms hold different ones.
    alpha
        One-sided level.
    n_arms
        1 for pairs; 2 where each arm has units of its own.

    Raises
    ------
    ValueError
        If `n` or `deviation` is out of bounds.

    Notes
    -----
    The noncentral t distribution; Owen (1968), A survey of properties and applications of the noncentral t.

    Examples
    --------
    >>> print(f"{power_of_t(30, 0.5, deviation=1.0):.3f}")
    0.848
    """
    from scipy.special import stdtrit
    from scipy.stats import nct

    cases, away, spread = (np.asarray(value, np.float64) for value in (n, distance, deviation))
    if not np.all(cases >= 2) or not np.all(spread > 0):
        raise ValueError("n must be at least 2 and deviation above 0")
    degrees = n_arms * (cases - 1)
    return np.asarray(nct.sf(stdtrit(degrees, 1 - alpha), degrees, away / spread * np.sqrt(cases / n_arms)))


def deviation_of_case_means(between: float, within: float, *, trials: int) -> float:
    """Return the standard deviation of a case's difference of means of k trials an arm: more trials, less noise.

    Parameters
    ----------
    between
        Standard deviation, over cases, of the true difference of a case.
    within
        Standard deviation of one trial of a case about the case's own mean, in each arm.
    trials
        Trials a case and arm, at least 1.

    Examples
    --------
    >>> deviation_of_case_means(0.3, 0.4, trials=2)
    0.5
    """
    if trials < 1:
        raise ValueError(f"trials == {trials}, must be at least 1")
    return float(np.sqrt(between**2 + 2 * within**2 / trials))


def _z_sum(power: float, alpha: float) -> float:
    if not alpha < power < 1:
        raise ValueError(f"power == {power}, must be above alpha == {alpha} and below 1")
    return _z(alpha) + _z(1 - power)


def _z(tail: float) -> float:
    from scipy.special import ndtri  # at the top it costs every command a tenth of a second

    if not 0 < tail < 1:
        raise ValueError(f"alpha == {tail}, must be above 0 and below 1")
    return float(-ndtri(tail))
