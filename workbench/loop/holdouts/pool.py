"""Where the cases of a holdout may come from: confirmed traces of issues, or any traffic, apart from development.

By user, visit and week a trace is set apart here, where these are known; near-duplicates are told by what was asked.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench import backlog
from workbench.loop.prioritise.reached import reached
from workbench.loop.prioritise.said_of_issues import said_of_issues
from workbench.records import DetectionRun, Holdout, HoldoutBasis, HoldoutUse, Issue, Verdict
from workbench.review import is_by_person, standing
from workbench.review.outcomes import label_of
from workbench.store import Workspace
from workbench.windows import Window

_ASKED = ("trace_id", "session_id", "user_key", "started_at")


class Pool(NamedTuple):
    """Traces that may become cases."""

    traces: tuple[str, ...]
    """In a random order."""
    left_out: Mapping[str, int]
    """How many more there are, by why they cannot be: development, user, visit, week."""


def traces_of_issues(
    workspace: Workspace, issues: Sequence[Issue], *, basis: HoldoutBasis, now: datetime
) -> tuple[str, ...]:
    """Return the traces of some issues' clusters, sorted: those that people confirmed, or all that nobody rejected.

    What was said in a review counts, and what was said outside of any.
    """
    every = backlog.held_by(workspace.ledger.latest(Issue))
    held = {issue.id: every.get(issue.id, [issue]) for issue in issues}
    labels = said_of_issues(workspace, now=now).labels
    runs = {run.id: run for run in workspace.ledger.latest(DetectionRun)}
    members = pl.concat(reached(workspace, held, runs=runs, labels=labels).values())
    parts = [one.id for of_issue in held.values() for one in of_issue]
    told = pl.concat([members.select("trace_id", "label"), labels.filter(pl.col("part").is_in(parts))[:, 1:]])
    said = {label: set(told.filter(pl.col("label") == label)["trace_id"]) for label in ("confirmed", "rejected")}
    outside = _outside_of_reviews(workspace, set(members["trace_id"]))
    kept = set(members["trace_id"]) - outside["rejected"] if basis == "found" else outside["confirmed"]
    return tuple(sorted((said["confirmed"] | kept) - said["rejected"]))


def _outside_of_reviews(workspace: Workspace, traces: Collection[str]) -> dict[str, set[str]]:
    """Return the traces that people confirmed and rejected, by that word, where all who judged agree."""
    heard: dict[str, list[Verdict]] = {}
    for one in standing(workspace.ledger.revisions(Verdict)):
        if one.review_id is None and one.target_kind == "trace" and one.target_id in traces and is_by_person(one):
            heard.setdefault(one.target_id, []).append(one)
    labels = {trace: label_of(verdicts) for trace, verdicts in heard.items()}
    return {one: {trace for trace, label in labels.items() if label == one} for one in ("confirmed", "rejected")}


def verdicts_on(workspace: Workspace, traces: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return by trace the verdicts of people that confirm it."""
    found: dict[str, list[str]] = {}
    for one in standing(workspace.ledger.revisions(Verdict)):
        if one.target_kind == "trace" and one.target_id in traces and is_by_person(one) and one.label == "confirmed":
            found.setdefault(one.target_id, []).append(one.id)
    return {trace: tuple(sorted(ids)) for trace, ids in found.items()}


def pool(
    workspace: Workspace,
    *,
    among: Collection[str] | None,
    window: Window,
    development: Collection[str],
    is_other_weeks: bool,
    seed: int,
) -> Pool:
    """Return the traces of a window that share no user, visit or week with the development traces, in random order.

    Parameters
    ----------
    workspace
        Where they lie.
    among
        Those that come into question; None is all.
    window
        When they began.
    development
        The development traces.
    is_other_weeks
        Whether weeks (of ISO 8601, in UTC) must differ too: then one without a time is left out.
    seed
        Seed of the order.
    """
    shown = workspace.telemetry.traces(window=window).select(_ASKED)
    found = (shown if among is None else shown.filter(pl.col("trace_id").is_in(list(among)))).collect(
        engine="streaming"
    )
    theirs = (
        workspace.telemetry.traces(window=Window())
        .select(_ASKED)
        .filter(pl.col("trace_id").is_in(list(development)))
        .collect(engine="streaming")
    )
    week = pl.col("started_at").dt.strftime("%G-%V")
    weeks = theirs.select(week.alias("week"))["week"].drop_nulls().to_list()
    is_in_week = (week.is_in(weeks) | week.is_null()) if is_other_weeks else pl.lit(value=False)
    why = (
        pl.when(pl.col("trace_id").is_in(list(development)))
        .then(pl.lit("development"))
        .when(pl.col("user_key").is_in(theirs["user_key"].drop_nulls().to_list()))
        .then(pl.lit("user"))
        .when(pl.col("session_id").is_in(theirs["session_id"].drop_nulls().to_list()))
        .then(pl.lit("visit"))
        .when(is_in_week)
        .then(pl.lit("week"))
    )
    judged = found.with_columns(why.alias("why")).sort("trace_id")
    free = judged.filter(pl.col("why").is_null())["trace_id"].sample(fraction=1.0, shuffle=True, seed=seed)
    counts = judged.drop_nulls("why").group_by("why").len().sort("why")
    return Pool(tuple(free), dict(counts.iter_rows()))


def used_cases(workspace: Workspace) -> frozenset[str]:
    """Return the cases of holdouts that an experiment has used: a budget is not won back by drawing them again."""
    used = {use.holdout_id for use in workspace.ledger.latest(HoldoutUse)}
    return frozenset(one.case_id for made in workspace.ledger.latest(Holdout) if made.id in used for one in made.cases)
