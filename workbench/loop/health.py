"""How well the loop turns: whether problems are triaged, move on, are shipped and stay away; read from the ledger.

It stands at the top of every index, so that a backlog that nobody works on is seen before anything else is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from statistics import median
from typing import NamedTuple

import polars as pl

from workbench import backlog
from workbench.loop.moves import moves
from workbench.loop.waits import ended_waits
from workbench.records import DetectionRun, Health, Issue, IssueState, StageAge, Verdict
from workbench.review import is_by_person
from workbench.review.waiting import UNDECIDED
from workbench.schemas import FINDINGS
from workbench.store import Workspace
from workbench.windows import Window

LATELY = timedelta(days=28)
"""Over which a week is counted: four of them, so that one holiday does not make a rate."""
WEEK = timedelta(days=7)
STAGES: tuple[IssueState, ...] = (
    *("proposed", "confirmed", "changing", "validating", "shipped", "watching", "resolved", "reopened", "rejected"),
)
"""In the order of the loop; a merged issue goes on in another one."""
_LEFT_BY_A_SHIP = ("shipped", "watching", "resolved")


class _Ship(NamedTuple):
    """One time that an issue was shipped."""

    at: datetime
    """When, UTC."""
    later: tuple[str, ...]
    """Where it went after that, until it was shipped again."""


def health(workspace: Workspace, *, now: datetime) -> Health:
    """Return how well the loop turned until now; read-only.

    Parameters
    ----------
    workspace
        Its issues, verdicts, reviews, changes and experiments are read, and the findings of its newest run.
    now
        The time, UTC.
    """
    issues = {one.id: one for one in workspace.ledger.latest(Issue) if one.state != "merged"}
    moved = moves(workspace)
    stays = backlog.stages(moved, now=now).filter(pl.col("issue_id").is_in(list(issues)))
    waits = ended_waits(workspace, stays=stays, now=now)
    open_for = [now - at for at in _entered(stays, UNDECIDED)]
    n_expired = sum(wait.kind == "issue" for wait in waits)
    ships = {issue_id: list(_ships(rows)) for issue_id, rows in _by_issue(moved).items() if issue_id in issues}
    every = [ship for of_issue in ships.values() for ship in of_issue]
    return Health(
        at=now,
        n_issues=len(issues),
        n_triaged=len(issues) - len(open_for),
        n_expired=n_expired,
        n_open=len(open_for) - n_expired,
        oldest_open=max(open_for, default=None),
        stages=_stages(stays),
        reviews_a_week=_reviews_a_week(workspace.ledger.latest(Verdict), now=now),
        findings_a_week=_findings_a_week(workspace),
        n_shipped=len(every),
        time_to_ship=_time_to_ship(ships, issues),
        n_held=sum(_has_held(ship) for ship in every),
        n_returned=sum(_has_returned(ship) for ship in every),
        waits=waits,
    )


def _entered(stays: pl.DataFrame, states: Sequence[str]) -> list[datetime]:
    """Return when the issues that are in one of the states now came there."""
    return stays.filter(pl.col("left_at").is_null(), pl.col("state").is_in(states))["entered_at"].to_list()


def _stages(stays: pl.DataFrame) -> tuple[StageAge, ...]:
    told = {row["state"]: row for row in backlog.by_stage(stays).iter_rows(named=True)}
    return tuple(
        StageAge(state, told[state]["n_now"], told[state]["oldest"], told[state]["median_stay"])
        for state in STAGES
        if state in told
    )


def _reviews_a_week(verdicts: Iterable[Verdict], *, now: datetime) -> float:
    n_lately = sum(is_by_person(one) and now - LATELY < one.at <= now for one in verdicts)
    return n_lately / (LATELY / WEEK)


def _findings_a_week(workspace: Workspace) -> float | None:
    run = max(workspace.ledger.latest(DetectionRun), key=lambda one: (one.at, one.id), default=None)
    if run is None:
        return None
    window = Window.parse(run.window, now=run.at)
    end = min(window.end or run.at, run.at)
    start = max(window.start or end - LATELY, end - LATELY)
    if start >= end:
        return None
    of_run = workspace.telemetry.scan(FINDINGS).filter(pl.col("run_id") == run.id)
    n = of_run.filter(pl.col("at") >= start, pl.col("at") < end).select(pl.len()).collect().item()
    return float(n / ((end - start) / WEEK))


def _by_issue(moved: pl.DataFrame) -> Mapping[str, list[tuple[str, datetime]]]:
    rows: dict[str, list[tuple[str, datetime]]] = {}
    for issue_id, to, at in moved.select("issue_id", "to", "at").iter_rows():
        rows.setdefault(issue_id, []).append((to, at))
    return rows


def _ships(rows: Sequence[tuple[str, datetime]]) -> Iterator[_Ship]:
    for place, (to, at) in enumerate(rows):
        if to == "shipped":
            yield _Ship(at, tuple(state for state, _ in takewhile(lambda row: row[0] != "shipped", rows[place + 1 :])))


def _has_returned(ship: _Ship) -> bool:
    return any(state not in _LEFT_BY_A_SHIP for state in ship.later)


def _has_held(ship: _Ship) -> bool:
    return ship.later[-1:] == ("resolved",) and not _has_returned(ship)


def _time_to_ship(ships: Mapping[str, Sequence[_Ship]], issues: Mapping[str, Issue]) -> timedelta | None:
    times = [
        max(of_issue[0].at - seen, timedelta(0))
        for issue_id, of_issue in ships.items()
        for seen in [issues[issue_id].first_seen_at]
        if of_issue and seen is not None
    ]
    return timedelta(seconds=median(one.total_seconds() for one in times)) if times else None
