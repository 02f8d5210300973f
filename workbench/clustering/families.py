"""Families of clusters: where there are many, a person looks first at what they are about, then at each.

The clusters of one detector are joined by average linkage of their centres, so that a family holds what is near in
meaning. Where there are few, a list is read as it is.
"""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.embed import scale_to_unit
from workbench.embedder import Embed
from workbench.schemas import require

FAMILIES_FROM = 12
"""Clusters of one detector from which on they have families: fewer are read at a glance."""


def families(clusters: pl.DataFrame, texts: pl.DataFrame, *, embed: Embed) -> pl.DataFrame:
    """Return the clusters with their family: its number over all detectors, the largest first; null where few.

    A detector with k clusters has about the root of k families.

    Parameters
    ----------
    clusters
        schemas.CLUSTERS, one row a cluster of one run.
    texts
        One row a finding at least for the exemplars: finding_id and text.
    embed
        Texts to vectors.
    """
    require(clusters, ("cluster_id", "detector", "exemplars", "n_findings"), of="clustering.families")
    joined = [
        _join(of_detector, texts, embed)
        for _, of_detector in clusters.group_by("detector", maintain_order=True)
        if of_detector.height >= FAMILIES_FROM
    ]
    if not joined:
        return clusters.with_columns(family=pl.lit(None, dtype=pl.Int64))
    named = pl.concat(joined).join(clusters.select("cluster_id", "n_findings", "cluster"), on="cluster_id")
    ranked = (
        named.group_by("detector", "of_detector")
        .agg(n=pl.col("n_findings").sum(), first=pl.col("cluster").min())
        .sort("n", "first", descending=[True, False])
        .with_columns(family=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    families = named.join(ranked, on=["detector", "of_detector"]).select("cluster_id", "family")
    return (
        clusters.drop("family")
        .join(families, on="cluster_id", how="left", maintain_order="left")
        .select(clusters.columns)
    )


def centres(clusters: pl.DataFrame, texts: pl.DataFrame, *, embed: Embed) -> NDArray[np.float64]:
    """Return the centre of each cluster's exemplars, (clusters, d), of length 1; 0 where no exemplar has a text."""
    said = texts.select("finding_id", pl.col("text").fill_null("")).unique(
        "finding_id", keep="first", maintain_order=True
    )
    exemplars = (
        clusters.select("exemplars", place=pl.int_range(pl.len()))
        .explode("exemplars")
        .join(said, left_on="exemplars", right_on="finding_id", maintain_order="left")
    )
    vectors = np.asarray(embed(exemplars["text"].to_list()), dtype=np.float64)
    totals = np.zeros((clusters.height, vectors.shape[1]))
    np.add.at(totals, exemplars["place"].to_numpy(), vectors)
    return scale_to_unit(totals).astype(np.float64)


def _join(clusters: pl.DataFrame, texts: pl.DataFrame, embed: Embed) -> pl.DataFrame:
    """Return cluster_id, detector and the number of the family within the detector."""
    from scipy.cluster.hierarchy import fcluster, linkage

    places = centres(clusters, texts, embed=embed)
    # Rounded, so that the last bits of a sum do not decide which two are joined first.
    rounded = np.round(scale_to_unit(places - places.mean(axis=0)), 4)
    tree = linkage(rounded, "average")
    of_detector = fcluster(tree, round(math.sqrt(clusters.height)), criterion="maxclust")
    return clusters.select("cluster_id", "detector", of_detector=pl.Series(of_detector, dtype=pl.Int64))
