"""The gain of a target that ships, as it should be told: only large gains ship, so what was seen is too large."""

from math import sqrt
from typing import NamedTuple

from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.scale import shown
from workbench.experiments.written import between, difference
from workbench.stats.reported_gain import ReportedGain, gain_given_shipped

_ROUNDING = 1e-9
"""An error this small beside the gain is none: units that gain the same differ so by rounding."""


class Reported(NamedTuple):
    """The difference of one target, given that it ships; on the metric's own scale, as `Estimate.difference` is."""

    metric: str
    """Its name."""
    difference: float
    """What to expect, mostly less than was seen."""
    low: float
    """Lower end of its interval, of the level of the estimate's."""
    high: float
    """Upper end."""
    words: str
    """The same as a sentence."""


def reported_gain(metric: Metric, estimate: Estimate, *, alpha: float) -> Reported:
    """Return the difference of a target that was shown better, without the luck that helped it to ship.

    Where no unit differs from the others there is no error, nothing to correct, and the estimate is told as it is.

    Parameters
    ----------
    metric
        The target.
    estimate
        Its estimate.
    alpha
        The one-sided level that it had to reach.
    """
    error = estimate.deviation / sqrt(estimate.n_units)
    gain = ReportedGain(estimate.gain, estimate.gain_low, estimate.gain_high)
    if error > _ROUNDING * abs(estimate.gain):
        # Another test than the normal one may have passed a smaller gain.
        least = min(estimate.gain, _z(alpha) * error)
        gain = gain_given_shipped(estimate.gain, error, least=least, level=estimate.level)
    value, *ends = (shown(metric, metric.direction * one) for one in gain)
    low, high = sorted(ends)
    ends_words = between(metric, low, high)
    words = f"{metric.name}: expect a difference of {difference(metric, value)} ({ends_words}), given that it ships"
    if gain.low <= 0:
        words += "; what gains nothing ships with such a figure too: take it for the most to hope for"
    return Reported(metric.name, value, low, high, words)


def _z(alpha: float) -> float:
    from scipy.special import ndtri  # at the top it costs every command a tenth of a second

    return float(-ndtri(alpha))
