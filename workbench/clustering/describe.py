"""What a cluster is, in a row: its phrases, its most typical findings, and the traces, sessions and users it touches.

It is what a person sees of a cluster before opening it, and what a cluster of a later run is compared with.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import numpy as np
import polars as pl

from workbench.clustering.phrases import find_phrases
from workbench.embedder import Embed
from workbench.ids import content_id
from workbench.schemas import CLUSTERS, require

N_EXEMPLARS = 5
"""As many as a person reads before judging a cluster."""

_LATER = ("name", "named_by", "named_from", "family", "stability", "continues")
"""Columns that are known, if at all, once all clusters are described."""
_READ = ("finding_id", "detector", "text", "trace_id", "session_id", "user_key", "at", "cluster")


def describe(
    findings: pl.DataFrame,
    *,
    embed: Embed,
    run_id: str,
    day: date,
    n_read: int | None = None,
    typical: Mapping[int, list[str]] = MappingProxyType({}),
) -> pl.DataFrame:
    """Return one row a cluster in schemas.CLUSTERS, largest cluster first.

    Parameters
    ----------
    findings
        One row a finding of this run, in schemas.FINDINGS, and `cluster`: its number, -1 for noise.
    embed
        The embedder that the findings were grouped by.
    run_id
        The detection run.
    day
        Its day, UTC.
    n_read
        Findings of each cluster, and of the noise, that phrases and exemplars are taken from; None is all.
    typical
        Exemplars of clusters that have them already.
    """
    require(findings, _READ, of="clustering.describe")
    findings = findings.with_columns(pl.col("text").fill_null("")).sort("finding_id")
    clustered = findings.filter(pl.col("cluster") >= 0)
    if clustered.is_empty():
        return CLUSTERS.empty()
    read = findings if n_read is None else findings.group_by("cluster", maintain_order=True).head(n_read)
    return (
        _counts(clustered, run_id)
        .join(_words(read), on="cluster")
        .join(_exemplars(read.filter(pl.col("cluster") >= 0), embed, typical), on="cluster")
        .with_columns(run_id=pl.lit(run_id), day=pl.lit(day))
        .with_columns(pl.lit(None).alias(name) for name in _LATER)
        .select(pl.col(name).cast(dtype) for name, dtype in CLUSTERS.schema.items())
        .sort("cluster")
    )


def cluster_id(run_id: str, finding_ids: list[str]) -> str:
    """Return the id of the cluster that holds these findings in this run; their order does not matter."""
    return content_id("clu", run_id, *sorted(finding_ids))


def _counts(clustered: pl.DataFrame, run_id: str) -> pl.DataFrame:
    counts = clustered.group_by("cluster").agg(
        pl.col("detector").first(),
        pl.col("finding_id"),
        n_findings=pl.len(),
        n_traces=pl.col("trace_id").drop_nulls().n_unique(),
        n_sessions=pl.col("session_id").drop_nulls().n_unique(),
        n_users=pl.col("user_key").drop_nulls().n_unique(),
        first_at=pl.col("at").min(),
        last_at=pl.col("at").max(),
    )
    ids = [cluster_id(run_id, members) for members in counts["finding_id"].to_list()]
    return counts.with_columns(cluster_id=pl.Series(ids, dtype=pl.String))


def _words(findings: pl.DataFrame) -> pl.DataFrame:
    """Return the phrases of each cluster; each detector's noise is a class of its own below -1, to compare with."""
    codes = {detector: -2 - place for place, detector in enumerate(findings["detector"].unique().sort())}
    texts: dict[int, Counter[str]] = {}
    for cluster, detector, text, n in findings.group_by("cluster", "detector", "text").len().iter_rows():
        texts.setdefault(cluster if cluster >= 0 else codes[detector], Counter())[text] += n
    phrases = find_phrases(texts)
    return pl.DataFrame({"cluster": list(phrases), "phrases": list(phrases.values())}, _lists("phrases"))


def _exemplars(clustered: pl.DataFrame, embed: Embed, typical: Mapping[int, list[str]]) -> pl.DataFrame:
    """Return the findings nearest to the centre of each cluster, each text once before any comes again."""
    rest = clustered.filter(~pl.col("cluster").is_in(list(typical)))
    rows = [(cluster, _nearest(members, embed)) for (cluster,), members in rest.group_by("cluster")]
    rows += list(typical.items())
    return pl.DataFrame(rows, _lists("exemplars"), orient="row")


def _nearest(members: pl.DataFrame, embed: Embed) -> list[str]:
    texts = members.group_by("text").len().sort("text")
    vectors = np.asarray(embed(texts["text"].to_list()), dtype=np.float64)
    near = vectors @ np.average(vectors, axis=0, weights=texts["len"].to_numpy())
    # Rounded, so that the last bits of a sum do not decide between equals.
    ranked = texts.select("text", near=pl.Series(np.round(near, 6)))
    return (
        members.join(ranked, on="text", maintain_order="left")
        .with_columns(nth=pl.int_range(pl.len()).over("text"))
        .sort("nth", "near", "finding_id", descending=[False, True, False])
        .head(N_EXEMPLARS)["finding_id"]
        .to_list()
    )


def _lists(name: str) -> dict[str, pl.DataType]:
    return {"cluster": pl.Int64(), name: pl.List(pl.String)}
