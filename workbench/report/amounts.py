"""Values of a metric as a reader takes them: shares in per cent, their differences in points, ratios in per cent.

A figure of a table says what it is counted in, so that nobody takes a share for a number of cases.
"""

from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric
from workbench.report import formats

_LARGE = 1_000


def is_share(metric: Metric) -> bool:
    """Return whether its means are shares."""
    return metric.bounds == (0.0, 1.0)


def number(value: float) -> str:
    """Return a mean as a number.

    >>> number(0.2196), number(6872.4)
    ('0.22', '6,872')
    """
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}"


def level(metric: Metric, value: float) -> str:
    """Return a mean in the unit that its name or its range says.

    >>> level(Metric(name="cost_usd", role="watch", kind="positive"), 0.0279)
    '$0.028'
    """
    if is_share(metric):
        return formats.share(value)
    if metric.name.endswith("_ms"):
        return formats.duration(value)
    return formats.usd(value) if metric.name.endswith("_usd") else number(value)


def difference(metric: Metric, value: float) -> str:
    """Return a difference: of shares in points, of ratios in per cent, else in the metric's own unit."""
    if metric.is_ratio:
        return f"{_hundredths(value)} %"
    return f"{_hundredths(value)} points" if is_share(metric) else f"{value:+.3g}"


def interval(metric: Metric, one: Estimate) -> str:
    """Return the ends of its interval, in the unit of the difference."""
    if metric.is_ratio or is_share(metric):
        return f"{_hundredths(one.low)} to {_hundredths(one.high)}"
    return f"{one.low:+.3g} to {one.high:+.3g}"


def bound(metric: Metric, amount: Amount | None) -> str:
    """Return a margin, or a least gain that is worthwhile; a dash where there is none.

    >>> bound(Metric(name="right", role="watch"), Amount(0.05)), bound(Metric(name="right", role="watch"), None)
    ('5 points', '–')
    """
    if amount is None:
        return "–"
    if amount.is_relative:
        return f"{100 * amount.value:.3g} %"
    return f"{100 * amount.value:.3g} points" if is_share(metric) else f"{amount.value:.3g}"


def _hundredths(value: float) -> str:
    """Return a share or ratio in hundredths with its sign; nothing is no loss, whatever its sign is by rounding."""
    return f"{round(100 * value, 1) + 0.0:+.1f}"
