"""What a desk knows of the run under review and never changes meanwhile: versions, names, causes and categories."""

from collections.abc import Mapping
from typing import NamedTuple, get_args

import polars as pl

from workbench.errors import ConfigError
from workbench.records import Cause, DetectionRun, Issue, Review, Severity, chosen_run
from workbench.schemas import CLUSTERS
from workbench.store import Workspace, read_taxonomy
from workbench.taxonomy import Category
from workbench.windows import Window

SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class Scene(NamedTuple):
    """The run under review."""

    window: Window
    """What it looked at."""
    versions: Mapping[str, int]
    """The version of each detector."""
    clusters: Mapping[str, str]
    """What each cluster is called."""
    causes: Mapping[str, Cause]
    """Its causes, by id."""
    issues: Mapping[str, str]
    """Titles of issues, by id."""
    elsewhere: Mapping[str, str]
    """The cluster of each issue that a trace may belong to instead, by its id: what is merged or rejected is none."""
    categories: Mapping[str, Category]
    """The taxonomy's categories, by code; none where its file cannot be read, as `workbench doctor` says."""


def scene_of(workspace: Workspace, review: Review) -> Scene:
    """Return what a desk knows of the run of its review; read-only."""
    issues = workspace.ledger.latest(Issue)
    run = chosen_run(workspace.ledger.latest(DetectionRun), review.run_id)
    rows = workspace.telemetry.scan(CLUSTERS).filter(pl.col("run_id") == run.id).collect(engine="streaming")
    return Scene(
        Window.parse(run.window, now=run.at),
        {tally.detector: tally.version for tally in run.tallies},
        {row["cluster_id"]: row["name"] or ", ".join(row["phrases"] or ()) for row in rows.iter_rows(named=True)},
        {cause.id: cause for cause in workspace.ledger.latest(Cause) if cause.run_id == run.id},
        {issue.id: issue.title for issue in issues},
        {issue.id: issue.cluster_id for issue in issues if issue.state not in ("merged", "rejected")},
        _categories(workspace),
    )


def _categories(workspace: Workspace) -> Mapping[str, Category]:
    """Return the categories; a slip in the file that people write keeps nobody from reviewing."""
    try:
        return {one.code: one for one in read_taxonomy(workspace.root).categories}
    except ConfigError:
        return {}
