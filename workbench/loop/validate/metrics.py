"""The metrics of an experiment: those of a named file, else the workspace's, else the sample's on its app."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.errors import ConfigError
from workbench.experiments.metric import Metric
from workbench.experiments.metrics_file import METRICS, OF_ISSUE, STARTER, read_metrics
from workbench.experiments.scoring import DETECTOR
from workbench.loop.sample_app.app import is_sample_app
from workbench.loop.sample_app.metrics import SAMPLE_METRICS
from workbench.records import Issue
from workbench.store import Workspace
from workbench.store.durability import write_durably


def metrics_of(workspace: Workspace, path: Path | None = None) -> Sequence[Metric]:
    """Return the metrics that an experiment of a workspace is planned with.

    Parameters
    ----------
    workspace
        The workspace; its own are in `metrics.toml`.
    path
        Another file of metrics; None takes the workspace's.

    Raises
    ------
    ConfigError
        If the file is wrong, or there is none and the app is not the sample's.
    """
    own = workspace.root / METRICS
    if path is not None or own.exists():
        return read_metrics(path or own)
    if is_sample_app(workspace.app):
        return SAMPLE_METRICS
    raise ConfigError(
        "there is no such file", where=str(own), fix="`workbench experiment plan` writes one to begin with"
    )


def begin_metrics(workspace: Workspace) -> bool:
    """Write a file of metrics to begin with where a workspace needs one and has none; return whether it did."""
    path = workspace.root / METRICS
    if path.exists() or is_sample_app(workspace.app):
        return False
    write_durably(path, STARTER.encode(), mode=0o644)
    return True


def of_issues(metrics: Sequence[Metric], issues: Sequence[Issue]) -> tuple[Metric, ...]:
    """Return metrics in which the detectors of issues stand in the place of `detector:issue`, one each.

    What else measures one of these gives way to it: a detector is measured once.
    """
    its = tuple(dict.fromkeys(f"{DETECTOR}{issue.detector}" for issue in issues))
    if all(metric.name != OF_ISSUE for metric in metrics):
        return tuple(metrics)
    found: list[Metric] = []
    for metric in metrics:
        if metric.name == OF_ISSUE:
            found += [replace(metric, name=name) for name in its]
        elif metric.name not in its:
            found.append(metric)
    return tuple(found)
