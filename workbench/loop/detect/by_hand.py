"""Problems that a person named by their traces: every run finds them again, as the clusters that people made.

Where no detector finds a problem, or its findings read like no other, people see it all the same. What they put
together is a cluster like any other from then on: it is reviewed, ranked, mended and watched by the traces they named.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from workbench import detectors
from workbench.backlog import goes_on
from workbench.clustering import Embed, Grouping
from workbench.clustering.describe import describe
from workbench.detectors.detector import Detector
from workbench.detectors.explain import NO_WORDS, first_requests
from workbench.detectors.units import answer, traces
from workbench.records import Issue, Severity
from workbench.schemas import FINDINGS, MEMBERSHIPS, SIGNALS
from workbench.store import Workspace

BY_HAND = "by_hand"
"""What stands in a detector's place."""
SEVERITY: Severity = "medium"
"""Of a problem of which the person who named it says nothing else."""


class Named(NamedTuple):
    """Clusters that people made, as a run has them."""

    findings: pl.DataFrame
    """schemas.FINDINGS, one row a trace."""
    memberships: pl.DataFrame
    """schemas.MEMBERSHIPS, one row a finding."""
    clusters: pl.DataFrame
    """schemas.CLUSTERS, one row a cluster."""


def named(
    spans: pl.LazyFrame, places: Mapping[str, int], *, run_id: str, now: datetime, embed: Embed, severity: Severity
) -> Named:
    """Return traces that people put together as clusters of a run; what is not among the spans is left out.

    Parameters
    ----------
    spans
        schemas.SPANS of the run's window.
    places
        The number of each trace's cluster in the run.
    run_id, now
        The run, and its time, UTC.
    embed
        Texts to vectors.
    severity
        How much one finding hurts a user.
    """
    detector = _detector(list(places), severity=severity)
    found = detectors.examine(detector, spans, SIGNALS.empty().lazy(), run_id=run_id, now=now).findings
    placed = found.with_columns(cluster=pl.col("trace_id").replace_strict(places, return_dtype=pl.Int64, default=None))
    clusters = describe(placed, embed=embed, run_id=run_id, day=now.astimezone(UTC).date())
    memberships = placed.join(clusters.select("cluster", "cluster_id"), on="cluster").with_columns(strength=1.0)
    missing = [pl.lit(None).alias(name) for name in MEMBERSHIPS.schema.names() if name not in memberships.columns]
    columns = [pl.col(name).cast(dtype) for name, dtype in MEMBERSHIPS.schema.items()]
    return Named(found, memberships.with_columns(missing).select(columns), clusters)


def with_named(
    workspace: Workspace,
    findings: pl.DataFrame,
    grouping: Grouping,
    spans: pl.LazyFrame,
    *,
    run_id: str,
    now: datetime,
    embed: Embed,
) -> tuple[pl.DataFrame, Grouping]:
    """Return a run's findings and grouping with the clusters that people made before, of traces that the run looks at.

    Each goes on with the issue that it was opened as. Of what people rejected nothing is found again.
    """
    issues = [one for one, onward in opened_by_hand(workspace) if onward.state != "rejected"]
    held = traces_of(workspace, [one.id for one in issues])
    first = grouping.clusters.height
    places = {trace: first + place for place, one in enumerate(issues) for trace in held[one.id]}
    if not places:
        return findings, grouping
    made = named(spans, places, run_id=run_id, now=now, embed=embed, severity=SEVERITY)
    before = {first + place: one.cluster_id for place, one in enumerate(issues)}
    continues = pl.col("cluster").replace_strict(before, return_dtype=pl.String)
    whole = grouping._replace(
        memberships=pl.concat([grouping.memberships, made.memberships]).sort("finding_id"),
        clusters=pl.concat([grouping.clusters, made.clusters.with_columns(continues=continues)]),
    )
    return pl.concat([findings, made.findings]), whole


def opened_by_hand(workspace: Workspace) -> list[tuple[Issue, Issue]]:
    """Return the issues that people opened of traces, each with the one that goes on for it: itself, if not merged."""
    every = {one.id: one for one in workspace.ledger.latest(Issue)}
    return [(one, goes_on(one, every)) for one in every.values() if one.detector == BY_HAND]


def traces_of(workspace: Workspace, issue_ids: Collection[str]) -> dict[str, list[str]]:
    """Return by issue the traces of which people opened it, as far as none was erased."""
    opened: dict[str, Issue] = {}
    for one in workspace.ledger.revisions(Issue) if issue_ids else ():
        if one.id in issue_ids:
            opened.setdefault(one.id, one)
    held: dict[str, list[str]] = {issue_id: [] for issue_id in issue_ids}
    if not opened:
        return held
    of = {one.cluster_id: one.id for one in opened.values()}
    of_runs = pl.col("run_id").is_in(sorted({one.run_id for one in opened.values()}))
    places = workspace.telemetry.scan(MEMBERSHIPS).filter(of_runs, pl.col("cluster_id").is_in(sorted(of)))
    found = workspace.telemetry.scan(FINDINGS).filter(of_runs).select("run_id", "finding_id", "trace_id")
    rows = places.join(found, on=["run_id", "finding_id"]).select("cluster_id", "trace_id").collect()
    for cluster_id, trace_id in rows.sort("trace_id").iter_rows():
        held[of[cluster_id]].append(trace_id)
    return held


def _detector(trace_ids: Sequence[str], *, severity: Severity) -> Detector:
    """Return what finds the traces that people named, and says of them what the user had asked for."""

    def judged(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        del signals
        mine = spans.filter(pl.col("trace_id").is_in(trace_ids))
        return answer(
            traces(mine).join(first_requests(mine), on="trace_id", how="left"),
            is_found=pl.lit(value=True),
            reason=pl.lit(None, pl.String),
            text=pl.coalesce("request", pl.lit(NO_WORDS)),
            evidence=pl.struct(named_by=pl.lit("a person")),
        )

    question = "Is it of the problem that a person saw in traces like this one?"
    return Detector(code=BY_HAND, version=1, unit="trace", severity=severity, question=question, detect=judged)
