"""A later run joins the clusters of an earlier one: new findings vote, and only what fits nowhere is clustered anew.

It is ten and more times faster than clustering everything again, and a cluster stays what it was: a person who judged
it does not find its members somewhere else a day later. The price is that clusters do not change their bounds, so that
the caller clusters anew from time to time.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from workbench.clustering.carrying import carried, numbers, typical
from workbench.clustering.dense import LEAST, least_size
from workbench.clustering.describe import describe
from workbench.clustering.families import families
from workbench.clustering.grouping import Grouping, count_grouped
from workbench.clustering.naming import Namer, name_clusters
from workbench.clustering.partition import partition
from workbench.clustering.remembering import remembering
from workbench.clustering.structure import structures, without_words
from workbench.clustering.voting import PLACE, vote
from workbench.clustering.words import with_words
from workbench.counted import counted
from workbench.embedder import Embed
from workbench.schemas import FINDINGS, MEMBERSHIPS, require

NOISE_TAKEN = 1_000
"""Findings of the earlier noise that are clustered again, the latest, one for each new one that fits nowhere; of more
than so many new ones one for every second. A problem that grows slowly is in the latest noise, and what has long been
noise would only make small clusters of chance. Of 10,000 new findings that leave 2,507, adjusted mutual information is
.603 either way."""
READ_EACH = 40
"""Findings of a cluster that phrases and typical members of a new one are taken from."""


class Earlier(NamedTuple):
    """What an earlier run found."""

    findings: pl.DataFrame
    """One row a finding of it: finding_id, detector, detector_version, text, evidence, cluster_id (null for noise),
    strength, x and y."""
    clusters: pl.DataFrame
    """schemas.CLUSTERS, one row a cluster of it."""


class Joined(NamedTuple):
    """The findings of a run in the clusters of an earlier one, and in new ones."""

    grouping: Grouping
    """The clusters that have a finding in this run; what an earlier one was is in `continues`."""
    n_joined: int
    """Findings that the earlier run did not know and that joined one of its clusters."""


def join(
    findings: pl.DataFrame,
    earlier: Earlier,
    *,
    embed: Embed,
    run_id: str,
    now: datetime,
    seed: int = 0,
    whole: Collection[str] = (),
    namer: Namer | None = None,
) -> Joined:
    """Return the findings in the clusters of an earlier run where they fit, else clustered anew, else noise.

    A finding that the earlier run knew keeps its cluster, one whose very text was there follows it, any other joins the
    cluster of most of its ten nearest texts, unless it is farther from it than its own members are. What is left, with
    the latest of the earlier noise, is clustered as a first run would. Deterministic given seed.

    Parameters
    ----------
    findings
        schemas.FINDINGS, one row a finding of this run.
    earlier
        The earlier run.
    embed
        Texts to vectors, as the earlier run had it.
    run_id, now
        This run and its time, UTC.
    seed
        Seed of what is clustered anew.
    whole
        Detectors whose findings are one cluster, whatever their texts say.
    namer
        Names each new cluster; one that goes on keeps its name.
    """
    require(findings, FINDINGS.schema.names(), of="clustering.join")
    embed = remembering(with_words(embed))
    findings = findings.with_columns(pl.col("text").fill_null("")).sort("detector", "finding_id")
    parts, notes, stabilities = [], [], {}
    for (detector,), of_detector in findings.group_by("detector", maintain_order=True):
        before = earlier.findings.filter(
            pl.col("detector") == detector, pl.col("detector_version") == of_detector["detector_version"].max()
        ).with_columns(pl.col("text").fill_null(""))
        placed = _follow(of_detector, before)
        if detector in whole:
            placed, found, note = _as_one(placed, before)
        else:
            is_bare = without_words(placed)
            bare, made = _by_text(placed.filter(is_bare))
            rest = vote(placed.filter(~is_bare), before, embed=embed)
            rest, found, note = _cluster_rest(rest, embed=embed, seed=seed)
            placed, found = pl.concat([rest, bare]), {**found, **made}
        stabilities.update(found)
        parts.append(placed)
        notes += [f"{detector}: {note}"] if note else []
    placed = pl.concat(parts) if parts else _empty(findings)
    joined = _joined(placed, earlier, stabilities, tuple(notes), embed=embed, run_id=run_id, now=now)
    return joined if namer is None else _named(joined, findings, namer)


def _follow(findings: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return the findings with where they are: as the earlier run placed them, or else their very text."""
    known = before.select("finding_id", *PLACE, is_known=pl.lit(True))
    by_text = before.sort("finding_id").unique("text", keep="first", maintain_order=True)
    texts = by_text.select("text", *(pl.col(name).alias(f"{name}_text") for name in PLACE), is_said=pl.lit(True))
    joined = findings.join(known, on="finding_id", how="left").join(texts, on="text", how="left")
    is_known, is_said = pl.col("is_known").is_not_null(), pl.col("is_said").is_not_null() & (pl.col("text") != "")
    return joined.select(
        *findings.columns,
        *(pl.when(is_known).then(name).when(is_said).then(f"{name}_text").alias(name) for name in PLACE),
        is_new=~is_known,
        is_open=~is_known & ~is_said & (pl.col("text").str.strip_chars() != ""),
    ).with_columns(pl.col("strength").fill_null(0.0))


def _cluster_rest(placed: pl.DataFrame, *, embed: Embed, seed: int) -> tuple[pl.DataFrame, dict[str, float], str]:
    """Return the findings with those in no cluster clustered anew, the new clusters' stability, and a note."""
    least = least_size(placed["text"].n_unique())
    unplaced = placed.filter(pl.col("cluster_id").is_null(), pl.col("text").str.strip_chars() != "")
    n_open = unplaced.filter("is_open").height
    if n_open < least:
        return placed, {}, ""
    latest = unplaced.filter(~pl.col("is_open")).sort("at", "finding_id", descending=True, nulls_last=True)
    in_none = pl.concat([unplaced.filter("is_open"), latest.head(max(min(n_open, NOISE_TAKEN), n_open // 2))])
    found = partition(in_none["text"].to_list(), embed=embed, seed=seed, structures=structures(in_none), least=least)
    detector = placed["detector"][0]
    named = [None if label < 0 else f"new {detector} {label}" for label in found.labels]
    answer = in_none.select("finding_id").with_columns(
        pl.Series("found", named, dtype=pl.String), pl.Series("how_firmly", found.strengths, dtype=pl.Float64)
    )
    joined = placed.join(answer, on="finding_id", how="left")
    made = joined.with_columns(
        pl.coalesce("cluster_id", "found").alias("cluster_id"),
        pl.when(pl.col("found").is_not_null()).then("how_firmly").otherwise("strength").alias("strength"),
    ).select(placed.columns)
    how = counted(n_open, "new finding that fitted", "new findings that fitted")
    note = f"{how} no earlier cluster: grouped with the latest noise" + f": {found.note}" * bool(found.note)
    return made, {f"new {detector} {label}": value for label, value in enumerate(found.stabilities.tolist())}, note


def _joined(
    placed: pl.DataFrame,
    earlier: Earlier,
    stabilities: dict[str, float],
    notes: tuple[str, ...],
    *,
    embed: Embed,
    run_id: str,
    now: datetime,
) -> Joined:
    placed = placed.rename({"cluster_id": "was"}).join(numbers(placed), on="was", how="left")
    placed = placed.with_columns(pl.col("cluster").fill_null(-1))
    clusters = describe(
        placed,
        embed=embed,
        run_id=run_id,
        day=now.astimezone(UTC).date(),
        n_read=READ_EACH,
        typical=typical(placed, earlier.clusters),
    )
    clusters = carried(clusters, placed, earlier.clusters, stabilities)
    clusters = families(clusters, placed, embed=embed)
    memberships = (
        placed.join(clusters.select("cluster", "cluster_id"), on="cluster", how="left")
        .with_columns(run_id=pl.lit(run_id), suggested=pl.lit(None))
        .select(pl.col(name).cast(dtype) for name, dtype in MEMBERSHIPS.schema.items())
        .sort("finding_id")
    )
    noise_share = placed.select((pl.col("cluster") < 0).mean()).item()
    is_continued = pl.col("was").is_in(earlier.clusters["cluster_id"].to_list())
    n_joined = placed.filter("is_new", is_continued).height
    return Joined(Grouping(memberships, clusters, noise_share, count_grouped(placed), notes), n_joined)


def _named(joined: Joined, findings: pl.DataFrame, namer: Namer) -> Joined:
    """Return the grouping with its new clusters named."""
    grouping = joined.grouping
    is_new = pl.col("continues").is_null()
    made, unnamed = name_clusters(grouping.clusters.filter(is_new), findings, namer=namer)
    clusters = pl.concat([grouping.clusters.filter(~is_new), made]).sort("cluster")
    return joined._replace(grouping=grouping._replace(clusters=clusters, notes=(*grouping.notes, *unnamed)))


def _as_one(placed: pl.DataFrame, before: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float], str]:
    """Return the findings in the one cluster that the earlier run had of them, or in a new one, if they are enough."""
    known = before["cluster_id"].drop_nulls().unique().sort()
    new = f"new {placed['detector'][0]} 0"
    if known.is_empty() and placed.height < LEAST:
        return placed, {}, ""
    cluster = known[0] if len(known) else new
    made = placed.with_columns(cluster_id=pl.lit(cluster), strength=pl.lit(1.0), is_open=pl.lit(value=False))
    return made, {} if len(known) else {new: float("nan")}, ""


def _by_text(bare: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float]]:
    """Return the findings without words of their own, those of one text in one cluster, if they are enough."""
    new = pl.format("new {} {}", "detector", "text")
    is_new = pl.col("cluster_id").is_null() & (pl.len().over("text") >= LEAST)
    made = bare.with_columns(
        cluster_id=pl.when(is_new).then(new).otherwise("cluster_id"),
        strength=pl.when(is_new).then(1.0).otherwise("strength"),
        is_open=pl.lit(value=False),
    )
    started = made.filter(pl.col("cluster_id").str.starts_with("new "))["cluster_id"].unique().sort()
    return made, dict.fromkeys(started, float("nan"))


def _empty(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.clear().with_columns(
        cluster_id=pl.lit(None, dtype=pl.String),
        strength=pl.lit(0.0),
        x=pl.lit(None, dtype=pl.Float64),
        y=pl.lit(None, dtype=pl.Float64),
        is_new=pl.lit(value=True),
        is_open=pl.lit(value=True),
    )
