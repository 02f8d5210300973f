"""pass^k, the chance that k tries of the same case all pass: how much an application can be relied on.

A mean over trials hides it: half the cases passing always and all cases passing half the time both score .5.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class PassK(NamedTuple):
    """pass^k over cases."""

    share: float
    """Mean over cases, 0 to 1."""
    error: float
    """Its standard error over cases, NaN of a single case."""
    n_cases: int


def pass_k(passed: ArrayLike, trials: ArrayLike, *, k: int) -> PassK:
    """Return pass^k and its standard error; the case is the unit, since trials of a case resemble each other.

    Parameters
    ----------
    passed
        Trials passed, shape (cases,).
    trials
        Trials made, each at least k; broadcast against `passed`.
    k
        Tries that must all pass, at least 1; with 1 it is the mean pass share of the cases.

    Raises
    ------
    ValueError
        If there is no case, a case has fewer than k trials, or a count is impossible.

    Notes
    -----
    Yao, Shinn, Razavi, Narasimhan (2024), tau-bench: a benchmark for tool-agent-user interaction in real-world domains;
    C(passed, k) / C(trials, k) is unbiased for each case.

    Examples
    --------
    >>> share, error, n_cases = pass_k([4, 2, 0], 4, k=2)
    >>> print(f"{share:.3f} ± {error:.3f}")
    0.389 ± 0.309
    """
    by_case = pass_k_by_case(passed, trials, k=k)
    if by_case.ndim != 1 or by_case.size == 0:
        raise ValueError(f"passed has shape {by_case.shape}, must be (cases,) with at least one")
    error = float(by_case.std(ddof=1) / np.sqrt(by_case.size)) if by_case.size > 1 else np.nan
    return PassK(float(by_case.mean()), error, by_case.size)


def pass_k_by_case(passed: ArrayLike, trials: ArrayLike, *, k: int) -> Numbers:
    """Return each case's chance that k of its trials, drawn without replacement, all passed; shape as `passed`.

    Two arms are compared by the differences of these, as of any score. Parameters and errors as of `pass_k`.

    Examples
    --------
    >>> pass_k_by_case([4, 3, 1], 4, k=2).tolist()  # 6 / 6, 3 / 6, 0 / 6
    [1.0, 0.5, 0.0]
    """
    n_passed, n_trials = np.broadcast_arrays(np.asarray(passed, np.float64), np.asarray(trials, np.float64))
    if k < 1:
        raise ValueError(f"k == {k}, must be at least 1")
    if not np.all(n_trials >= k):
        raise ValueError(f"k == {k}, must be at most the trials of each case")
    if not np.all((n_passed >= 0) & (n_passed <= n_trials)):
        raise ValueError("passed must be from 0 to trials")
    steps = np.arange(k)
    return np.asarray((np.maximum(n_passed[..., None] - steps, 0) / (n_trials[..., None] - steps)).prod(axis=-1))
