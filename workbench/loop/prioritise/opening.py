"""An issue that a person opens of traces: what nothing found, or nothing grouped, is a problem for all that.

It is only proposed: like every other it is confirmed by what people say of it in a review.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from workbench import backlog, clustering
from workbench.clustering import Embed
from workbench.errors import ConfigError
from workbench.loop.detect.by_hand import BY_HAND, SEVERITY, named, opened_by_hand, traces_of
from workbench.records import LATEST, Actor, DetectionRun, Issue, Severity, chosen_run
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import Workspace
from workbench.store.durability import turn
from workbench.windows import Window

MAX_TITLE_CHARACTERS, MAX_REASON_CHARACTERS = 200, 1000
"""Of a title: one line; of a reason: a sentence or some."""
OPENING = ".opening"
"""The file whose lock one who opens an issue has alone."""


def open_issue(
    workspace: Workspace,
    trace_ids: Sequence[str],
    *,
    title: str,
    actor: Actor,
    now: datetime,
    severity: Severity = SEVERITY,
    reason: str = "",
    embed: Embed = clustering.embed,
) -> Issue:
    """Open an issue of some traces in the newest detection run, and return it, proposed; later runs find it again.

    Parameters
    ----------
    workspace
        Where the traces and the run are.
    trace_ids
        The traces that show the problem.
    title
        What it is called, in a line.
    actor
        The person who opens it.
    now
        The time, UTC.
    severity
        How bad it is, until a verdict says otherwise.
    reason
        Why, in a sentence.
    embed
        Texts to vectors, which tell its most typical traces.

    Raises
    ------
    ConfigError
        If there is no title, it or the reason is too long, there is no trace, the run did not look at one, or one is of
        an issue that was opened so; one that was rejected holds its traces no longer than the runs that found it.
    InsufficientDataError
        If no run was made yet.
    """
    line, wanted = " ".join(title.split()), sorted(set(trace_ids))
    if not line or len(line) > MAX_TITLE_CHARACTERS:
        raise ConfigError(f"the title must be one line of 1 to {MAX_TITLE_CHARACTERS} characters", fix="say what it is")
    if len(reason) > MAX_REASON_CHARACTERS:
        said = f"the reason has {len(reason):,} characters, must be at most {MAX_REASON_CHARACTERS:,}"
        raise ConfigError(said, fix="say it in a sentence")
    # Of two who open one at once, the second sees what the first did: no trace is of both, no number twice in the run.
    with turn(workspace.root / OPENING, is_alone=True), workspace.writing():
        run = chosen_run(workspace.ledger.latest(DetectionRun), LATEST)
        spans = workspace.telemetry.spans_of_traces(window=Window.parse(run.window, now=run.at))
        spans = spans.filter(pl.col("trace_id").is_in(wanted)).collect(engine="streaming").lazy()
        _check(workspace, wanted, spans, run)
        places = dict.fromkeys(wanted, _next_place(workspace, run))
        made = named(spans, places, run_id=run.id, now=now, embed=embed, severity=severity)
        (proposed,) = backlog.propose(made.clusters, (), known=(), same_as={}, severities={BY_HAND: severity})
        issue = replace(proposed, title=line, reason=reason)
        tables = ((FINDINGS, made.findings), (MEMBERSHIPS, made.memberships), (CLUSTERS, made.clusters))
        for table, rows in tables:
            workspace.telemetry.append(table, rows, source=issue.id, offset=1)
        workspace.ledger.append([issue], now=now, actor=actor)
    return issue


def _next_place(workspace: Workspace, run: DetectionRun) -> int:
    """Return the number that no cluster of a run has yet."""
    of_run = workspace.telemetry.scan(CLUSTERS).filter(pl.col("run_id") == run.id)
    highest = of_run.select(pl.col("cluster").max()).collect().item()
    return 0 if highest is None else highest + 1


def _check(workspace: Workspace, wanted: Sequence[str], spans: pl.LazyFrame, run: DetectionRun) -> None:
    if not wanted:
        raise ConfigError("an issue is of at least one trace", fix="name each with `--trace`")
    there = set(spans.select("trace_id").unique().collect()["trace_id"])
    if missing := [one for one in wanted if one not in there]:
        fix = "name a trace by its whole id, or run `workbench detect` on a window that has it"
        raise ConfigError(f"trace == {missing[0]!r}, {run.id} did not look at such a trace", fix=fix)
    _check_free(workspace, wanted, run)


def _check_free(workspace: Workspace, wanted: Sequence[str], run: DetectionRun) -> None:
    """Check that no issue which people opened holds one of the traces; what was rejected holds none in a later run."""
    by_hand = {one.id: (one, onward) for one, onward in opened_by_hand(workspace)}
    held = {issue_id: set(traces).intersection(wanted) for issue_id, traces in traces_of(workspace, by_hand).items()}
    taken = [(min(traces), *by_hand[issue_id]) for issue_id, traces in held.items() if traces]
    for trace, issue, onward in taken:
        if onward.state != "rejected":
            said = f"{issue.id} was opened of it" + (f" and merged into {onward.id}" if onward != issue else "")
            fix = f"open one of the other traces, or go on with {onward.id}"
            raise ConfigError(f"trace == {trace!r}, {said}", fix=fix)
    for trace, issue, onward in taken:
        if issue.run_id == run.id:  # where a trace is of one such issue at most
            said = f"{onward.id}, which was rejected, holds it in {run.id}"
            raise ConfigError(f"trace == {trace!r}, {said}", fix="open it once `workbench detect` has made a new run")
