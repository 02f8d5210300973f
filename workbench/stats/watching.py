"""A bound on the mean that holds at every moment: for watching without a plan, and for stopping harm at any time.

An ordinary interval that is looked at after each user is wrong sooner or later. This one is wider, and right at all
times together; it is meant for harm only, because a planned look finds a gain with fewer users.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

ALPHA = 0.05
"""Of a one-sided bound, over all time."""


def upper_sequence(values: ArrayLike, *, tuned_for: int, alpha: float = ALPHA) -> Numbers:
    """Return an upper bound of the mean after each value, all of which hold together; shape (values,).

    Where it falls below 0 a mean effect is shown to be harm, and the experiment may stop then and there.

    Parameters
    ----------
    values
        In the order in which they came, shape (values,).
    tuned_for
        About how many values it should be lowest at, at least 1; it holds everywhere.
    alpha
        Chance that it ever lies below the mean, above 0 and below 0.3.

    Raises
    ------
    ValueError
        If values are not a row of finite numbers, or a parameter is out of bounds.

    Notes
    -----
    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Time-uniform central limit theory and asymptotic confidence
    sequences, theorem 2.2, in the one-sided form of its appendix. Asymptotic: with a few dozen skewed values it may err
    more often than it says. The first value alone has no spread, and its bound is infinite.

    Examples
    --------
    >>> harm = upper_sequence([-1.0, 0.0] * 50, tuned_for=100)
    >>> bool(harm[3] > 0), bool(harm[-1] < 0)
    (True, True)
    """
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(f"values have shape {numbers.shape}, must be one row of finite numbers")
    if tuned_for < 1 or not 0 < alpha < 0.3:
        raise ValueError(
            f"tuned_for == {tuned_for} and alpha == {alpha}, must be at least 1, and above 0 and below 0.3"
        )
    n = np.arange(1, numbers.size + 1)
    middle = numbers.mean() if numbers.size else 0.0
    mean_away = np.cumsum(numbers - middle) / n
    variance = np.maximum(np.cumsum((numbers - middle) ** 2) / n - mean_away**2, 0.0)
    logarithm = -2 * np.log(2 * alpha)
    mixed = n * (logarithm + np.log(logarithm + 1)) / tuned_for + 1
    half = np.sqrt(variance * 2 * mixed / (n * (mixed - 1)) * np.log(1 + np.sqrt(mixed) / (2 * alpha)))
    half[:1] = np.inf
    return np.asarray(mean_away + middle + half)


def assigned_effects(values: ArrayLike, is_candidate: ArrayLike, *, share: float = 0.5) -> Numbers:
    """Return one number a user whose mean is the effect of the candidate, for two arms watched as one sequence.

    Parameters
    ----------
    values
        One a user, in the order in which they came, shape (users,).
    is_candidate
        Which arm the user was assigned to, at random.
    share
        Of users assigned to the candidate, above 0 and below 1.

    Raises
    ------
    ValueError
        If shapes differ, or `share` is out of bounds.

    Notes
    -----
    Horvitz, Thompson (1952), A generalization of sampling without replacement from a finite universe, each value less
    the mean of those before it: known when the user is assigned, it takes noise and no effect away.

    Examples
    --------
    >>> assigned_effects([1.0, 0.0, 1.0], [True, False, True]).tolist()
    [2.0, 2.0, 1.0]
    """
    numbers, assigned = np.asarray(values, np.float64), np.asarray(is_candidate, bool)
    if numbers.ndim != 1 or numbers.shape != assigned.shape:
        raise ValueError(f"values have shape {numbers.shape} and is_candidate {assigned.shape}, must be (users,)")
    if not 0 < share < 1:
        raise ValueError(f"share == {share}, must be above 0 and below 1")
    before = np.concatenate([[0.0], np.cumsum(numbers)[:-1] / np.arange(1, numbers.size)])[: numbers.size]
    return np.asarray((numbers - before) * np.where(assigned, 1 / share, -1 / (1 - share)))
