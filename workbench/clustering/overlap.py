"""How many findings the clusters of two runs share, of those that both runs know.

A finding keeps its id in every run, so that shared members are the surest sign that two clusters are one problem, and
the only one that a cluster was split or that two were merged.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray


class Overlap(NamedTuple):
    """Findings of m clusters of this run and of b clusters of earlier runs."""

    shared: NDArray[np.int64]
    """(m, b) int64: findings that both clusters hold."""
    n_now: NDArray[np.int64]
    """(m,) int64: findings of each cluster of this run that the earlier runs know too, clustered or not."""
    n_before: NDArray[np.int64]
    """(b,) int64: findings of each earlier cluster that this run knows too, clustered or not."""


def overlap(
    *,
    clusters_now: pl.DataFrame,
    memberships_now: pl.DataFrame,
    clusters_before: pl.DataFrame,
    memberships_before: pl.DataFrame,
) -> Overlap:
    """Return how many findings each pair of clusters shares.

    Parameters
    ----------
    clusters_now, clusters_before
        One row a cluster, with its cluster_id; the earlier ones may be of several runs.
    memberships_now, memberships_before
        schemas.MEMBERSHIPS, one row a finding; of the same runs.
    """
    now = _members(clusters_now, memberships_now.join(memberships_before, on="finding_id", how="semi"))
    before = _members(clusters_before, memberships_before.join(memberships_now, on="finding_id", how="semi"))
    pairs = now.join(before, on="finding_id", suffix="_before").group_by("place", "place_before").len()
    shared = np.zeros((clusters_now.height, clusters_before.height), dtype=np.int64)
    shared[pairs["place"].to_numpy(), pairs["place_before"].to_numpy()] = pairs["len"].to_numpy()
    return Overlap(
        shared,
        np.bincount(now["place"].to_numpy(), minlength=clusters_now.height),
        np.bincount(before["place"].to_numpy(), minlength=clusters_before.height),
    )


def _members(clusters: pl.DataFrame, memberships: pl.DataFrame) -> pl.DataFrame:
    """Return one row a finding in one of the clusters: finding_id, and the cluster's place in its frame."""
    places = clusters.select("cluster_id", place=pl.int_range(pl.len()))
    return memberships.select("finding_id", "cluster_id").join(places, on="cluster_id").select("finding_id", "place")
