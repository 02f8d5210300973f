"""The commands of step 4: the one ranking, and what people do with issues beside judging them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from workbench import backlog as stage
from workbench import loop
from workbench.backlog import Ranked, Ranking
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import ByOption, JsonOption, ReasonOption, WorkspaceOption, app, group, person_of
from workbench.cli.output import answer_with, new_table
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.records import Actor, Issue
from workbench.store import Workspace, open_workspace

SHOWN_CHARACTERS = 60
"""What is shown of an issue's title."""
IssueArgument = Annotated[str, typer.Argument(metavar="ISSUE", help="The issue's id (iss_...), or its beginning.")]

issues = group("issue", "Show, merge, split and categorise issues.")


@app.command()
def backlog(
    workspace: WorkspaceOption = Path(),
    top: Annotated[int, typer.Option("--top", min=1, max=1_000, help="Problems to list.")] = 10,
    why: Annotated[
        str | None, typer.Option("--why", metavar="ISSUE", help="Say in one line why this issue is where it is.")
    ] = None,
    weights: Annotated[
        str, typer.Option(metavar="SET", help="The set of weights that ranks: a shipped one, or one of weights.toml.")
    ] = stage.DEFAULT,
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="Give the chance to be among the k worst.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Rank the open issues by the users that they really hurt, each with how sure its place is.

    Example: `workbench backlog --top 5 --workspace acme-support`
    """
    opened = open_workspace(workspace)
    ranking = loop.prioritise(opened, now=datetime.now(UTC), weights=weights, k=k)
    if why is None:
        rows = ranking.rows[:top]
        answer = {
            "weights": ranking.weights.name,
            "k": ranking.k,
            "open": len(ranking.rows),
            "issues": [_told(row, ranking) for row in rows],
            "next_reviews": list(ranking.next_reviews),
        }
        answer_with(answer, _table(ranking, rows), as_json=as_json)
        return
    issue = loop.find_issue(opened, why)
    found = ranking.row(issue.id)
    if found is None:
        raise ConfigError(f"{issue.id} is {issue.state}, and only open issues are ranked", fix="`workbench issue show`")
    answer_with(_told(found, ranking), f"{found.rank}. {stage.why(found, ranking)}", as_json=as_json)


@issues.command()
def show(issue: IssueArgument, workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """Show one issue: where it stands, why, since when, and all its moves.

    Example: `workbench issue show iss_gr4afvrq`
    """
    opened = open_workspace(workspace)
    found = loop.find_issue(opened, issue)
    moved = loop.moves(opened).rows(named=True)
    mine = [row for row in moved if row["issue_id"] == found.id]
    table = new_table(("when", "from", "to", "by", "why", "evidence"), n_text=6)
    for row in mine:
        said = (row["from"] or "–", row["to"], row["actor"], row["reason"] or "–", " ".join(row["evidence"]) or "–")
        table.add_row(f"{row['at']:%Y-%m-%d %H:%M}", *(escape(visible(word)) for word in said))
    title = shorten(visible(found.title), SHOWN_CHARACTERS)
    also = f", merged into {found.merged_into}" if found.merged_into else ""
    also += f", split from {found.split_from}" if found.split_from else ""
    causes = f"; causes {', '.join(found.cause_ids)}" if found.cause_ids else ""
    table.caption = escape(f"{found.id}: {title}. It is {found.state}{also}; category {found.category}{causes}.")
    answer = {**_record(found), "moves": [{**row, "at": row["at"].isoformat()} for row in mine]}
    answer_with(answer, table, as_json=as_json)


@issues.command()
def merge(
    issue: IssueArgument,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The issue that goes on for both.")],
    reason: ReasonOption,
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Merge an issue into another: they are one problem, and the findings of both count for the one that goes on.

    Example: `workbench issue merge iss_gr4afvrq iss_h774ahp6 --reason "the same search index"`
    """
    asked = _asked(issue, by=by, workspace=workspace)
    onward = loop.find_issue(asked.opened, into)
    merged = loop.merge_issues(asked.opened, asked.issue.id, onward.id, reason=reason, actor=asked.actor, now=asked.now)
    _say(merged, f"{merged.id} is merged into {onward.id}.", as_json=as_json)


@issues.command()
def split(
    issue: IssueArgument,
    reason: ReasonOption,
    cause: Annotated[
        list[str] | None, typer.Option("--cause", metavar="CAUSE", help="A cause (cau_...) that goes; repeat for more.")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What the new issue is called.")] = "",
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make some causes of an issue an issue of their own; one that was merged is taken out again, without any.

    Example: `workbench issue split iss_gr4afvrq --cause cau_7w2kq --title "no meal left" --reason "another team's"`
    """
    asked = _asked(issue, by=by, workspace=workspace)
    if asked.issue.state != "merged" and not title.strip():
        raise ConfigError("a part without --title", fix="say in one line what the new issue is")
    part = loop.split_issue(
        asked.opened,
        asked.issue.id,
        cause_ids=cause or (),
        title=title,
        reason=reason,
        actor=asked.actor,
        now=asked.now,
    )
    _say(part, f"{part.id} is an issue of its own, and is {part.state}.", as_json=as_json)


@issues.command()
def categorise(
    issue: IssueArgument,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="The code of a category of the taxonomy.")],
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Put an issue into a category of the workspace's taxonomy; a later verdict may say another.

    Example: `workbench issue categorise iss_gr4afvrq tool_refused`
    """
    asked = _asked(issue, by=by, workspace=workspace)
    put = loop.categorise_issue(asked.opened, asked.issue.id, category, actor=asked.actor, now=asked.now)
    _say(put, f"{put.id} is in the category {put.category}.", as_json=as_json)


class _Asked(NamedTuple):
    """What a person asks for: an issue of a workspace, who it is, and when."""

    opened: Workspace
    issue: Issue
    actor: Actor
    now: datetime


def _asked(issue: str, *, by: str, workspace: Path) -> _Asked:
    opened = open_workspace(workspace)
    return _Asked(opened, loop.find_issue(opened, issue), person_of(by), datetime.now(UTC))


def _say(issue: Issue, text: str, *, as_json: bool) -> None:
    answer_with(_record(issue), text, as_json=as_json)


def _record(issue: Issue) -> dict[str, Any]:
    return dict(msgspec.to_builtins(issue))


def _told(row: Ranked, ranking: Ranking) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "issue": row.issue.id,
        "cluster": row.issue.cluster_id,
        "title": row.issue.title,
        "state": row.issue.state,
        "severity": row.issue.severity,
        **{
            f"{name}{end}": round(value, 3)
            for name, told in (("pain", row.pain), ("users", row.users))
            for end, value in (("", told.value), ("_low", told.low), ("_high", told.high))
        },
        "visits_a_user": round(row.visits_a_user, 3),
        "known_tier_share": round(row.known_tier_share, 3),
        "p_top": round(row.p_top, 3),
        "ranks": [row.best_rank, row.worst_rank],
        "effort": row.effort,
        "why": stage.why(row, ranking),
    }


def _table(ranking: Ranking, rows: tuple[Ranked, ...]) -> Table:
    table = new_table(("issue", "state", "id", "rank", "users, 95 %", "pain", f"top {ranking.k}", "ranks"), n_text=3)
    for row in rows:
        ends = f"{row.best_rank} to {row.worst_rank}" if row.best_rank != row.worst_rank else f"{row.best_rank}"
        table.add_row(
            escape(shorten(visible(row.issue.title), SHOWN_CHARACTERS)),
            row.issue.state,
            row.issue.id[:12],
            f"{row.rank:,}",
            f"{row.users.value:,.0f} ({row.users.low:,.0f} to {row.users.high:,.0f})",
            f"{row.pain.value:,.0f}",
            f"{100 * row.p_top:.0f} %",
            ends,
        )
    table.caption = escape(
        f"{len(rows):,} of {counted(len(ranking.rows), 'open issue')}, by {ranking.weights.about}. "
        "`workbench backlog --why ID` says why one is where it is, `workbench review --new --clusters ID` reviews it."
    )
    return table


__all__ = ["backlog", "categorise", "issues", "merge", "show", "split"]
