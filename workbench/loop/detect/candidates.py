"""What a review can show: the traces of each cluster, once each, and those that no detector found."""

from typing import NamedTuple

import polars as pl

from workbench.causes.members import in_last_traces, with_traces
from workbench.records import DetectionRun
from workbench.schemas import FINDINGS, MEMBERSHIPS
from workbench.store import Workspace
from workbench.store.derived import traces as derive_traces
from workbench.windows import Window

_COLUMNS = ("cluster_id", "detector", "trace_id", "text", "strength", "x", "y", "at")


class Candidates(NamedTuple):
    """What can be drawn, as `review.draw` takes it."""

    clustered: pl.DataFrame
    """One row a trace and cluster."""
    unflagged: pl.DataFrame
    """One row a trace that no detector found in anything."""


def candidates(workspace: Workspace, run: DetectionRun) -> Candidates:
    """Return what a review of a detection run can show; read-only.

    What a detector found in a session is shown in the session's last trace. Traces are copies of each other where they
    were asked the same and answered the same, and the detector says the same of them.
    """
    findings, memberships = (
        workspace.telemetry.scan(table).filter(pl.col("run_id") == run.id).collect(engine="streaming")
        for table in (FINDINGS, MEMBERSHIPS)
    )
    spans = workspace.telemetry.spans_of_traces(window=Window.parse(run.window, now=run.at))
    traces = _traces(spans)
    places = memberships.select("finding_id", "cluster_id", "strength", "x", "y")
    members = findings.join(places, on="finding_id").drop_nulls("cluster_id").drop("at")
    found = with_traces(findings.select("trace_id", "session_id"), spans)
    unflagged = traces.join(found, on="trace_id", how="anti")
    nothing = {"cluster_id": pl.String, "detector": pl.String, "strength": pl.Float64, "x": pl.Float64, "y": pl.Float64}
    return Candidates(
        _one_a_trace(in_last_traces(members, traces).drop_nulls("trace_id"), traces),
        unflagged.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in nothing.items())
        .rename({"said": "text"})
        .select(_COLUMNS),
    )


def _traces(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a trace: its session, its start, and what tells copies of it, null where it says nothing."""
    says_nothing = pl.col("input").is_null() & pl.col("output").is_null()
    said = pl.struct("name", "input", "output").hash().cast(pl.String)
    return (
        derive_traces(spans)
        .select(
            *("trace_id", "session_id"),
            pl.col("started_at").alias("at"),
            pl.when(~says_nothing).then(said).alias("said"),
        )
        .collect(engine="streaming")
    )


def _one_a_trace(members: pl.DataFrame, traces: pl.DataFrame) -> pl.DataFrame:
    """Return one row a cluster and trace: the finding that its cluster holds most firmly."""
    firmest = members.sort("strength", "finding_id", descending=[True, False], nulls_last=True).unique(
        ["cluster_id", "trace_id"], keep="first", maintain_order=True
    )
    text = pl.concat_str(pl.col("text").fill_null(""), pl.lit("\n"), "said")  # null where nothing tells copies
    return firmest.join(traces, on="trace_id", how="left").with_columns(text=text).select(_COLUMNS)
