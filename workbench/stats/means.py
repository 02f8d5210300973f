"""The mean difference over cases, where a case has a score: the mean of its trials, or a number within a range.

Trials of a case resemble each other, so the case is the unit and its mean the value. Superiority is a t test or, with
few cases, a sign flip; for "not worse" two pseudo-cases stand in for the rare large loss that the sample did not hold.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.intervals import Interval

Numbers = NDArray[np.float64]

N_FLIPS = 9_999
"""Random sign flips: with the data themselves ten thousand, and p = .05 is then known to within .004."""
_EXACT_BELOW = 13
"""Cases with a difference up to which all 2^n flips are counted: 8,192 at most, fewer than would be drawn."""
_TIE = 1e-12
"""Sums this close, relative to the sum of all sizes, are equal: they differ by rounding alone."""


def t_interval(differences: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return Student's interval of the mean difference, in the unit of the scores.

    Parameters
    ----------
    differences
        Candidate less baseline, one number a case, shape (..., cases), at least two.
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    ValueError
        If there are fewer than two cases, a difference is not finite, or `level` is no coverage.

    Notes
    -----
    Student (1908), The probable error of a mean.

    Examples
    --------
    >>> low, high = t_interval([0.0, 0.5, 0.25, 0.25])
    >>> print(f"{low:.3f} to {high:.3f}")
    -0.075 to 0.575
    """
    from scipy.special import stdtrit  # at the top it costs every command a tenth of a second

    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    values = _checked(differences)
    half = stdtrit(values.shape[-1] - 1, (1 + level) / 2) * _error(values)
    mean = values.mean(axis=-1)
    return Interval(mean - half, mean + half)


def t_test(differences: ArrayLike, *, than: ArrayLike = 0.0) -> Numbers:
    """Return the one-sided p of "the mean difference is not above `than`": small where it is shown to lie above.

    Where all n differences are the same, no spread is known and p is 2^-n, the least that a sign flip could give, if
    they lie above, and 1 if not. Whether it is worse is asked with the differences negated. Other parameters and errors
    as of `t_interval`.

    Parameters
    ----------
    than
        The mean difference under test; broadcast against the differences without their last axis.

    Examples
    --------
    >>> print(f"{t_test([0.0, 0.5, 0.25, 0.25]):.3f}")
    0.046
    """
    from scipy.special import stdtr

    values = _checked(differences)
    n = values.shape[-1]
    distance, error = values.mean(axis=-1) - np.asarray(than, np.float64), _error(values)
    is_flat = np.ptp(values, axis=-1) <= _TIE * np.abs(values).max(axis=-1)
    p_values = stdtr(n - 1, -distance / np.where(is_flat, 1.0, error))
    return np.asarray(np.where(is_flat, np.where(distance > 0, 2.0**-n, 1.0), p_values))


def with_pseudo_cases(differences: ArrayLike, *, largest: float) -> Numbers:
    """Return the differences with two cases more, one at each end of what was possible: shape (..., cases + 2).

    `t_test` and `t_interval` of these are for non-inferiority: thirty cases that all stayed the same no longer prove
    that nothing ever breaks.

    Parameters
    ----------
    differences
        As of `t_interval`.
    largest
        The largest difference that a case can have: the range of the score, 1 for a share.

    Raises
    ------
    ValueError
        If a difference is larger than `largest` or not finite, or there are fewer than two cases.

    Notes
    -----
    The idea is that of Agresti, Min (2005), Simple improved confidence intervals for comparing matched proportions, who
    add half a case to each cell of the paired table.

    Examples
    --------
    >>> with_pseudo_cases([0.0, 0.5], largest=1.0).tolist()
    [0.0, 0.5, 1.0, -1.0]
    """
    values = _checked(differences)
    if np.abs(values).max(initial=0.0) > largest * (1 + _TIE):
        raise ValueError(f"largest == {largest}, must be at least the largest difference")
    ends = np.broadcast_to(np.array([largest, -largest]), (*values.shape[:-1], 2))
    return np.concatenate([values, ends], axis=-1)


def sign_flip_test(differences: ArrayLike, *, seed: int = 0) -> float:
    """Return the one-sided p of "the differences are symmetric about 0"; deterministic given seed.

    Exact with up to 12 cases that differ; beyond, from 9,999 random flips, the data counted among them. Cases without a
    difference tell nothing.

    Parameters
    ----------
    differences
        As of `t_interval`, shape (cases,).
    seed
        Seed of the random flips.

    Raises
    ------
    ValueError
        As of `t_interval`, or if the shape is another.

    Notes
    -----
    Fisher (1935), The design of experiments, section 21; with random flips as Phipson, Smyth (2010), Permutation
    p-values should never be zero.

    Examples
    --------
    Four cases better and none worse, one chance in sixteen:

    >>> sign_flip_test([0.5, 0.25, 0.25, 0.75, 0.0])
    0.0625
    """
    values = _checked(differences)
    if values.ndim != 1:
        raise ValueError(f"differences have shape {values.shape}, must be (cases,)")
    changed = values[values != 0]
    observed = changed.sum() - _TIE * np.abs(changed).sum()
    if changed.size < _EXACT_BELOW:
        flips = (np.arange(2**changed.size)[:, None] >> np.arange(changed.size)) & 1
        return float(((1 - 2 * flips) @ changed >= observed).mean())
    rng = np.random.default_rng(seed)
    n_as_high = 1
    for _ in range(9):
        signs = 2.0 * rng.integers(0, 2, size=(N_FLIPS // 9, changed.size), dtype=np.int8) - 1
        n_as_high += int((signs @ changed >= observed).sum())
    return n_as_high / (N_FLIPS + 1)


def _error(values: Numbers) -> Numbers:
    return np.asarray(values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1]))


def _checked(differences: ArrayLike) -> Numbers:
    values = np.asarray(differences, np.float64)
    if values.ndim == 0 or values.shape[-1] < 2:
        raise ValueError(f"differences have shape {values.shape}, must hold at least two cases")
    if not np.isfinite(values).all():
        raise ValueError("a difference is not finite")
    return values
