"""Adjusted p-values: how surprising each result is once all the results that were looked at are counted.

A run compares thousands of values with every cluster; unadjusted, one comparison in twenty would look like a cause.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def benjamini_hochberg(p_values: ArrayLike, *, n_tests: int | None = None) -> Numbers:
    """Return the q-values: rejecting all q <= a keeps the expected share of false rejections at or below a.

    Holds for independent and for positively dependent tests.

    Parameters
    ----------
    p_values
        The p-values, 0 to 1, shape (m,), in any order.
    n_tests
        How many tests were made, at least m: those that are not listed count as p = 1. None is m.

    Returns
    -------
    ndarray of float64, shape (m,)
        The q-values in the order of `p_values`; never below them.

    Raises
    ------
    ValueError
        If a p-value is not a number from 0 to 1, or `n_tests` is below m.

    Notes
    -----
    Benjamini, Hochberg (1995), Controlling the false discovery rate.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    ordered, order, n_all = _ordered(p_values, n_tests)
    scaled = ordered * (n_all / np.arange(1, ordered.size + 1))
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def holm(p_values: ArrayLike, *, n_tests: int | None = None) -> Numbers:
    """Return p-values adjusted so that rejecting all below a makes any false rejection at most a likely.

    Holds under any dependence. Parameters, shapes and errors as of `benjamini_hochberg`.

    Notes
    -----
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    ordered, order, n_all = _ordered(p_values, n_tests)
    scaled = ordered * (n_all - np.arange(ordered.size))
    return _restored(np.maximum.accumulate(scaled), order)


def _ordered(p_values: ArrayLike, n_tests: int | None) -> tuple[Numbers, NDArray[np.intp], int]:
    values = np.asarray(p_values, np.float64)
    if values.ndim != 1:
        raise ValueError(f"p_values have {values.ndim} dimensions, must have 1")
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("p_values hold a value that is not from 0 to 1")
    n_all = values.size if n_tests is None else n_tests
    if n_all < values.size:
        raise ValueError(f"n_tests == {n_all}, must be at least the {values.size} p-values given")
    order = np.argsort(values, kind="stable")
    return values[order], order, n_all


def _restored(adjusted: Numbers, order: NDArray[np.intp]) -> Numbers:
    restored = np.empty_like(adjusted)
    restored[order] = np.minimum(adjusted, 1.0)
    return restored
