"""Cause proposals of one detection run: what the contrasts found, as records that a person can confirm or reject.

A cluster without a cause says why, because "we looked and found nothing" is another answer than "we could not look".
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import polars as pl

from workbench.boundaries.display import shorten
from workbench.causes.attributes import ATTRIBUTES, trace_attributes
from workbench.causes.contrast import MIN_TRACES, contrast
from workbench.causes.members import with_traces
from workbench.ids import content_id
from workbench.records import Cause
from workbench.schemas import require

MAX_CAUSES = 5
"""Causes proposed for one cluster, those that set it apart most: what a reviewer reads."""
MAX_OF_ATTRIBUTE = 2
"""Of these, values of one attribute: runs that fail late have used many tools, which would hide the task."""
MAX_EVIDENCE = 20
"""Traces named as evidence: more than a reviewer opens."""
MAX_VALUE_CHARACTERS = 120
"""A value in a sentence; the cause itself holds all of it."""

Reason = Literal["too_few_traces", "no_attribute", "no_rest", "nothing_over_represented"]
WHY: Mapping[Reason, str] = {
    "too_few_traces": f"it has fewer than {MIN_TRACES} traces",
    "no_attribute": "no attribute of its traces is recorded",
    "no_rest": "every trace that can be compared is in it",
    "nothing_over_represented": "no attribute value is more frequent in it than elsewhere beyond chance",
}
"""Why a cluster has no cause, in words."""

_PHRASES = {attribute.name: attribute.phrase for attribute in ATTRIBUTES}
_MEMBERSHIP = ["run_id", "finding_id", "cluster_id"]
_FINDING = ["run_id", "finding_id", "detector", "trace_id", "session_id"]


class Proposal(NamedTuple):
    """The causes proposed in one run, and the clusters without any."""

    causes: tuple[Cause, ...]
    """By cluster id, best first within each cluster."""
    without: Mapping[str, Reason]
    """Why each other cluster has none, by cluster id; `WHY` has the words."""


def propose(
    findings: pl.DataFrame,
    memberships: pl.DataFrame,
    spans: pl.LazyFrame,
    *,
    run_id: str,
    examined: pl.DataFrame | None = None,
    circular: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Proposal:
    """Return the proposed causes of each cluster of a detection run; deterministic, reads each span once.

    Parameters
    ----------
    findings
        schemas.FINDINGS, one row a finding of the run; others are left out.
    memberships
        schemas.MEMBERSHIPS, one row a finding of the run; noise has no cluster and no cause.
    spans
        schemas.SPANS of the run's window.
    run_id
        The detection run.
    examined
        Units that each detector could judge: detector, trace_id, session_id. Clusters are compared with the traces of
        these; None is all traces.
    circular
        Attributes that a detector's judgement itself goes by, by detector: proposed for none of its clusters.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    require(findings, _FINDING, of="propose")
    require(memberships, _MEMBERSHIP, of="propose")
    of_run = memberships.filter(pl.col("run_id") == run_id).drop_nulls("cluster_id").select(_MEMBERSHIP)
    if of_run.is_empty():
        return Proposal((), {})
    placed = of_run.join(findings.select(_FINDING), on=["run_id", "finding_id"])
    members = with_traces(placed, spans).select("cluster_id", "detector", "trace_id").unique()
    attributes = trace_attributes(spans)
    judged = None if examined is None else with_traces(examined, spans)
    values, known = contrast(members, attributes, examined=judged, circular=circular)
    chosen = _chosen(values)
    causes = _causes(_with_evidence(chosen, members, attributes), run_id=run_id)
    sizes = of_run.select("cluster_id").unique().join(_sizes(members), on="cluster_id", how="left")
    return Proposal(causes, _reasons(sizes.fill_null(0), known, {cause.cluster_id for cause in causes}))


def statement(row: Mapping[str, Any]) -> str:
    """Return the hypothesis as a sentence; it holds words from traces.

    Parameters
    ----------
    row
        One row of `Contrast.values`, with n_traces, the traces of the cluster.

    Examples
    --------
    >>> counts = {"hits": 41, "n": 47, "other_hits": 120, "other_n": 1000, "n_traces": 50}
    >>> statement({"attribute": "prompt_version", "value": "7", "same": [], **counts})
    '41 of 47 traces used prompt version 7 (elsewhere 12 %); not known of 3 more'
    """
    said = (
        f"{row['hits']} of {row['n']} traces {_phrase(row)} (elsewhere {_percent(row['other_hits'], row['other_n'])})"
    )
    if row["same"]:
        said += f"; exactly the same traces {' and '.join(map(_phrase, row['same']))}"
    n_unknown = row["n_traces"] - row["n"]
    return f"{said}; not known of {n_unknown} more" if n_unknown else said


def _phrase(value: Mapping[str, Any]) -> str:
    phrase = _PHRASES.get(value["attribute"], f"had {value['attribute']}")
    return f"{phrase} {shorten(value['value'], MAX_VALUE_CHARACTERS)}"


def _percent(hits: int, n: int) -> str:
    """Return a share as a whole percentage that never makes some into none, or not all into all."""
    if 0 < 100 * hits < n:
        return "under 1 %"
    return "over 99 %" if 99 * n < 100 * hits < 100 * n else f"{100 * hits / n:.0f} %"


def _chosen(values: pl.DataFrame) -> pl.DataFrame:
    of_each = values.filter(pl.int_range(pl.len()).over("cluster_id", "attribute") < MAX_OF_ATTRIBUTE)
    return of_each.filter(pl.int_range(pl.len()).over("cluster_id") < MAX_CAUSES)


def _sizes(members: pl.DataFrame) -> pl.DataFrame:
    return members.group_by("cluster_id").agg(pl.len().cast(pl.Int64).alias("n_traces"))


def _with_evidence(chosen: pl.DataFrame, members: pl.DataFrame, attributes: pl.DataFrame) -> pl.DataFrame:
    """Return the chosen values with n_traces of their cluster, and evidence: its first traces that have the value."""
    key = ["cluster_id", "attribute", "value"]
    having = members.join(chosen.select(key), on="cluster_id").join(attributes, on=["trace_id", "attribute", "value"])
    evidence = having.group_by(key).agg(evidence=pl.col("trace_id").sort().head(MAX_EVIDENCE))
    return chosen.join(evidence, on=key, how="left", maintain_order="left").join(
        _sizes(members), on="cluster_id", how="left", maintain_order="left"
    )


def _causes(chosen: pl.DataFrame, *, run_id: str) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            id=content_id("cau", row["cluster_id"], "contrast", row["attribute"], row["value"]),
            run_id=run_id,
            cluster_id=row["cluster_id"],
            kind="contrast",
            attributes=(row["attribute"],),
            values=(row["value"],),
            statement=statement(row),
            n_cluster_with=row["hits"],
            n_cluster=row["n"],
            n_rest_with=row["other_hits"],
            n_rest=row["other_n"],
            **{name: row[name] for name in ("lift", "lift_low", "lift_high", "p_value", "q_value", "share_explained")},
            evidence=tuple(row["evidence"]),
        )
        for row in chosen.iter_rows(named=True)
    )


def _reasons(sizes: pl.DataFrame, known: pl.DataFrame, having_causes: set[str]) -> dict[str, Reason]:
    with_rest = known.filter(pl.col("n") < pl.col("n_all"))
    clusters_known, clusters_compared = set(known["cluster_id"]), set(with_rest["cluster_id"])
    reasons: dict[str, Reason] = {}
    for cluster_id, n_traces in sizes.sort("cluster_id").iter_rows():
        if cluster_id in having_causes:
            continue
        if n_traces < MIN_TRACES:
            reasons[cluster_id] = "too_few_traces"
        elif cluster_id not in clusters_known:
            reasons[cluster_id] = "no_attribute"
        else:
            reasons[cluster_id] = "nothing_over_represented" if cluster_id in clusters_compared else "no_rest"
    return reasons
