"""Margins and worthwhile effects that are a share of the baseline, where the baseline is estimated from the same data.

A tenth of what the baseline costs is no fixed number: the baseline's mean comes out too high as easily as too low. Held
against the mean that was seen, a candidate that is dearer by exactly a tenth passed in up to .27 of simulated
experiments on skewed costs, where .05 may; held as here, in at most .05. Of cases that pass or fail, of which half as
many more may fail, Tango's score against the share that was seen passed in .07 to .11 (30 to 300 cases, .1 or .3 of
which fail before); held as here, in at most .05.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.experiments.metric import Metric
from workbench.experiments.tested import GainTests
from workbench.stats.means import t_test, with_pseudo_cases

Numbers = NDArray[np.float64]
ShareTest = Callable[[int, float], float]
"""From a sign and a share to the one-sided p of "the sign times (the gain and that share of the baseline's size) is not
above 0"."""
_WIDEST = 10.0
"""Times the baseline: a margin that wide is none."""


class Shares(NamedTuple):
    """How one design tests a gain and a share of the baseline together."""

    plain: ShareTest
    """Of the data alone."""
    held: ShareTest
    """With pseudo-cases, where the metric has a range."""
    by_t: ShareTest
    """As `held`, by a t test whatever that is by: it rises and falls without steps."""


class Paired(NamedTuple):
    """One number a unit, shape (units,)."""

    gains: Numbers
    """How much better the candidate is."""
    baseline: Numbers
    """The baseline's value."""


def against_baseline(
    tests: GainTests, units: Paired, metric: Metric, *, level: float, largest: float | None
) -> GainTests:
    """Return tests of means of pairs whose relative bounds are held with the baseline's own error.

    Parameters
    ----------
    tests
        As `of_means` or `of_wins` has them.
    units
        What they are of.
    metric
        Its margin and minimum worthwhile effect.
    level
        Of the interval.
    largest
        As of `of_means`.
    """
    held = partial(_of_pairs, units, largest=largest)
    shares = Shares(partial(_of_pairs, units, largest=None), held, held)
    return with_shares(tests, metric, shares, baseline=float(units.baseline.mean()), level=level)


def with_shares(tests: GainTests, metric: Metric, shares: Shares, *, baseline: float, level: float) -> GainTests:
    """Return tests of means whose relative bounds are held with the baseline's own error; others are as they were.

    Parameters
    ----------
    tests
        The tests, as they are against fixed bounds.
    metric
        Its margin and minimum worthwhile effect.
    shares
        The tests that take their place.
    baseline
        The baseline's mean.
    level
        Of the interval.

    Notes
    -----
    Fieller (1954), Some problems in interval estimation: a ratio of two means is held against a number by the mean of
    one less that number times the other, which is a mean like any other and has its t distribution.
    """
    found, margin, mwe = tests, metric.margin, metric.mwe
    if margin is not None and margin.is_relative:
        shown = _shown_margin(shares, alpha=(1 - level) / 2)
        found = found._replace(
            p_non_inferior=shares.held(1, margin.value),
            p_beyond=shares.plain(-1, margin.value),
            shown_margin=tests.shown_margin if shown is None else shown * abs(baseline),
        )
    if mwe is not None and mwe.is_relative:
        found = found._replace(p_useless=shares.held(-1, -mwe.value))
    return found


def _of_pairs(units: Paired, sign: int, share: float, *, largest: float | None) -> float:
    way = -1.0 if units.baseline.mean() < 0 else 1.0
    held = units.gains + share * way * units.baseline
    if largest is not None:
        held = with_pseudo_cases(held, largest=max(largest, float(np.abs(held).max())))
    return float(t_test(sign * held))


def _shown_margin(shares: Shares, *, alpha: float) -> float | None:
    """Return the least share whose loss is excluded; None where none is."""
    from scipy.optimize import brentq  # at the top it costs every command a tenth of a second

    def excess(share: float) -> float:
        return shares.by_t(1, share) - alpha

    if excess(_WIDEST) > 0 or excess(-_WIDEST) < 0:
        return None
    return float(brentq(excess, -_WIDEST, _WIDEST))
