"""The findings of a run become clusters with a description and a map: this stage as a whole, frames in and frames out.

Each detector's findings are clustered apart, because a cluster is the findings of one kind that look alike.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.describe import describe
from workbench.clustering.families import families
from workbench.clustering.map import place
from workbench.clustering.naming import Namer, name_clusters
from workbench.clustering.partition import partition, together
from workbench.clustering.remembering import remembering
from workbench.clustering.structure import structures, without_words
from workbench.clustering.survey import TakeSurvey, survey_once
from workbench.clustering.words import with_words
from workbench.counted import counted
from workbench.embedder import Embed
from workbench.schemas import FINDINGS, MEMBERSHIPS, require

_WHOLE = "one cluster, whatever its texts say: what it finds is one problem"


class Grouping(NamedTuple):
    """The clusters of one detection run."""

    memberships: pl.DataFrame
    """schemas.MEMBERSHIPS, one row a finding."""
    clusters: pl.DataFrame
    """schemas.CLUSTERS, one row a cluster, largest first."""
    noise_share: float | None
    """Share of the findings in no cluster, 0 to 1; None without findings."""
    grouped: Mapping[str, int]
    """Findings in a cluster, by detector."""
    notes: tuple[str, ...]
    """What the reader must know of how it was done, a sentence each, beginning with the detector."""


def group(
    findings: pl.DataFrame,
    *,
    embed: Embed,
    run_id: str,
    now: datetime,
    seed: int = 0,
    whole: Collection[str] = (),
    namer: Namer | None = None,
) -> Grouping:
    """Return the clusters of a run's findings, each of one detector; noise stays noise.

    Deterministic given seed, and independent of the order of the findings.

    Parameters
    ----------
    findings
        schemas.FINDINGS, one row a finding of one run.
    embed
        Texts to vectors, (n, d) float32, rows of length 1; each distinct text is asked for once.
    run_id
        The detection run.
    now
        The time of the run, UTC.
    seed
        Seed of UMAP, of the choice of landmarks and of the resamples.
    whole
        Detectors whose findings are one cluster, whatever their texts say; too few of them are noise.
    namer
        Names each cluster, called once a cluster; None leaves them with their key phrases.

    Raises
    ------
    SchemaError
        If a column of schemas.FINDINGS is missing.
    ValueError
        If a finding is there twice.
    """
    require(findings, FINDINGS.schema.names(), of="clustering.group")
    if findings["finding_id"].n_unique() < findings.height:
        raise ValueError("a finding_id is there twice, findings must be of one run")
    findings = findings.with_columns(pl.col("text").fill_null(""))
    embed = remembering(with_words(embed))
    embed(findings["text"].unique().sort().to_list())
    take_survey = survey_once()
    placed, stabilities, notes = _partition_each(findings, embed=embed, seed=seed, whole=whole, take_survey=take_survey)
    clusters = describe(placed, embed=embed, run_id=run_id, day=now.astimezone(UTC).date())
    clusters = families(_with_stability(clusters, stabilities), findings, embed=embed)
    if namer is not None:
        clusters, unnamed = name_clusters(clusters, findings, namer=namer)
        notes = (*notes, *unnamed)
    mapped = _map(placed, embed=embed, seed=seed, take_survey=take_survey)
    memberships = _memberships(mapped, clusters, run_id)
    noise_share = placed.select((pl.col("cluster") < 0).mean()).item()
    return Grouping(memberships, clusters, noise_share, count_grouped(placed), notes)


def _partition_each(
    findings: pl.DataFrame, *, embed: Embed, seed: int, whole: Collection[str], take_survey: TakeSurvey
) -> tuple[pl.DataFrame, dict[int, float], tuple[str, ...]]:
    """Return the findings with cluster, suggested and strength, the clusters' stability, and the notes.

    Clusters are numbered over all detectors.
    """
    none = np.zeros(0, dtype=np.int64)
    parts, notes = [findings.clear().with_columns(_columns(none, none, none.astype(np.float64)))], []
    stabilities: list[float] = []
    ordered = findings.sort("detector", "finding_id")
    told = ordered.with_columns(without_words(ordered))
    for (detector, is_bare), part in told.group_by("detector", "without_words", maintain_order=True):
        of_detector = part.drop("without_words")
        texts = of_detector["text"].to_list()
        if detector in whole:
            found = together([""] * len(texts))._replace(note=_WHOLE)
        elif is_bare:
            found = together(texts)
        else:
            found = partition(
                texts, embed=embed, seed=seed, structures=structures(of_detector), take_survey=take_survey
            )
        after = len(stabilities)
        columns = _columns(_after(found.labels, after), _after(found.suggested, after), found.strengths)
        parts.append(of_detector.with_columns(columns))
        stabilities += found.stabilities.tolist()
        n_empty = int((of_detector["text"].str.strip_chars() == "").sum())
        notes += [
            f"{detector}: {said}"
            for said in (
                found.note,
                f"{counted(n_empty, 'finding')} without a text: noise" * (n_empty > 0),
            )
            if said
        ]
    placed, renumber = _number(pl.concat(parts))
    return placed, {renumber[place]: value for place, value in enumerate(stabilities)}, tuple(notes)


def _number(findings: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, int]]:
    """Return the findings, their clusters numbered over all detectors, largest first, and the new number by the old.

    The first id decides between equals.
    """
    ranked = (
        findings.filter(pl.col("cluster") >= 0)
        .group_by("cluster")
        .agg(n=pl.len(), first=pl.col("finding_id").min())
        .sort("n", "first", descending=[True, False])
    )
    renumber = dict(zip(ranked["cluster"].to_list(), range(ranked.height), strict=True))
    numbered = findings.with_columns(
        pl.col("cluster", "suggested").replace_strict(renumber, default=-1, return_dtype=pl.Int64)
    )
    return numbered, renumber


def _with_stability(clusters: pl.DataFrame, stabilities: Mapping[int, float]) -> pl.DataFrame:
    values = [stabilities[cluster] for cluster in clusters["cluster"]]
    return clusters.with_columns(pl.Series("stability", values, dtype=pl.Float64).fill_nan(None))


def count_grouped(findings: pl.DataFrame) -> dict[str, int]:
    """Return how many findings are in a cluster, by detector."""
    counts = findings.group_by("detector").agg((pl.col("cluster") >= 0).sum()).sort("detector")
    return {detector: int(n) for detector, n in counts.iter_rows()}


def _map(findings: pl.DataFrame, *, embed: Embed, seed: int, take_survey: TakeSurvey) -> pl.DataFrame:
    places = place(findings["text"].to_list(), embed=embed, seed=seed, take_survey=take_survey)
    return findings.with_columns(
        pl.Series("x", places[:, 0], dtype=pl.Float64).fill_nan(None),
        pl.Series("y", places[:, 1], dtype=pl.Float64).fill_nan(None),
    )


def _memberships(findings: pl.DataFrame, clusters: pl.DataFrame, run_id: str) -> pl.DataFrame:
    return (
        findings.join(clusters.select("cluster", "cluster_id"), on="cluster", how="left")
        .with_columns(run_id=pl.lit(run_id), suggested=pl.when(pl.col("suggested") >= 0).then("suggested"))
        .select(pl.col(name).cast(dtype) for name, dtype in MEMBERSHIPS.schema.items())
        .sort("finding_id")
    )


def _columns(
    cluster: NDArray[np.int64], suggested: NDArray[np.int64], strength: NDArray[np.float64]
) -> list[pl.Series]:
    return [
        pl.Series("cluster", cluster, dtype=pl.Int64),
        pl.Series("suggested", suggested, dtype=pl.Int64),
        pl.Series("strength", strength, dtype=pl.Float64),
    ]


def _after(labels: NDArray[np.int64], n_clusters: int) -> NDArray[np.int64]:
    return np.where(labels < 0, -1, labels + n_clusters)
