"""How many times as slow, or as dear: the geometric mean of each case's ratio, candidate over baseline.

Times and costs are skewed and vary by case more than by arm. The ratio within a case takes the case out, and its
logarithm is near enough to normal for a t test.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.intervals import Interval
from workbench.stats.means import t_interval

Numbers = NDArray[np.float64]


def log_ratios(baseline: ArrayLike, candidate: ArrayLike) -> Numbers:
    """Return the natural logarithm of candidate over baseline, one a case; `t_test` of it tests the geometric ratio.

    "At most a tenth slower" is `t_test(-log_ratios(baseline, candidate), than=-log(1.1))`.

    Parameters
    ----------
    baseline, candidate
        Of the same cases, above 0, shape (..., cases).

    Raises
    ------
    ValueError
        If the shapes differ, or a value is not above 0 or not finite.

    Examples
    --------
    >>> log_ratios([1.0, 2.0], [1.0, 1.0]).round(3).tolist()
    [0.0, -0.693]
    """
    before, after = np.asarray(baseline, np.float64), np.asarray(candidate, np.float64)
    if before.shape != after.shape:
        raise ValueError(f"baseline has shape {before.shape} and candidate {after.shape}, must be the same cases")
    if not (np.isfinite(before).all() and np.isfinite(after).all() and (before > 0).all() and (after > 0).all()):
        raise ValueError("a value is not above 0 and finite: a case that failed has no time, and is counted elsewhere")
    return np.log(after) - np.log(before)


def geometric_ratio(baseline: ArrayLike, candidate: ArrayLike) -> Numbers:
    """Return the geometric mean of candidate over baseline: 1.1 is a tenth more. Parameters as of `log_ratios`."""
    return np.asarray(np.exp(log_ratios(baseline, candidate).mean(axis=-1)))


def geometric_ratio_interval(baseline: ArrayLike, candidate: ArrayLike, *, level: float = 0.95) -> Interval:
    """Return the interval of the geometric mean ratio, by Student's t on the logarithm.

    Parameters and errors as of `log_ratios` and `t_interval`.

    Notes
    -----
    Keene (1995), The log transformation is special.

    Examples
    --------
    >>> low, high = geometric_ratio_interval([1.0, 2.0, 4.0], [1.1, 2.0, 4.4])
    >>> print(f"{low:.3f} to {high:.3f}")
    0.929 to 1.222
    """
    low, high = t_interval(log_ratios(baseline, candidate), level=level)
    return Interval(np.exp(low), np.exp(high))
