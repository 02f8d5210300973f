"""A ratio of sums over users in two arms, such as failed traces over all traces, where users were assigned.

Users with many traces weigh more in such a ratio, and a formula that takes traces for independent is far too sure. The
spread comes from leaving out each user in turn; with few users the p comes from assigning them anew.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.welch import ArmMean, Difference, difference_of_arms, difference_test

Numbers = NDArray[np.float64]

FEW_USERS = 200
"""An arm with fewer is tested by permutation: the t of a skewed ratio is not yet to be trusted."""
N_PERMUTATIONS = 4_999
"""With the data themselves five thousand: p = .05 is then known to within .006."""
_AT_A_TIME = 2_000_000
"""Numbers held at once."""


class Sums(NamedTuple):
    """What each user of an arm adds to a ratio, both of shape (users,)."""

    above: ArrayLike
    """To the numerator."""
    below: ArrayLike
    """To the denominator, 0 or more, of at least two users above 0."""


def ratio_difference(baseline: Sums, candidate: Sums) -> Difference:
    """Return the difference of the ratios of two arms, its error by the jackknife over users.

    Parameters
    ----------
    baseline, candidate
        Sums of each arm's users.

    Raises
    ------
    ValueError
        If shapes do not fit, or fewer than two users of an arm have a denominator above 0.

    Notes
    -----
    Tukey (1958), Bias and confidence in not-quite large samples; the delta method of Deng, Knoblich, Lu (2018),
    Applying the delta method in metric analytics, is its limit.

    Examples
    --------
    One failure more in ten:

    >>> old, new = Sums([1, 0, 1], [10, 10, 10]), Sums([2, 1, 2], [10, 10, 10])
    >>> print(f"{ratio_difference(old, new).value:.2f}")
    0.10
    """
    return difference_of_arms(_jackknife(*_checked(baseline)), _jackknife(*_checked(candidate)))


def log_ratio(baseline: Sums, candidate: Sums) -> Difference:
    """Return the logarithm of the candidate's ratio over the baseline's, its error by the jackknife over users.

    Parameters
    ----------
    baseline, candidate
        As of `ratio_difference`.

    Raises
    ------
    ValueError
        As of `ratio_difference`, or if an arm has nothing in its numerators.

    Notes
    -----
    The delta method on the logarithm of each ratio.

    Examples
    --------
    >>> old, new = Sums([1, 0, 1], [10, 10, 10]), Sums([2, 0, 2], [10, 10, 10])
    >>> print(f"{np.exp(log_ratio(old, new).value):.2f}")
    2.00
    """
    arms = [_jackknife(*_checked(sums)) for sums in (baseline, candidate)]
    if any(arm.value <= 0 for arm in arms):
        raise ValueError("an arm has nothing above: its logarithm has no bound")
    return difference_of_arms(*(ArmMean(float(np.log(arm.value)), arm.variance / arm.value**2, arm.n) for arm in arms))


def ratio_difference_test(baseline: Sums, candidate: Sums, *, than: float = 0.0, seed: int = 0) -> float:
    """Return the one-sided p of "the difference of the ratios is not above `than`"; deterministic given seed.

    By t where both arms have 200 users or more, else by permutation of users between arms of the t statistic, after
    `than` times the denominator was taken from the candidate's numerators. Other parameters and errors as of
    `ratio_difference`.

    Notes
    -----
    Janssen (1997), Studentized permutation tests for non-i.i.d. hypotheses: dividing by the error keeps the level where
    the arms differ in spread.

    Examples
    --------
    >>> old, new = Sums([1, 0, 1, 0], [10, 10, 10, 10]), Sums([5, 6, 7, 6], [10, 10, 10, 10])
    >>> ratio_difference_test(old, new) < 0.05
    True
    """
    old, new = _checked(baseline), _checked(candidate)
    if min(old[0].size, new[0].size) >= FEW_USERS:
        return difference_test(ratio_difference(baseline, candidate), than=than)
    above = np.concatenate([old[0], new[0] - than * new[1]])
    below = np.concatenate([old[1], new[1]])
    identity = np.arange(above.size)[None, :]
    observed = _statistics(above[identity], below[identity], n_baseline=old[0].size)[0]
    if not np.isfinite(observed):
        return 1.0
    rng = np.random.default_rng(seed)
    size = max(1, _AT_A_TIME // above.size)
    n_as_high = 1
    for start in range(0, N_PERMUTATIONS, size):
        order = rng.permuted(np.repeat(identity, min(size, N_PERMUTATIONS - start), axis=0), axis=1)
        drawn = _statistics(above[order], below[order], n_baseline=old[0].size)
        n_as_high += int((~(drawn < observed - 1e-9)).sum())  # what is undefined counts against the candidate
    return n_as_high / (N_PERMUTATIONS + 1)


def _statistics(above: Numbers, below: Numbers, *, n_baseline: int) -> Numbers:
    """Return the difference over its error, of each row of users; the first are the baseline's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        old, old_variance = _leaving_one_out(above[:, :n_baseline], below[:, :n_baseline])
        new, new_variance = _leaving_one_out(above[:, n_baseline:], below[:, n_baseline:])
        return np.asarray((new - old) / np.sqrt(old_variance + new_variance))


def _jackknife(above: Numbers, below: Numbers) -> ArmMean:
    value, variance = _leaving_one_out(above[None, :], below[None, :])
    return ArmMean(float(value[0]), float(variance[0]), above.size)


def _leaving_one_out(above: Numbers, below: Numbers) -> tuple[Numbers, Numbers]:
    """Return the ratio and its jackknife variance, by row."""
    n = above.shape[1]
    total_above, total_below = above.sum(axis=1, keepdims=True), below.sum(axis=1, keepdims=True)
    left = (total_above - above) / (total_below - below)
    variance = (n - 1) / n * ((left - left.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return (total_above / total_below)[:, 0], variance


def _checked(sums: Sums) -> tuple[Numbers, Numbers]:
    above, below = np.asarray(sums.above, np.float64), np.asarray(sums.below, np.float64)
    if above.ndim != 1 or above.shape != below.shape:
        raise ValueError(f"above has shape {above.shape} and below {below.shape}, must be (users,) of the same")
    if not (np.isfinite(above).all() and np.isfinite(below).all() and (below >= 0).all()):
        raise ValueError("sums must be finite, and those below 0 or more")
    if (below > 0).sum() < 2:
        raise ValueError("at least two users of an arm must have a denominator above 0")
    return above, below
