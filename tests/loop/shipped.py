"""A workspace in which a change shipped for one issue, with traffic and detection runs before and after, by hand.

Forty traces a day, of which four have the watched issue before the ship; the control issue is in six of them always.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tests.loop.on_record import a_change, a_decision, an_experiment
from tests.loop.under_review import DETECTOR, a_cause, a_run, an_issue
from tests.loop.under_review import spans as spans_of
from workbench.ids import content_id, ordered_id
from workbench.loop.review.reviewing import Who
from workbench.records import Actor, FileEdit, Issue
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS, Table
from workbench.store import DEMO_SECRET, Workspace, init_workspace

SHIP = datetime(2026, 3, 2, tzinfo=UTC)
N_A_DAY, N_FOUND, N_CONTROL = 40, 4, 6
DAYS_BEFORE = 57
EVE = Who("eve", "typed")
ACTOR = Actor(kind="HUMAN", name="eve", identity="typed")
WATCHED, CONTROL = "iss_watched", "iss_control"
CHANGE = ordered_id("chg", SHIP, "by hand")
DECISION = content_id("dec", "by hand")


def trace_of(day: int, place: int) -> str:
    """Return the trace at a place of a day; day 0 is that of the ship."""
    return f"{day + DAYS_BEFORE:03}-{place:02}"


def make_shipped(root: Path, *, version: str = "") -> Workspace:
    """Return the workspace at the end of the last day before the ship, the issue shipped."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    issues = [replace(an_issue(name, 9), id=f"iss_{name}", cluster_id="") for name in ("watched", "control")]
    workspace.ledger.append([replace(one, cluster_id=f"clu_{one.id}") for one in issues], now=SHIP)
    traffic(workspace, [N_FOUND] * DAYS_BEFORE, first=-DAYS_BEFORE, version=version)
    ship(workspace)
    return workspace


def ship(workspace: Workspace) -> None:
    """Record a signed decision to ship a change for the watched issue."""
    edits = (FileEdit("prompts/answer.md", "prompt", "c" * 40, "d" * 40),)
    change = a_change(CHANGE, at=SHIP, state="merged", issue_ids=(WATCHED,), title="Say it once", edits=edits)
    experiment = an_experiment(ordered_id("exp", SHIP, "by hand"), change_ids=(CHANGE,), frozen_at=SHIP)
    signed: dict[str, Any] = {"id": DECISION, "at": SHIP, "signer": "eve", "identity": "typed"}
    decision = a_decision(experiment_id=experiment.id, **signed)
    shipped = replace(issue(workspace), state="shipped", reason="signed", evidence=(DECISION,))
    workspace.ledger.append([change, experiment, decision, shipped], now=SHIP, actor=ACTOR)


def traffic(
    workspace: Workspace,
    found: Sequence[int],
    *,
    first: int = 0,
    version: str = "",
    flag: str = "",
    named: str = "watched",
) -> None:
    """Add days of traffic from `first` on, `found[k]` of the k-th day found, and a detection run over all there is.

    What is found is of the issue `named`; where no issue is called so, its findings are in no cluster.
    Where there is a flag each place of a day is a user's, and every second user meets its candidate arm.
    """
    traces = [trace_of(first + day, place) for day in range(len(found)) for place in range(N_A_DAY)]
    starts = [
        SHIP + timedelta(days=first + day, hours=9, minutes=place)
        for day in range(len(found))
        for place in range(N_A_DAY)
    ]
    n_users = N_A_DAY if flag else 25
    users = [workspace.user_key(f"user {place % n_users}") for _ in found for place in range(N_A_DAY)]
    arms = [("baseline", "candidate")[place % 2] for _ in found for place in range(N_A_DAY)]
    met = [{"feature_flag.key": flag, "feature_flag.result.variant": arm} if flag else {} for arm in arms]
    rows = spans_of(traces).with_columns(
        started_at=pl.Series(starts, dtype=pl.Datetime("us", "UTC")),
        user_key=pl.Series(users),
        attributes=pl.Series([json.dumps(one) for one in met]),
        prompt_version=pl.lit(version or None, pl.String),
    )
    put(workspace, SPANS, rows.with_columns(ended_at="started_at", day=pl.col("started_at").dt.date()), at=first)
    before = workspace.telemetry.scan(FINDINGS).select("trace_id", "text").unique().collect().rows()
    new = [(trace_of(first + day, place), named) for day, hits in enumerate(found) for place in range(hits)]
    new += [(trace_of(first + day, N_A_DAY - 1 - k), "control") for day in range(len(found)) for k in range(N_CONTROL)]
    detected(workspace, sorted({*before, *new}), now=SHIP + timedelta(days=first + len(found)))


def detected(workspace: Workspace, hits: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Record a detection run over all traffic until now with one cluster an issue, in which its findings are."""
    run_id = ordered_id("run", now, "by hand")
    named = [one.id.removeprefix("iss_") for one in workspace.ledger.latest(Issue)]
    rows = pl.DataFrame(hits, schema=["trace_id", "text"], orient="row").with_columns(
        run_id=pl.lit(run_id),
        finding_id=pl.format("fnd-{}-{}", "text", "trace_id"),
        cluster_id=pl.when(pl.col("text").is_in(named)).then(pl.format("clu-{}-{}", "text", pl.lit(run_id))),
        day=pl.lit(now.date()),
    )
    found = rows.with_columns(
        detector=pl.lit(DETECTOR),
        detector_version=pl.lit(3),
        severity=pl.lit("medium"),
        unit=pl.lit("trace"),
        evidence=pl.lit("{}"),
        at=pl.lit(now),
    )
    put(workspace, FINDINGS, found, at=now)
    put(workspace, MEMBERSHIPS, rows.with_columns(cluster=pl.lit(0), strength=pl.lit(1.0)), at=now)
    counts = rows.drop_nulls("cluster_id").group_by("cluster_id", "text").len("n_traces").sort("cluster_id")
    put(
        workspace,
        CLUSTERS,
        counts.with_columns(
            run_id=pl.lit(run_id),
            cluster=pl.int_range(pl.len()),
            detector=pl.lit(DETECTOR),
            phrases=pl.concat_list("text"),
            exemplars=pl.lit([], pl.List(pl.String)),
            n_findings="n_traces",
            n_sessions=pl.lit(0),
            n_users=pl.lit(0),
            day=pl.lit(now.date()),
        ),
        at=now,
    )
    seen = [
        replace(one, run_id=run_id, cluster_id=f"clu-{one.id.removeprefix('iss_')}-{run_id}")
        for one in workspace.ledger.latest(Issue)
        if any(text == one.id.removeprefix("iss_") for _, text in hits)
    ]
    run = replace(a_run(len(hits)), id=run_id, at=now)
    causes = [replace(a_cause(one.cluster_id, 0), run_id=run_id) for one in seen]
    workspace.ledger.append([*causes, *seen, run], now=now)


def put(workspace: Workspace, table: Table, rows: pl.DataFrame, *, at: object) -> None:
    """Append rows of a table, what they lack null."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in table.schema.items() if name not in rows.columns]
    whole = rows.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
    workspace.telemetry.append(table, whole, source=f"{table.name}-{at}", offset=1)


def issue(workspace: Workspace, issue_id: str = WATCHED) -> Issue:
    """Return an issue as it is now."""
    return next(one for one in workspace.ledger.latest(Issue) if one.id == issue_id)
