"""The traffic of a watch, read from the tables: each trace with its version, and what the last run over it found."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.backlog import held_by
from workbench.causes.members import in_last_traces
from workbench.loop.detect.by_hand import BY_HAND
from workbench.records import Change, DetectionRun, Issue, IssueState, Watch
from workbench.schemas import FINDINGS, MEMBERSHIPS, SPANS
from workbench.store import Workspace
from workbench.watch import MOST_WEEKS_BEFORE, TRAFFIC, WEEK
from workbench.windows import Window

UNTOUCHED: tuple[IssueState, ...] = ("proposed", "confirmed", "rejected")
"""States of an issue that nobody mended: it goes up and down with the days alone."""
MOST_SHARED = 0.1
"""Share of a control issue's traces that may have the watched one too: more, and it would fall with it."""
_READ_BEFORE = (MOST_WEEKS_BEFORE + 1) * WEEK
"""Before the ship: what counts, and a week that tells whether the first that counts is whole."""
_HITS = {"run_id": pl.String, "trace_id": pl.String, "issue_id": pl.String, "detector": pl.String}


class Examined(NamedTuple):
    """The traffic around a ship, as detection runs have seen it."""

    traffic: pl.DataFrame
    """watch.TRAFFIC, one row a trace that a run examined."""
    controls: tuple[str, ...]
    """Issues that tell what the days do, sorted."""
    run: DetectionRun | None
    """The newest run; None where there is none."""
    until: datetime | None
    """When that run was made: nothing later was examined, UTC."""


def examined(
    workspace: Workspace, issue: Issue, *, versions: Sequence[str], since: datetime, now: datetime
) -> Examined:
    """Return the traffic that detection runs until now have examined, from a quarter before the ship on; read-only.

    No day before that is read, and no run that saw nothing later. Where an earlier watch had found the issue gone, and
    then back, what was before its return is left out: it is no measure of how common the issue was. Of a trace that
    several runs have seen, the newest counts. A run is read by the clusters that each issue ever had.

    Parameters
    ----------
    workspace
        Where it lies.
    issue
        The issue that is watched.
    versions
        Prompt versions or releases that have the change; empty: every trace from `since` on has it.
    since
        First moment of the changed version, UTC.
    now
        The time, UTC.
    """
    runs = sorted((one for one in workspace.ledger.latest(DetectionRun) if one.at <= now), key=lambda one: one.at)
    window = Window(max([since - _READ_BEFORE, *returns(workspace, issue, before=since)]))
    traces = _claimed(_traces(workspace, versions, window=window, since=since), runs)
    owners, mine = _owners(workspace), _detectors(workspace, issue)
    rows = _findings(workspace, traces, owners, window=window, also=mine)
    rows = rows.join(traces.select("trace_id", "run_id"), on=["trace_id", "run_id"])
    found = rows.select("trace_id", "issue_id").drop_nulls().unique()
    unowned = _unowned(rows.filter(pl.col("detector").is_in([*mine, BY_HAND])), new=_new(workspace, runs, since=since))
    of_issue = found.filter(pl.col("issue_id") == issue.id)["trace_id"]
    controls = _controls(workspace, issue, found)
    beside = found.filter(pl.col("issue_id").is_in(controls)).group_by("trace_id").agg(n_controls=pl.len())
    traffic = (
        traces.join(beside, on="trace_id", how="left")
        .with_columns(
            pl.col("n_controls").fill_null(0).cast(pl.Int64),
            is_found=pl.col("trace_id").is_in(of_issue.implode()),
            is_unowned=pl.col("trace_id").is_in(unowned.implode()),
        )
        .select(TRAFFIC.names())
        .sort("at", "trace_id")
    )
    newest = runs[-1] if runs else None
    return Examined(traffic, tuple(controls), newest, None if newest is None else newest.at)


def returns(workspace: Workspace, issue: Issue, *, before: datetime) -> list[datetime]:
    """Return when earlier watches, those of changes that were live before, found the issue back after it was gone."""
    earlier = [one for one in workspace.ledger.latest(Watch) if one.issue_id == issue.id and one.since < before]
    gone = [one for one in earlier if any(past.state == "gone" for past in workspace.ledger.history(Watch, one.id))]
    back = [one.alarm_at or one.unowned_alarm_at for one in gone if one.state == "reopened"]
    return [at for at in back if at and at < before]


def _traces(workspace: Workspace, versions: Sequence[str], *, window: Window, since: datetime) -> pl.DataFrame:
    """Return one row a trace that began in the window: trace_id, session_id, user_key, at, is_changed."""
    traces = workspace.telemetry.traces(window=window)
    rows = traces.select("trace_id", "session_id", "user_key", at="started_at").drop_nulls("at")
    if not versions:
        return rows.with_columns(is_changed=pl.col("at") >= since).collect(engine="streaming")
    named = pl.col("prompt_version").is_in(list(versions)) | pl.col("release").is_in(list(versions))
    spans = workspace.telemetry.scan(SPANS, window=window.widened(WEEK))
    of = spans.filter(named).select("trace_id").unique().with_columns(is_changed=True)
    marked = rows.join(of, on="trace_id", how="left").with_columns(pl.col("is_changed").fill_null(value=False))
    return marked.collect(engine="streaming")


def _claimed(traces: pl.DataFrame, runs: Sequence[DetectionRun]) -> pl.DataFrame:
    """Return the traces that a run has seen, each with the newest that has, in run_id."""
    if not runs:
        return traces.clear().with_columns(run_id=pl.lit(None, pl.String))
    return traces.with_columns(run_id=pl.coalesce([_has_seen(run) for run in reversed(runs)])).drop_nulls("run_id")


def _has_seen(run: DetectionRun) -> pl.Expr:
    window, at = Window.parse(run.window, now=run.at), pl.col("at")
    sees = at < min(run.at, window.end or run.at)
    if window.start is not None:
        sees &= at >= window.start
    return pl.when(sees).then(pl.lit(run.id))


def _owners(workspace: Workspace) -> pl.DataFrame:
    """Return one row a cluster that an issue ever had: cluster_id, issue_id that goes on for it."""
    owner_of = {one.id: owner for owner, held in held_by(workspace.ledger.latest(Issue)).items() for one in held}
    pairs = {(one.cluster_id, owner_of[one.id]) for one in workspace.ledger.revisions(Issue) if one.id in owner_of}
    return pl.DataFrame(sorted(pairs), schema={"cluster_id": pl.String, "issue_id": pl.String}, orient="row")


def _detectors(workspace: Workspace, issue: Issue) -> list[str]:
    """Return the detectors that find an issue, and those that were merged into it; a person who named it is none."""
    held = held_by(workspace.ledger.latest(Issue)).get(issue.id, [])
    return sorted({one.detector for one in (issue, *held)} - {BY_HAND})


def _new(workspace: Workspace, runs: Sequence[DetectionRun], *, since: datetime) -> list[str]:
    """Return the issues that a run after the ship was the first to see, and of which people have decided nothing."""
    at, first = {one.id: one.at for one in runs}, dict[str, Issue]()
    for one in workspace.ledger.revisions(Issue):
        first.setdefault(one.id, one)
    return [
        one.id
        for one in workspace.ledger.latest(Issue)
        if one.state == "proposed" and not one.split_from and at.get(first[one.id].run_id, since) > since
    ]


def _findings(
    workspace: Workspace, traces: pl.DataFrame, owners: pl.DataFrame, *, window: Window, also: Sequence[str]
) -> pl.DataFrame:
    """Return one row a finding of an issue, and one a finding of some detectors that is of none, its issue_id null.

    run_id, trace_id (of a session its last), issue_id that goes on for it, detector.
    """
    of_runs = pl.col("run_id").is_in(traces["run_id"].unique().to_list()) & (pl.col("day") >= window.first_day)
    places = workspace.telemetry.scan(MEMBERSHIPS).filter(of_runs)
    findings = workspace.telemetry.scan(FINDINGS).filter(of_runs)
    rows = (
        findings.select("run_id", "finding_id", "trace_id", "session_id", "detector")
        .join(places.select("run_id", "finding_id", "cluster_id"), on=["run_id", "finding_id"])
        .join(owners.lazy(), on="cluster_id", how="left")
        .filter(pl.col("issue_id").is_not_null() | pl.col("detector").is_in(also))
        .collect(engine="streaming")
    )
    return in_last_traces(rows, traces).drop_nulls("trace_id").select(list(_HITS)).cast(_HITS)  # type: ignore[arg-type]


def _unowned(rows: pl.DataFrame, *, new: Sequence[str]) -> pl.Series:
    """Return the traces in which a detector found something, and neither it nor a person an issue that people know."""
    is_known = pl.col("issue_id").is_not_null() & ~pl.col("issue_id").is_in(new)
    is_found = pl.col("detector") != BY_HAND
    of_trace = rows.group_by("trace_id").agg(is_known=is_known.any(), is_found=is_found.any())
    return of_trace.filter("is_found", ~pl.col("is_known"))["trace_id"]


def _controls(workspace: Workspace, issue: Issue, found: pl.DataFrame) -> list[str]:
    """Return the issues that nobody mended and that are not the same traces under another name."""
    changed = {one for change in workspace.ledger.latest(Change) for one in change.issue_ids}
    changed.add(issue.id)
    untouched = [one.id for one in workspace.ledger.latest(Issue) if one.state in UNTOUCHED and one.id not in changed]
    of_issue = found.filter(pl.col("issue_id") == issue.id)["trace_id"]
    shared = (
        found.filter(pl.col("issue_id").is_in(untouched))
        .group_by("issue_id")
        .agg(shared=pl.col("trace_id").is_in(of_issue.implode()).mean())
    )
    return sorted(shared.filter(pl.col("shared") <= MOST_SHARED)["issue_id"])
