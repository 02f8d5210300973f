"""What changed since a profile ran last: issues new, growing, back, in doubt, resolved or stuck, and how the loop goes.

For whoever opens no report: a few lines, each with an id that leads to all the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import polars as pl

from workbench import backlog
from workbench import review as reviews
from workbench.backlog import OPEN, SEVERITY_WEIGHT, STUCK_AFTER, stuck_at
from workbench.counted import counted
from workbench.loop.health import health
from workbench.loop.moves import moves
from workbench.records import DetectionRun, Digest, Issue, Line, Review, Verdict
from workbench.review.waiting import UNDECIDED
from workbench.store import Workspace

_CAME_BACK_FROM = ("shipped", "watching", "resolved")
"""An issue that is reopened from elsewhere did not come back: a verdict on it was taken back."""


def digest(workspace: Workspace, *, since: datetime | None, growing: Mapping[str, str], now: datetime) -> Digest:
    """Return what changed; read-only.

    Parameters
    ----------
    workspace
        Its issues and how they moved are read.
    since
        What was told by then is no news, UTC; None: nothing was told before, and all that is open is new.
    growing
        By issue: how its share of the traffic has grown, in words; as of `report.growing`.
    now
        The time, UTC.
    """
    issues = {issue.id: issue for issue in workspace.ledger.latest(Issue)}
    moved = moves(workspace)
    lately = moved if since is None else moved.filter(pl.col("at") > since)
    began = {row["issue_id"] for row in lately.filter(pl.col("from").is_null()).iter_rows(named=True)}
    new = [
        _line(issues[one], "open when this profile first ran" if since is None else f"proposed since {_day(since)}")
        for one in began
        if issues[one].state != "merged" and (since is not None or issues[one].state in OPEN)
    ]
    back = lately.filter(pl.col("to") == "reopened", pl.col("from").is_in(_CAME_BACK_FROM))
    doubted = lately.filter(pl.col("to") == "watching", pl.col("from") == "resolved")
    gone = lately.filter(pl.col("to") == "resolved")
    return Digest(
        since=since,
        at=now,
        lines={
            "new": _worst_first(new),
            "growing": _worst_first(
                _line(issues[one], why) for one, why in growing.items() if one in issues and issues[one].state in OPEN
            ),
            "reopened": _worst_first(_of_moves(back, issues, state="reopened")),
            "doubted": _worst_first(_of_moves(doubted, issues, state="watching")),
            "resolved": _worst_first(_of_moves(gone, issues, state="resolved")),
            "stuck": _worst_first(_stuck(workspace, issues, moved, since=since, now=now)),
        },
        health=health(workspace, now=now),
    )


def _line(issue: Issue, why: str, *, is_news: bool = True) -> Line:
    return Line(issue.id, issue.title, issue.state, issue.severity, issue.n_traces, issue.n_users, why, is_news=is_news)


def _of_moves(rows: pl.DataFrame, issues: Mapping[str, Issue], *, state: str) -> list[Line]:
    """Return a line for each issue that came to a state and is still there; why is what the ledger says of the move."""
    last = {row["issue_id"]: row for row in rows.iter_rows(named=True)}
    return [
        _line(issues[one], f"{row['from']} before; {' '.join(row['evidence'])}")
        for one, row in last.items()
        if issues[one].state == state
    ]


def _stuck(
    workspace: Workspace,
    issues: Mapping[str, Issue],
    moved: pl.DataFrame,
    *,
    since: datetime | None,
    now: datetime,
) -> Iterator[Line]:
    """Yield the open issues that are in their stage for longer than they may be; news if they were not so before."""
    stays = backlog.stages(moved, now=now).filter(pl.col("left_at").is_null(), pl.col("state").is_in(OPEN))
    ends = _review_ends(workspace, issues.values(), now=now)
    for issue_id, entered_at in stays.select("issue_id", "entered_at").iter_rows():
        issue, review_ends_at = issues[issue_id], ends.get(issue_id)
        at = stuck_at(issue.state, since=entered_at, review_ends_at=review_ends_at)
        if at is None or now < at:
            continue
        limit = STUCK_AFTER[issue.state].days
        what = f"it may stay {counted(limit, 'day')}" if review_ends_at is None else f"its review ended on {_day(at)}"
        why = f"{issue.state} for {counted((now - entered_at).days, 'day')}; {what}"
        yield _line(issue, why, is_news=since is None or at > since)


def _review_ends(workspace: Workspace, issues: Iterable[Issue], *, now: datetime) -> dict[str, datetime]:
    """Return by issue that waits for people when the round that asks for it ends; one without a round is left out."""
    ledger, asked = workspace.ledger, workspace.review_items.issues()
    every, verdicts = ledger.latest(Review), ledger.latest(Verdict, target_kind="issue")
    judged, undecided = {one.target_id for one in verdicts}, [one for one in issues if one.state in UNDECIDED]
    ruled = reviews.rulings(
        [ledger.history(Issue, issue.id) for issue in undecided if issue.id in judged],
        verdicts=verdicts,
        reviews=every,
        runs=ledger.latest(DetectionRun),
        asking=reviews.asking(every, asked=asked, now=now),
    )
    waits = reviews.waiting(undecided, reviews=every, asked=asked, rulings=ruled, now=now)
    return {wait.issue.id: reviews.ends_at(wait.review) for wait in waits if wait.review is not None}


def _worst_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(
        sorted(
            lines, key=lambda line: (not line.is_news, -line.n_traces * SEVERITY_WEIGHT[line.severity], line.issue_id)
        )
    )


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
