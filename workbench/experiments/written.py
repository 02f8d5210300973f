"""Amounts of a metric in sentences: shares in per cent, their differences in points, ratios in per cent, else numbers.

Pages write them the same way, so that a reason and the table beside it are seen to agree.
"""

from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric

_LARGE = 1_000
"""From here on whole numbers: a power of ten is no way to write milliseconds."""


def is_share(metric: Metric) -> bool:
    """Return whether its means are shares."""
    return metric.bounds == (0.0, 1.0)


def number(value: float) -> str:
    """Return a number of three digits, from a thousand on whole.

    >>> number(0.2196), number(6872.4)
    ('0.22', '6,872')
    """
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}"


def signed(value: float) -> str:
    """Return the same with its sign.

    >>> signed(6872.4), signed(-0.5)
    ('+6,872', '-0.5')
    """
    return f"{value:+,.0f}" if abs(value) >= _LARGE else f"{value:+.3g}"


def mean(metric: Metric, value: float) -> str:
    """Return a mean.

    >>> mean(Metric(name="right", role="watch"), 1 / 26), mean(Metric(name="n", role="watch", kind="positive"), 6872.4)
    ('3.85 %', '6,872')
    """
    return f"{100 * value:.3g} %" if is_share(metric) else number(value)


def difference(metric: Metric, value: float) -> str:
    """Return a difference: of shares in points, of ratios in per cent, else in the metric's own unit.

    >>> difference(Metric(name="right", role="watch"), -0.05)
    '-5.0 points'
    """
    if metric.is_ratio:
        return f"{_hundredths(value)} %"
    return f"{_hundredths(value)} points" if is_share(metric) else signed(value)


def interval(metric: Metric, one: Estimate) -> str:
    """Return the ends of an estimate's interval, in the unit of the difference."""
    return between(metric, one.low, one.high)


def between(metric: Metric, low: float, high: float) -> str:
    """Return two differences as the ends of an interval, without their unit.

    >>> between(Metric(name="right", role="watch"), -0.05, 0.125)
    '-5.0 to +12.5'
    """
    write = _hundredths if metric.is_ratio or is_share(metric) else signed
    return f"{write(low)} to {write(high)}"


def bound(metric: Metric, amount: Amount | None) -> str:
    """Return a margin, or a least gain that is worthwhile; a dash where there is none.

    >>> bound(Metric(name="right", role="watch"), Amount(0.05)), bound(Metric(name="right", role="watch"), None)
    ('5 points', '–')
    """
    if amount is None:
        return "–"
    if amount.is_relative:
        return f"{100 * amount.value:.3g} %"
    return f"{100 * amount.value:.3g} points" if is_share(metric) else number(amount.value)


def _hundredths(value: float) -> str:
    """Return a share or ratio in hundredths with its sign; nothing is no loss, whatever its sign is by rounding."""
    return f"{round(100 * value, 1) + 0.0:+.1f}"
