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
from workbench.loop.detect.by_hand import BY_HAND, SEVERITY, named, traces_of
from workbench.records import LATEST, Actor, DetectionRun, Issue, Severity, chosen_run
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import Workspace
from workbench.store.durability import turn
from workbench.windows import Window

MAX_TITLE_CHARACTERS = 200
"""Of a title: one line."""
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
        If there is no title, no trace, a trace that the run did not look at, or one of an issue that was opened so.
    InsufficientDataError
        If no run was made yet.
    """
    line, wanted = " ".join(title.split()), sorted(set(trace_ids))
    if not line or len(line) > MAX_TITLE_CHARACTERS:
        raise ConfigError(f"the title must be one line of 1 to {MAX_TITLE_CHARACTERS} characters", fix="say what it is")
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
    by_hand = [one.id for one in workspace.ledger.latest(Issue) if one.detector == BY_HAND]
    for issue_id, held in traces_of(workspace, by_hand).items():
        if taken := set(held) & set(wanted):
            fix = "open one of the other traces, or go on with that issue"
            raise ConfigError(f"trace == {min(taken)!r}, {issue_id} was opened of it", fix=fix)
