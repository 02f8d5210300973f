"""Onset: the moment from which a rate is higher than before, whether that is more than chance, and how sure it is.

A problem that starts with a release looks like a step in its rate; the step is searched for, so its p must count the
search.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.exact import over_representation

Numbers = NDArray[np.float64]

_LIKELIHOOD_DROP = 1.92
"""Half of the 95 % point of chi-square with one degree of freedom: the profile-likelihood interval."""


class Onset(NamedTuple):
    """The likeliest step up of a rate."""

    at: int
    """First bin of the higher rate, 1 to the number of bins less 1."""
    low: int
    """First bin of the 95 % interval of `at`."""
    high: int
    """Last bin of the 95 % interval of `at`."""
    p_value: float
    """How likely so clear a step up anywhere is, if the hits fell on the units at random; at most that, if small."""


def find_onset(hits: ArrayLike, n: ArrayLike) -> Onset | None:
    """Return the step up that fits best, or None if the rate rises nowhere.

    Parameters
    ----------
    hits
        Units with the property in each bin of time, in order, shape (m,).
    n
        Units in each bin, shape (m,).

    Raises
    ------
    ValueError
        If the shapes differ, or a count is negative or larger than its total.

    Notes
    -----
    The step with the largest binomial likelihood (Hinkley, Hinkley 1970, Inference about the change-point in a sequence
    of binomial variables). Its p is exact and counts the search: the smallest of Fisher's one-sided p of all steps,
    times their number (Bonferroni). Few, wide bins therefore tell more than many narrow ones. The interval holds every
    step whose log-likelihood is within 1.92 of the best. Units count as exchangeable: days that differ by themselves,
    as weekends do, can make a step of their own.

    Examples
    --------
    Nine hits, all in the later half of twenty units; 19 steps were possible:

    >>> onset = find_onset([0] * 10 + [1] * 9 + [0], [1] * 20)
    >>> onset.at, onset.low, onset.high, round(onset.p_value, 5)
    (10, 10, 10, 0.00113)
    """
    counts, totals = np.asarray(hits, np.float64), np.asarray(n, np.float64)
    if counts.ndim != 1 or counts.shape != totals.shape:
        raise ValueError(f"hits have shape {counts.shape}, n {totals.shape}, must be alike and of one dimension")
    if not np.all((counts >= 0) & (counts <= totals)):
        raise ValueError("hits must be from 0 to n")
    if counts.size < 2:
        return None
    after, n_after = _tails(counts), _tails(totals)
    before, n_before = counts.sum() - after, totals.sum() - n_after
    is_up = (n_before > 0) & (n_after > 0) & (after * n_before > before * n_after)
    if not is_up.any():
        return None
    fit = np.where(is_up, _log_likelihood(after, n_after) + _log_likelihood(before, n_before), -np.inf)
    inside = np.flatnonzero(fit >= fit.max() - _LIKELIHOOD_DROP)
    each = over_representation(after[is_up], n_after[is_up], other_hits=before[is_up], other_n=n_before[is_up])
    n_steps = int(np.sum((n_before > 0) & (n_after > 0)))
    return Onset(int(fit.argmax()), int(inside[0]), int(inside[-1]), min(1.0, n_steps * float(each.min())))


def _tails(values: Numbers) -> Numbers:
    """Return for each bin the sum from it to the end."""
    sums: Numbers = np.cumsum(values[::-1])[::-1].copy()
    return sums


def _log_likelihood(hits: Numbers, n: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / n
        terms = np.where(hits > 0, hits * np.log(share), 0.0) + np.where(n > hits, (n - hits) * np.log1p(-share), 0.0)
    return np.asarray(terms)
