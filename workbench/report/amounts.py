"""Values of a metric as a reader takes them: shares in per cent, their differences in points, ratios in per cent.

Sentences of decisions write them the same way. A figure of a table says what it is counted in, so that nobody takes a
share for a number of cases.
"""

from workbench.experiments.metric import Metric
from workbench.experiments.written import bound, difference, interval, is_share, number
from workbench.report import formats

__all__ = ["bound", "difference", "interval", "is_share", "level", "number"]


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
