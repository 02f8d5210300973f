"""The traces that each issue holds, with whose they are: user, visit, tier, and what people said of each."""

from collections.abc import Mapping, Sequence

import polars as pl

from workbench.loop.detect.candidates import candidates
from workbench.records import DetectionRun, Issue
from workbench.schemas import SIGNALS, SPANS
from workbench.store import Workspace
from workbench.store.derived import traces as derive_traces
from workbench.store.joined import user_tiers
from workbench.windows import Window

_COLUMNS = {
    "part": pl.String,
    "item": pl.String,
    "trace_id": pl.String,
    "session_id": pl.String,
    "user": pl.String,
    "user_tier": pl.String,
    "label": pl.String,
}


def reached(
    workspace: Workspace,
    held: Mapping[str, Sequence[Issue]],
    *,
    runs: Mapping[str, DetectionRun],
    labels: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """Return by issue one row a trace and part, as `backlog.measure` takes it; read-only.

    A trace without a visit is a visit, and a visit without a user is a user's. What was said of a trace holds for its
    copies: those that were asked and answered the same.

    Parameters
    ----------
    workspace
        Where the findings and the telemetry lie.
    held
        By issue that goes on: the issues whose clusters count for it.
    runs
        The detection runs by id; what one that is not here saw is left out.
    labels
        part, trace_id, label, as of `said_of_issues`.
    """
    clusters = {one.run_id: set[str]() for of_owner in held.values() for one in of_owner if one.run_id in runs}
    for of_owner in held.values():
        for one in of_owner:
            if one.run_id in runs:
                clusters[one.run_id].add(one.cluster_id)
    tiers = user_tiers(workspace.telemetry.scan(SPANS), workspace.telemetry.scan(SIGNALS)).collect(engine="streaming")
    members = {run_id: _members(workspace, runs[run_id], wanted, tiers) for run_id, wanted in clusters.items()}
    return {owner: _of_issue(of_owner, members, labels) for owner, of_owner in held.items()}


def _of_issue(issues: Sequence[Issue], members: Mapping[str, pl.DataFrame], labels: pl.DataFrame) -> pl.DataFrame:
    found = [
        members[one.run_id].filter(pl.col("cluster_id") == one.cluster_id).with_columns(part=pl.lit(one.id))
        for one in issues
        if one.run_id in members
    ]
    if not found:
        return pl.DataFrame(schema=_COLUMNS)
    rows = pl.concat(found).join(labels, on=["part", "trace_id"], how="left")
    of_item = pl.col("label").drop_nulls().first().over("part", "item")
    # what a trace is a copy of is said by cluster: of one that several hold, the first to hold it says so
    item = pl.col("item").first().over("trace_id")
    return rows.with_columns(label=of_item).with_columns(item=item).select(list(_COLUMNS))


def _members(workspace: Workspace, run: DetectionRun, wanted: set[str], tiers: pl.DataFrame) -> pl.DataFrame:
    """Return one row a cluster and trace of a run, with whose it is."""
    shown = candidates(workspace, run).clustered.filter(pl.col("cluster_id").is_in(sorted(wanted)))
    spans = workspace.telemetry.spans_of_traces(window=Window.parse(run.window, now=run.at))
    whose = (
        derive_traces(spans)
        .select("trace_id", "session_id", "user_key")
        .join(shown.lazy().select("trace_id").unique(), on="trace_id", how="semi")
        .collect(engine="streaming")
    )
    visit = pl.coalesce("session_id", pl.lit("trace ") + pl.col("trace_id"))
    return (
        shown.select("cluster_id", "trace_id", item=pl.coalesce("text", "trace_id"))
        .join(whose, on="trace_id", how="left")
        .join(tiers, on="user_key", how="left")
        .with_columns(session_id=visit)
        .with_columns(user=pl.coalesce("user_key", pl.lit("visit ") + pl.col("session_id")))
        .sort("cluster_id", "trace_id")
    )
