"""The metrics of an experiment: those of a named file, else the workspace's, else the sample's on its app."""

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import ConfigError
from workbench.experiments.metric import Metric
from workbench.experiments.metrics_file import METRICS, read_metrics
from workbench.loop.sample.app import is_sample_app
from workbench.loop.sample.metrics import SAMPLE_METRICS
from workbench.store import Workspace


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
        "there are no metrics",
        where=str(own),
        fix="write there what is to get better, and what must not get worse: notebooks/recipes.md shows how",
    )
