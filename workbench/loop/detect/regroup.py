"""The findings of a run grouped: where an earlier run found clusters they are joined, else clustered anew.

With few findings everything is clustered anew, which costs seconds and finds the best bounds. With many, a later run is
ten times cheaper when it joins; and from time to time, when there is twice as much as was clustered, it starts anew.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench import clustering
from workbench.clustering import Embed, Namer
from workbench.clustering.join import Earlier, join
from workbench.counted import counted
from workbench.loop.detect.by_hand import BY_HAND
from workbench.records import DetectionRun
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import Workspace

JOIN_FROM = 20_000
"""Findings, of both runs, from which a run joins the one before: fewer are clustered anew in ten seconds."""
ANEW_FROM = 2.0
"""How many times the findings that were last clustered anew there must be for clustering anew."""


class Grouped(NamedTuple):
    """The clusters of a run, and how it came by them."""

    grouping: clustering.Grouping
    """The clusters."""
    joins: str | None
    """The earlier run whose clusters the findings joined; None where all were clustered anew."""
    n_joined: int
    """Findings that are new and joined a cluster of that run."""


def group_run(
    workspace: Workspace,
    findings: pl.DataFrame,
    *,
    runs: Sequence[DetectionRun],
    embed: Embed,
    embedder: str,
    run_id: str,
    now: datetime,
    seed: int = 0,
    whole: Collection[str] = (),
    namer: Namer | None = None,
    join_from: int = JOIN_FROM,
) -> Grouped:
    """Return the clusters of a run's findings.

    Parameters
    ----------
    workspace
        Where the earlier runs lie; nothing is written.
    findings
        schemas.FINDINGS, one row a finding of this run.
    runs
        The workspace's earlier runs, oldest first.
    embed, embedder
        Texts to vectors, and its name: only a run by the same is joined.
    run_id, now, seed, whole, namer
        As `clustering.group` has them; a cluster that goes on keeps its name.
    join_from
        Findings from which a run joins the one before.
    """
    before = _run_to_join(runs, embedder=embedder, n_findings=findings.height, join_from=join_from)
    if before is None:
        grouping = clustering.group(findings, embed=embed, run_id=run_id, now=now, seed=seed, whole=whole, namer=namer)
        return Grouped(grouping, None, 0)
    joined = join(
        findings, _read(workspace, before), embed=embed, run_id=run_id, now=now, seed=seed, whole=whole, namer=namer
    )
    note = f"{counted(joined.n_joined, 'new finding')} joined clusters of {before.id}, which keep their bounds"
    return Grouped(joined.grouping._replace(notes=(note, *joined.grouping.notes)), before.id, joined.n_joined)


def _run_to_join(
    runs: Sequence[DetectionRun], *, embedder: str, n_findings: int, join_from: int
) -> DetectionRun | None:
    """Return the newest run that is large enough and of this embedder, unless it is time to cluster anew."""
    by_id = {run.id: run for run in runs}
    fitting = [run for run in runs if run.embedder == embedder and run.n_findings >= join_from]
    if n_findings < join_from or not fitting:
        return None
    root = newest = fitting[-1]
    while root.joins in by_id:
        root = by_id[root.joins]
    return newest if n_findings < ANEW_FROM * root.n_findings else None


def _read(workspace: Workspace, run: DetectionRun) -> Earlier:
    of_run = pl.col("run_id") == run.id
    scan = workspace.telemetry.scan
    told = ("finding_id", "detector", "detector_version", "text", "evidence")
    placed = scan(MEMBERSHIPS).filter(of_run).select("finding_id", "cluster_id", "strength", "x", "y")
    # What people put together is no cluster that others may join: it is added to every run as it is.
    findings = scan(FINDINGS).filter(of_run, pl.col("detector") != BY_HAND).select(told).join(placed, on="finding_id")
    return Earlier(findings.collect(), scan(CLUSTERS).filter(of_run, pl.col("detector") != BY_HAND).collect())
