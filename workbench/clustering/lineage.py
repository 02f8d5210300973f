"""What became of the clusters of earlier runs: which were split, and which were merged into another.

An issue keeps its identity through `match`. This says what identity alone hides: that a part of one problem is now a
problem of its own, or that two problems turned out to be one.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import polars as pl

from workbench.clustering.overlap import overlap
from workbench.schemas import require

MOST = 0.5
"""Share of a part's findings, of those that both runs know, that must come from (or go to) one cluster: above half,
so that a part has one origin."""
SHARED_FINDINGS = 5
"""Findings that must be shared: as many as make the smallest cluster."""


class Lineage(NamedTuple):
    """A cluster of this run that took members of a cluster of an earlier run without continuing it."""

    kind: Literal["split", "merge"]
    """split: the earlier cluster goes on elsewhere, this is a part of it. merge: it went into this one, and ends."""
    now: str
    """The cluster of this run."""
    before: str
    """The earlier cluster."""
    n_shared: int
    """Findings that both hold."""
    share: float
    """Of a split the share of the new cluster's findings that were in the earlier one, of a merge the share of the
    earlier cluster's that are in the new one; of the findings that both runs know, 0 to 1."""


def lineage(
    *,
    clusters_now: pl.DataFrame,
    memberships_now: pl.DataFrame,
    clusters_before: pl.DataFrame,
    memberships_before: pl.DataFrame,
    same_as: Mapping[str, str],
) -> list[Lineage]:
    """Return the splits, then the merges, in the order of the clusters of this run.

    Parameters
    ----------
    clusters_now, clusters_before
        One row a cluster, with cluster_id and detector.
    memberships_now, memberships_before
        schemas.MEMBERSHIPS, one row a finding; of the same runs.
    same_as
        Cluster of this run to the earlier cluster that it continues, as `match` found them.
    """
    for frame in (clusters_now, clusters_before):
        require(frame, ("cluster_id", "detector"), of="clustering.lineage")
    shared, n_now, n_before = overlap(
        clusters_now=clusters_now,
        memberships_now=memberships_now,
        clusters_before=clusters_before,
        memberships_before=memberships_before,
    )
    continued = set(same_as.values())
    splits, merges = [], []
    for row, (now, detector) in enumerate(clusters_now.select("cluster_id", "detector").iter_rows()):
        for column, (before, its) in enumerate(clusters_before.select("cluster_id", "detector").iter_rows()):
            n_shared = int(shared[row, column])
            if detector != its or n_shared < SHARED_FINDINGS or same_as.get(now) == before:
                continue
            if before not in continued and n_shared > MOST * n_before[column]:
                merges.append(Lineage("merge", now, before, n_shared, n_shared / int(n_before[column])))
            elif now not in same_as and before in continued and n_shared > MOST * n_now[row]:
                splits.append(Lineage("split", now, before, n_shared, n_shared / int(n_now[row])))
    return [*splits, *merges]
