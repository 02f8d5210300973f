"""Where a metric's values come from, as it follows from what scores it: a judge's version, people, or a package.

It is worked out and never written by hand, so that what the plan says is what was asked.
"""

from collections.abc import Sequence
from dataclasses import replace

from workbench.experiments.judges.prompt import judge_version
from workbench.experiments.metric import Metric, Source
from workbench.experiments.offered import offered_version
from workbench.experiments.scoring import Asked, Compared, Judged


def sourced(metric: Metric) -> Metric:
    """Return a metric that says where its values come from; one that nothing here measures, as it is."""
    if isinstance(metric.scorer, Judged | Compared):
        return replace(metric, source=Source("judge", judge_version(metric), metric.source.calibration))
    if isinstance(metric.scorer, Asked):
        return replace(metric, source=Source("human"))
    version = offered_version(metric.measured) if metric.measured else ""
    return replace(metric, source=Source("code", version)) if version else metric


def judges_of(metrics: Sequence[Metric]) -> str:
    """Return the versions of all judges of some metrics, as a plan names them; empty where there is none."""
    return ", ".join(sorted({metric.source.version for metric in metrics if metric.source.kind == "judge"}))
