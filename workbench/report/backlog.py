"""What one report of the backlog looks at: the ranking, how issues moved, and which of them wait for what."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from workbench import review as reviews
from workbench.backlog import OPEN, Ranking, by_stage, stages
from workbench.errors import InsufficientDataError
from workbench.records import DetectionRun, Issue, IssueState, Review, Verdict
from workbench.report import formats
from workbench.report.blocks import Block, Figure, bullets, key_figures, sentences
from workbench.report.markup import join, said, strong
from workbench.review import Waiting
from workbench.store import Workspace

TITLE_CHARACTERS = 70
LATELY = timedelta(days=28)
"""Over which throughput is counted: a quarter of the weeks that a team plans in."""

SURE = 0.9
"""The chance from which on a place among the worst is called sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogReport:
    """What one report of the backlog looks at."""

    ranking: Ranking
    """All open issues by pain."""
    moves: pl.DataFrame
    """One row a transition."""
    stays: pl.DataFrame
    """One row a stay of an issue in a state, as of `backlog.stages`."""
    issues: Mapping[str, Issue]
    """Every issue, in its newest revision."""
    waiting: Mapping[str, Waiting]
    """Those that wait for people, by issue."""
    run: DetectionRun | None
    """The newest detection run."""
    now: datetime
    """When the report is made, UTC."""

    def of_state(self, *states: IssueState) -> list[Issue]:
        """Return the issues in some states."""
        return [one for one in self.issues.values() if one.state in states]


def read_backlog(workspace: Workspace, *, ranking: Ranking, moves: pl.DataFrame, now: datetime) -> BacklogReport:
    """Return what a report shows of the backlog; read-only.

    Parameters
    ----------
    workspace
        Where the issues are.
    ranking
        As of `loop.prioritise`.
    moves
        As of `loop.moves`.
    now
        The time, UTC.

    Raises
    ------
    InsufficientDataError
        If no issue was ever proposed.
    """
    ledger = workspace.ledger
    issues, every, runs = ledger.latest(Issue), ledger.latest(Review), ledger.latest(DetectionRun)
    if not issues:
        fix = "run `workbench detect` first"
        raise InsufficientDataError("no issue was proposed yet", where=str(workspace.root), fix=fix)
    asked = workspace.review_items.issues()
    verdicts = ledger.latest(Verdict, target_kind="issue")
    judged = {one.target_id for one in verdicts}
    ruled = reviews.rulings(
        [ledger.history(Issue, issue.id) for issue in issues if issue.id in judged],
        verdicts=verdicts,
        reviews=every,
        runs=runs,
        asking=reviews.asking(every, asked=asked, now=now),
    )
    waits = reviews.waiting(issues, reviews=every, asked=asked, rulings=ruled, now=now)
    return BacklogReport(
        ranking=ranking,
        moves=moves,
        stays=stages(moves, now=now),
        issues={issue.id: issue for issue in issues},
        waiting={one.issue.id: one for one in waits},
        run=max(runs, key=lambda run: (run.at, run.id), default=None),
        now=now,
    )


def backlog_summary(report: BacklogReport) -> Block:
    """Return the backlog in a few sentences, for the top of the page; the first line is the headline."""
    rows = report.ranking.rows
    if not rows:
        return sentences(strong("No problem is open: nothing is ranked."))
    first = rows[0]
    hit = users_words(first.users.value, first.users.low, first.users.high)
    severity = f"at {first.issue.severity} severity"
    lead = f"Of {formats.counted(len(rows), 'open problem')}, the worst hits about {hit} users, {severity}."
    which = join(["It is ", said(first.issue.title, limit=TITLE_CHARACTERS), f", and is {first.issue.state}."])
    n_worst = min(report.ranking.k, len(rows))
    n_sure = sum(row.p_top >= SURE for row in rows[:n_worst])
    return sentences(strong(lead), which, *_others(report), _how_sure(n_sure, n_worst))


def _others(report: BacklogReport) -> list[str]:
    """Return what became of the problems that are not ranked, so that other reports' totals are seen to agree."""
    ranked = {row.issue.id for row in report.ranking.rows}
    states = Counter(one.state for one in report.issues.values() if one.id not in ranked)
    told = ", ".join(f"{formats.count(n)} {formats.words(state)}" for state, n in sorted(states.items()))
    every = formats.counted(len(report.issues), "problem")
    return [f"Of {every} ever found, the others are not open: {told}."] if told else []


def _how_sure(n_sure: int, n_worst: int) -> str:
    """Return how many of the worst problems surely are that.

    >>> _how_sure(5, 5)
    'All of the 5 worst are sure to be among them, nine chances in ten or more.'
    >>> _how_sure(1, 5)
    'Of the 5 worst, 1 is sure to be among them, nine chances in ten or more; of the others more verdicts would tell.'
    >>> _how_sure(1, 1)
    'It is sure to be the worst, nine chances in ten or more.'
    """
    chance, unsure = "nine chances in ten or more", "It is not sure to be the worst: more verdicts would tell."
    if n_worst == 1:
        return f"It is sure to be the worst, {chance}." if n_sure else unsure
    if n_sure == n_worst:
        return f"All of the {n_worst} worst are sure to be among them, {chance}."
    are = "is" if n_sure == 1 else "are"
    rest = "of the others more verdicts would tell"
    return f"Of the {n_worst} worst, {n_sure} {are} sure to be among them, {chance}; {rest}."


def backlog_figures(report: BacklogReport) -> Block:
    """Return the key figures: problems by how far they are, and how many moved lately."""
    n_moved = report.moves.filter(pl.col("at") > report.now - LATELY, pl.col("from").is_not_null()).height
    undecided, confirmed = report.of_state("proposed", "reopened"), report.of_state("confirmed")
    under_way = report.of_state("changing", "validating")
    late = [one for one in report.waiting.values() if one.is_overdue]
    return key_figures(
        [
            Figure(formats.count(len(report.of_state(*OPEN))), "problems are open", "each is in the ranking"),
            Figure(
                formats.count(len(undecided)),
                "wait for people's verdict",
                f"{formats.count(len(late))} past a deadline",
            ),
            Figure(formats.count(len(confirmed)), "are confirmed", "and wait for a change"),
            Figure(formats.count(len(under_way)), "are being changed", "or validated"),
            Figure(formats.count(n_moved), "moves", f"in the last {LATELY.days} days"),
        ]
    )


def backlog_conclusions(report: BacklogReport) -> Block:
    """Return what the backlog says in a few sentences: what to change first, what to look at, what is stuck."""
    confirmed = [row for row in report.ranking.rows if row.issue.state == "confirmed"]
    lines: list[str] = []
    if confirmed:
        first = confirmed[0]
        lines.append(
            f"First to change is number {first.rank}: of all that people confirmed, it hurts most. "
            f"{formats.counted(len(confirmed), 'confirmed problem waits', 'confirmed problems wait')} for a change."
        )
    else:
        lines.append("No confirmed problem waits for a change.")
    unseen = [row for row in report.ranking.rows if not row.n_judged]
    if unseen:
        lines.append(
            f"Of {formats.counted(len(unseen), 'ranked problem')} nobody has judged a trace: how many users they hit "
            "is known by what others like them did."
        )
    oldest = by_stage(report.stays).filter(pl.col("state").is_in(OPEN)).sort("oldest", nulls_last=True)
    if oldest.height and oldest["oldest"].drop_nulls().len():
        last = oldest.drop_nulls("oldest").row(-1, named=True)
        lines.append(f"Longest in its stage is a problem that is {last['state']}, for {days(last['oldest'])}.")
    return bullets(*lines)


def users_words(value: float, low: float, high: float) -> str:
    """Return a number of users with its interval, in whole users.

    >>> users_words(56.8, 48.2, 58.0)
    '57 (48 to 58)'
    """
    ends = f" ({formats.count(round(low))} to {formats.count(round(high))})" if round(low) != round(high) else ""
    return f"{formats.count(round(value))}{ends}"


def days(stay: timedelta) -> str:
    """Return how long something lasted, in its largest unit.

    >>> days(timedelta(hours=30)), days(timedelta(days=3)), days(timedelta(minutes=1))
    ('30 hours', '3 days', 'less than an hour')
    """
    if stay < timedelta(hours=1):
        return "less than an hour"
    if stay < timedelta(hours=48):
        return formats.counted(int(stay / timedelta(hours=1)), "hour")
    return formats.counted(stay.days, "day")
