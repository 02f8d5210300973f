"""What people do with issues beside judging them: merge, split, take out, categorise; each is in the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from workbench import backlog
from workbench.errors import ConfigError
from workbench.loop.named import find_issue
from workbench.loop.settle import settle
from workbench.records import UNCATEGORISED, Actor, Cause, Issue, chosen
from workbench.store import Workspace, read_taxonomy


def merge_issues(
    workspace: Workspace, issue_id: str, into_id: str, *, reason: str, actor: Actor, now: datetime
) -> Issue:
    """Merge an issue into another that goes on for both, and return it as it now is.

    Parameters
    ----------
    workspace
        Where the issues are.
    issue_id, into_id
        What is merged, and into what.
    reason
        Why they are one problem.
    actor
        The person who says so.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such issue.
    GateError
        If they cannot be merged; it says why.
    """

    def merged() -> list[Issue]:
        return [backlog.merge(find_issue(workspace, issue_id), find_issue(workspace, into_id), reason=reason)]

    return _write(workspace, merged, actor=actor, now=now)[0]


def split_issue(
    workspace: Workspace,
    issue_id: str,
    *,
    cause_ids: Sequence[str],
    title: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Issue:
    """Make some causes of an issue an issue of their own, and return that; it waits to be judged.

    One that was merged into another is taken out again: no causes are named, and people's verdicts on it stand.

    Parameters
    ----------
    workspace
        Where the issues are.
    issue_id
        The issue.
    cause_ids
        The causes that go; none for one that was merged.
    title
        What the new issue is called.
    reason
        Why they are two problems.
    actor
        The person who says so.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such issue.
    GateError
        If it cannot be split so; it says why.
    """

    def parted() -> list[Issue]:
        issue = find_issue(workspace, issue_id)
        if issue.state == "merged":
            return [backlog.take_out(issue, reason=reason)]
        every, fix = workspace.ledger.latest(Cause), f"`workbench issue show {issue.id}` names its own"
        named = [chosen(every, one, word="cause", fix=fix) for one in cause_ids]
        causes = list({cause.id: cause for cause in named}.values())
        return list(backlog.split(issue, causes, title=title, reason=reason))

    return find_issue(workspace, _write(workspace, parted, actor=actor, now=now)[-1].id)


def categorise_issue(workspace: Workspace, issue_id: str, category: str, *, actor: Actor, now: datetime) -> Issue:
    """Put an issue into a category of the workspace's taxonomy, and return it; it stays until a later verdict differs.

    Parameters
    ----------
    workspace
        Where the issue and the taxonomy are.
    issue_id, category
        The issue, and the category's code.
    actor
        The person who says so.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such issue or category.
    """
    codes = [one.code for one in read_taxonomy(workspace.root).categories]
    if category not in (*codes, UNCATEGORISED):
        fix = "`workbench taxonomy --make` makes one"
        raise ConfigError(f"category == {category!r}, must be one of {', '.join(codes)}", fix=fix)

    def put() -> list[Issue]:
        return [replace(find_issue(workspace, issue_id), category=category)]

    return _write(workspace, put, actor=actor, now=now)[0]


def _write(workspace: Workspace, make: Callable[[], list[Issue]], *, actor: Actor, now: datetime) -> list[Issue]:
    """Append what is made of the issues as they are, unless others move them meanwhile; then let verdicts be heard."""
    with workspace.writing():
        head = workspace.ledger.head()
        made = make()
        workspace.ledger.append(made, now=now, actor=actor, after=head)
    settle(workspace, now=now)
    return made
