"""Two arms of different units, such as live traffic split by user: the difference of their means.

The unit is what was assigned, so values are means or sums of users, not of traces. What was known of each user before
the experiment takes out noise that the arms share (CUPED).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.intervals import Interval

Numbers = NDArray[np.float64]

_ROUNDING = 1e-12
"""An error this small beside the difference is no spread: values that are the same differ so by rounding."""


class Arms(NamedTuple):
    """The values of the units of two arms, each of shape (units of the arm,)."""

    baseline: Numbers
    candidate: Numbers


class Difference(NamedTuple):
    """A difference of two arms, its standard error, and how sure that error is."""

    value: float
    """Candidate less baseline."""
    error: float
    """Standard error; 0 where no unit differs from its arm."""
    degrees: float
    """Degrees of freedom of Student's t."""


def welch(baseline: ArrayLike, candidate: ArrayLike) -> Difference:
    """Return the difference of the means of two arms of different units, variances not taken to be equal.

    Parameters
    ----------
    baseline, candidate
        One value a unit, shape (units of the arm,), at least two in each.

    Raises
    ------
    ValueError
        If an arm has fewer than two units, or a value is not finite.

    Notes
    -----
    Welch (1947), The generalization of "Student's" problem when several different population variances are involved.

    Examples
    --------
    >>> welch([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]).value
    1.0
    """
    return difference_of_arms(*(_mean(values) for values in _arms(baseline, candidate)))


class ArmMean(NamedTuple):
    """What an arm says of its mean, or of another figure."""

    value: float
    variance: float
    """Of the value: the squared standard error."""
    n: int
    """Units."""


def difference_of_arms(baseline: ArmMean, candidate: ArmMean) -> Difference:
    """Return the difference of two independent figures, with Satterthwaite's degrees of freedom."""
    total = baseline.variance + candidate.variance
    parts = sum(arm.variance**2 / (arm.n - 1) for arm in (baseline, candidate))
    degrees = total**2 / parts if parts > 0 else float(baseline.n + candidate.n - 2)
    return Difference(candidate.value - baseline.value, float(np.sqrt(total)), degrees)


def difference_interval(difference: Difference, *, level: float = 0.95) -> Interval:
    """Return Student's interval of a difference.

    Examples
    --------
    >>> low, high = difference_interval(Difference(1.0, 0.5, 30.0))
    >>> print(f"{low:.2f} to {high:.2f}")
    -0.02 to 2.02
    """
    from scipy.special import stdtrit  # at the top it costs every command a tenth of a second

    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be above 0 and below 1")
    half = stdtrit(difference.degrees, (1 + level) / 2) * difference.error
    return Interval(np.asarray(difference.value - half), np.asarray(difference.value + half))


def difference_test(difference: Difference, *, than: float = 0.0) -> float:
    """Return the one-sided p of "the difference is not above `than`"; 1 without any spread, which cannot be believed.

    Examples
    --------
    >>> print(f"{difference_test(Difference(1.0, 0.5, 30.0)):.3f}")
    0.027
    """
    from scipy.special import stdtr

    if difference.error <= _ROUNDING * abs(difference.value):
        return 1.0
    return float(stdtr(difference.degrees, -(difference.value - than) / difference.error))


def cuped(values: Arms, before: Arms) -> Arms:
    """Return the values less what the units' past explains, about the common mean: the same difference, less noise.

    Parameters
    ----------
    values
        One a unit.
    before
        The same units' values from before they were assigned, in the same order.

    Raises
    ------
    ValueError
        If shapes do not fit, an arm has fewer than two units, or a value is not finite.

    Notes
    -----
    Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data. One slope for both arms, from all units together. The past must be that: a covariate that the
    candidate can change takes out the effect.

    Examples
    --------
    >>> now, past = Arms(np.array([1.0, 2.0]), np.array([2.0, 3.0])), Arms(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    >>> [arm.round(2).tolist() for arm in cuped(now, past)]
    [[1.5, 1.5], [2.5, 2.5]]
    """
    after, past = _arms(*values), _arms(*before)
    if any(one.shape != other.shape for one, other in zip(after, past, strict=True)):
        raise ValueError("before must hold one value of each unit of values")
    everything, all_past = np.concatenate(after), np.concatenate(past)
    centred = all_past - all_past.mean()
    spread = float((centred**2).sum())
    slope = float((centred * (everything - everything.mean())).sum()) / spread if spread > 0 else 0.0
    return Arms(*(arm - slope * (old - all_past.mean()) for arm, old in zip(after, past, strict=True)))


def _mean(values: Numbers) -> ArmMean:
    return ArmMean(float(values.mean()), float(values.var(ddof=1)) / values.size, values.size)


def _arms(baseline: ArrayLike, candidate: ArrayLike) -> Arms:
    arms = Arms(np.asarray(baseline, np.float64), np.asarray(candidate, np.float64))
    for name, arm in zip(Arms._fields, arms, strict=True):
        if arm.ndim != 1 or arm.size < 2:
            raise ValueError(f"{name} has shape {arm.shape}, must be (units,) with at least two")
        if not np.isfinite(arm).all():
            raise ValueError(f"{name} holds a value that is not finite")
    return arms
