"""How issues move: how long they stay in each stage, what is stuck and what ends that, and what people put together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from workbench.backlog import OPEN, STUCK_AFTER, by_stage, stuck_at
from workbench.records import Issue, IssueState
from workbench.report import formats
from workbench.report.backlog import LATELY, TITLE_CHARACTERS, BacklogReport, days
from workbench.report.blocks import Block, numbers, sentences, table, words
from workbench.report.markup import Html, badge, muted, said, unbroken
from workbench.report.review_decisions import WHY
from workbench.review import ends_at

_STAGES: tuple[IssueState, ...] = (
    "proposed",
    "confirmed",
    "changing",
    "validating",
    "shipped",
    "watching",
    "resolved",
    "reopened",
    "rejected",
    "merged",
)
_ENDS: Mapping[IssueState, str] = {
    "confirmed": "a change that is begun for it",
    "changing": "the change is frozen in a release candidate, abandoned or rolled back",
    "validating": "the decision on its experiment, at the plan's deadline at the latest",
}


def stage_table(report: BacklogReport) -> Block:
    """Return one row a stage: issues in it, the oldest, how many left it lately, and how long they had stayed."""
    told = {row["state"]: row for row in by_stage(report.stays).iter_rows(named=True)}
    lately = report.stays.filter(pl.col("left_at") > report.now - LATELY)
    left = dict(lately["state"].value_counts().iter_rows())
    rows = [_stage(told[state], n_left=left.get(state, 0)) for state in _STAGES if state in told]
    if not rows:
        return sentences("There is no issue yet.")
    return table(
        (*words("stage"), *numbers("issues now", "oldest", f"left it in {LATELY.days} days", "typical stay")),
        rows,
        caption="Where are the issues, and how fast do they move?",
        of="stage",
        note="Typical: the median stay of those that left.",
    )


def stuck_issues(report: BacklogReport) -> Block:
    """Return the open issues, longest waiting first, then the worst: since when, and what ends it."""
    since = _since(report)
    rank = {row.issue.id: row.rank for row in report.ranking.rows}
    waits = sorted(
        (one for one in report.issues.values() if one.state in OPEN and one.id in since),
        key=lambda one: (not _is_stuck(report, one, since), since[one.id], rank.get(one.id, len(rank)), one.id),
    )
    if not waits:
        return sentences("No issue is open: nothing waits.")
    rows = [
        (
            said(issue.title, limit=TITLE_CHARACTERS),
            issue.state,
            unbroken(days(report.now - since[issue.id])),
            badge("stuck") if _is_stuck(report, issue, since) else unbroken("in time"),
            _what_ends(report, issue, since),
            muted(issue.id[:12]),
        )
        for issue in waits
    ]
    n_stuck = sum(_is_stuck(report, issue, since) for issue in waits)
    limits = ", ".join(f"{state} {formats.counted(limit.days, 'day')}" for state, limit in STUCK_AFTER.items())
    return table(
        words("issue", "stage", "for", "", "what ends it", "id"),
        rows,
        caption="What is stuck, and what will end it?",
        of="issue",
        note=f"{formats.share_of(n_stuck, len(waits))} open issues are stuck: past the deadline of their review, or "
        f"longer in a stage than it may take ({limits}). Nothing moves on by itself: people or a plan decide.",
    )


def put_together(report: BacklogReport) -> Block:
    """Return what people merged and split, newest first; a sentence where they did neither."""
    moved = report.moves.filter((pl.col("to") == "merged") | (pl.col("from") == "merged"))
    rows = [_moved(report, row) for row in moved.iter_rows(named=True)]
    first = dict(
        report.moves.unique("issue_id", keep="first", maintain_order=True).select("issue_id", "at").iter_rows()
    )
    rows += [
        (first[issue.id], "split from", issue, report.issues.get(issue.split_from), "", issue.reason)
        for issue in report.issues.values()
        if issue.split_from is not None and issue.id in first
    ]
    if not rows:
        return sentences("Nobody has merged or split an issue.")
    return table(
        words("when", "issue", "what became of it", "the other issue", "by", "why"),
        [
            (
                formats.moment(at),
                said(issue.title, limit=TITLE_CHARACTERS) if issue else muted("–"),
                what,
                said(other.title, limit=TITLE_CHARACTERS) if other else muted("–"),
                said(who, limit=40) if who else muted("–"),
                said(reason, limit=120) if reason else muted("–"),
            )
            for at, what, issue, other, who, reason in sorted(rows, key=lambda row: row[0], reverse=True)
        ],
        caption="What did people put together or take apart?",
        of="step",
    )


_Step = tuple[datetime, str, Issue | None, Issue | None, str, str]


def _moved(report: BacklogReport, row: Mapping[str, Any]) -> _Step:
    what = "merged into" if row["to"] == "merged" else "taken out of"
    other = report.issues.get(row["evidence"][0]) if row["evidence"] else None
    return row["at"], what, report.issues.get(row["issue_id"]), other, row["actor"], row["reason"]


def _stage(row: Mapping[str, Any], *, n_left: int) -> tuple[str | Html, ...]:
    return (
        row["state"],
        formats.count(row["n_now"]),
        days(row["oldest"]) if row["oldest"] is not None else muted("–"),
        formats.count(n_left),
        days(row["median_stay"]) if row["median_stay"] is not None else muted("–"),
    )


def _since(report: BacklogReport) -> dict[str, datetime]:
    here = report.stays.filter(pl.col("left_at").is_null())
    return dict(here.select("issue_id", "entered_at").iter_rows())


def _is_stuck(report: BacklogReport, issue: Issue, since: Mapping[str, datetime]) -> bool:
    wait = report.waiting.get(issue.id)
    review_ends_at = ends_at(wait.review) if wait is not None and wait.review is not None else None
    at = stuck_at(issue.state, since=since[issue.id], review_ends_at=review_ends_at)
    return at is not None and report.now >= at


def _what_ends(report: BacklogReport, issue: Issue, since: Mapping[str, datetime]) -> str:
    wait = report.waiting.get(issue.id)
    if wait is not None and wait.review is not None:
        if wait.is_overdue:
            return f"its review is over, and {WHY[wait.why]}: decide, or open another"
        return f"its review ends on {formats.moment(wait.review.deadline_at)}; {WHY[wait.why]}"
    ends = _ENDS.get(issue.state, "a review that asks for it, which none does yet")
    limit = STUCK_AFTER.get(issue.state)
    if limit is None or _is_stuck(report, issue, since):
        return ends
    return f"{ends}; stuck from {since[issue.id] + limit:%Y-%m-%d} on"
