"""A cluster that goes on keeps what it had: its phrases, its name, its stability and its typical members.

Who judged it finds it as it was; only a new cluster is described from what is in it now.
"""

from collections.abc import Mapping

import polars as pl

_CARRIED = ("phrases", "name", "named_by", "named_from", "stability")
"""Columns of schemas.CLUSTERS that an earlier cluster keeps."""


def numbers(placed: pl.DataFrame) -> pl.DataFrame:
    """Return the number of each cluster in this run, the largest first: was, cluster.

    Parameters
    ----------
    placed
        One row a finding of this run: finding_id and cluster_id, an earlier cluster's or the name of a new one.
    """
    return (
        placed.filter(pl.col("cluster_id").is_not_null())
        .group_by(was="cluster_id")
        .agg(n=pl.len(), first=pl.col("finding_id").min())
        .sort("n", "first", descending=[True, False])
        .select("was", cluster=pl.int_range(pl.len(), dtype=pl.Int64))
    )


def typical(placed: pl.DataFrame, before: pl.DataFrame) -> dict[int, list[str]]:
    """Return the typical members of the clusters that go on, of those that are in this run; none where none is.

    Parameters
    ----------
    placed
        One row a finding of this run: finding_id, was and cluster.
    before
        schemas.CLUSTERS of the earlier run.
    """
    exemplars = before.select(was="cluster_id", finding_id="exemplars").explode("finding_id")
    here = exemplars.join(placed.select("finding_id"), on="finding_id", how="semi", maintain_order="left")
    kept = here.join(_numbered(placed), on="was", maintain_order="left")
    return dict(kept.group_by("cluster", maintain_order=True).agg("finding_id").iter_rows())


def carried(
    clusters: pl.DataFrame, placed: pl.DataFrame, before: pl.DataFrame, stabilities: Mapping[str, float]
) -> pl.DataFrame:
    """Return the clusters with what an earlier one had, and which it continues.

    Parameters
    ----------
    clusters
        schemas.CLUSTERS of this run, as `describe` gives them.
    placed
        One row a finding of this run: was and cluster.
    before
        schemas.CLUSTERS of the earlier run.
    stabilities
        The stability of each new cluster, by its name.
    """
    earlier = before.select(
        pl.col("cluster_id").alias("was"),
        *(pl.col(name).alias(f"{name}_before") for name in _CARRIED),
    )
    new = pl.DataFrame(
        {"was": list(stabilities), "stability_new": list(stabilities.values())},
        {"was": pl.String, "stability_new": pl.Float64},
    )
    numbered = clusters.join(_numbered(placed), on="cluster")
    joined = numbered.join(earlier, on="was", how="left").join(new, on="was", how="left")
    return (
        joined.with_columns(
            *(pl.coalesce(f"{name}_before", name).alias(name) for name in _CARRIED if name != "stability"),
            pl.coalesce("stability_before", "stability_new").fill_nan(None).alias("stability"),
            pl.when(pl.col("was").is_in(before["cluster_id"].to_list())).then("was").alias("continues"),
        )
        .select(clusters.columns)
        .sort("cluster")
    )


def _numbered(placed: pl.DataFrame) -> pl.DataFrame:
    return placed.filter(pl.col("cluster") >= 0).select("was", "cluster").unique()
