"""Margins and worthwhile effects that are a share of the baseline, where the baseline is estimated from the same cases.

A tenth of what the baseline costs is no fixed number: the baseline's mean comes out too high as easily as too low. Held
against the mean that was seen, a candidate that is dearer by exactly a tenth passed in up to .27 of simulated
experiments on skewed costs, where .05 may; held as here, in at most .05. A share of cases that pass is held against its
margin by Tango's score and is left as it is: at exactly the margin it passed in at most .05 too (30 to 300 cases).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.experiments.metric import Amount, Metric
from workbench.experiments.tested import GainTests
from workbench.stats.means import t_test, with_pseudo_cases

Numbers = NDArray[np.float64]
_WIDEST = 10.0
"""Times the baseline: a margin that wide is none."""


class Paired(NamedTuple):
    """One number a unit, shape (units,)."""

    gains: Numbers
    """How much better the candidate is."""
    baseline: Numbers
    """The baseline's value."""


def against_baseline(
    tests: GainTests, units: Paired, metric: Metric, *, level: float, largest: float | None
) -> GainTests:
    """Return tests of means whose relative bounds are held with the baseline's own error; others are as they were.

    Parameters
    ----------
    tests
        As `of_means` has them.
    units
        What they are of.
    metric
        Its margin and minimum worthwhile effect.
    level
        Of the interval.
    largest
        As of `of_means`.

    Notes
    -----
    Fieller (1954), Some problems in interval estimation: a ratio of two means is held against a number by the mean of
    one less that number times the other, which is a mean of cases like any other and has their t distribution.
    """
    found = tests
    if _is_share(metric.margin) and metric.margin is not None:
        held = _held(units, metric.margin.value, largest=largest)
        beyond = t_test(-_held(units, metric.margin.value, largest=None))
        shown = _shown_margin(units, largest=largest, alpha=(1 - level) / 2)
        found = found._replace(
            p_non_inferior=float(t_test(held)),
            p_beyond=float(beyond),
            shown_margin=tests.shown_margin if shown is None else shown,
        )
    if _is_share(metric.mwe) and metric.mwe is not None:
        found = found._replace(p_useless=float(t_test(-_held(units, -metric.mwe.value, largest=largest))))
    return found


def _is_share(amount: Amount | None) -> bool:
    return amount is not None and amount.is_relative


def _held(units: Paired, share: float, *, largest: float | None) -> Numbers:
    """Return one number a unit whose mean is above 0 where less than a share of the baseline is lost."""
    sign = -1.0 if units.baseline.mean() < 0 else 1.0
    held = units.gains + share * sign * units.baseline
    if largest is None:
        return np.asarray(held)
    return np.asarray(with_pseudo_cases(held, largest=max(largest, float(np.abs(held).max()))))


def _shown_margin(units: Paired, *, largest: float | None, alpha: float) -> float | None:
    """Return the least loss that is excluded, in the metric's unit; None where no share of the baseline is one."""
    from scipy.optimize import brentq  # at the top it costs every command a tenth of a second

    def excess(share: float) -> float:
        return float(t_test(_held(units, share, largest=largest))) - alpha

    if excess(_WIDEST) > 0 or excess(-_WIDEST) < 0:
        return None
    return float(brentq(excess, -_WIDEST, _WIDEST)) * abs(float(units.baseline.mean()))
