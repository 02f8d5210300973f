"""Step 5, refine: a change is begun for confirmed issues, laid out for its author's editor, taken back or given up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from workbench.backlog import move
from workbench.changes import roll_back as reverting
from workbench.changes.commit import branch_of, one_line, signature
from workbench.changes.landed import find_landed, is_of_changes
from workbench.changes.repository import BRANCHES
from workbench.changes.status import status
from workbench.changes.work_tree import lay_out, remove
from workbench.errors import ConfigError, GateError, RepositoryError
from workbench.ids import ordered_id
from workbench.loop.named import app_of, find_change
from workbench.loop.people import a_person
from workbench.loop.refine.change_records import LIVE, find_draft, folder_of, keep
from workbench.loop.review.confirmed import confirmed_issues
from workbench.loop.settle import settle
from workbench.records import Change, Identity
from workbench.store import Workspace

MAX_TITLE = 200
"""Characters of a title: git's own tools show the first 72 of a commit."""


def begin_change(
    workspace: Workspace,
    *,
    issue_ids: Sequence[str],
    title: str,
    why: str,
    author: str,
    identity: Identity,
    now: datetime,
    development: Sequence[str] | None = None,
) -> Change:
    """Begin a change for confirmed issues, which move to `changing`, and return the draft; git is only read.

    Parameters
    ----------
    workspace
        Where the issues are; its app's repository is where the change starts from.
    issue_ids
        The issues, at least one.
    title
        What it does, in one line; title and reason go into the commit, and stay in git when a user's data is erased.
    why
        Why that should help; empty if not said.
    author, identity
        The person who signs it, and how the name was obtained.
    now
        The time, UTC.
    development
        Ids of the traces that it is written from, if any: no experiment may judge it on them.

    Raises
    ------
    GateError
        If people's verdicts do not confirm one of the issues, or a program asks.
    ConfigError
        If there is no such issue, or title or name is none.
    RepositoryError
        If the app's repository is in no state for a change.
    """
    actor, said = a_person(author, identity), one_line(title)
    signature(author)
    if not said or len(said) > MAX_TITLE:
        raise ConfigError(f"title has {len(said)} characters, must be 1 to {MAX_TITLE}", fix="say what the change does")
    settle(workspace, now=now)
    confirmed_issues(workspace, issue_ids, now=now)
    repository = app_of(workspace)
    repository.check_writable()
    if is_of_changes(BRANCHES + (current := repository.branch())):
        fix = "check the app's own branch out: `git switch BRANCH`"
        raise RepositoryError(f"{current} is checked out, another change's branch", where=str(repository.root), fix=fix)
    with workspace.writing():
        head = workspace.ledger.head()
        issues = confirmed_issues(workspace, issue_ids, now=now)
        ids = tuple(issue.id for issue in issues)
        change_id = ordered_id("chg", now, author, said, *ids)
        draft = Change(
            id=change_id,
            at=now,
            state="draft",
            issue_ids=ids,
            title=said,
            why=why.strip(),
            branch=branch_of(change_id),
            base=repository.head(),
            ledger_head=head,
            author=author,
            identity=identity,
            development=tuple(dict.fromkeys(development or ())),
        )
        begun = "a change was begun for it"
        moved = [
            move(issue, "changing", evidence=(*_changes(issue.evidence), change_id), reason=begun, by="person")
            for issue in issues
        ]
        workspace.ledger.append([draft, *moved], now=now, actor=actor, after=head)
    return draft


def lay_out_change(workspace: Workspace, change_id: str) -> Path:
    """Return the folder in which a draft's files lie for its author's own editor; they are put there the first time.

    Raises
    ------
    GateError
        If the change is no draft.
    """
    change = find_draft(workspace, change_id)
    return lay_out(app_of(workspace), change.base, folder_of(workspace, change))


def roll_back(
    workspace: Workspace, change_id: str, *, reason: str, author: str, identity: Identity, now: datetime
) -> Change:
    """Take a merged change back by a revert on a branch of its own, and return it; its issues wait again.

    Parameters
    ----------
    workspace, change_id
        Where the change is, and which.
    reason
        Why it is taken back.
    author, identity
        The person who signs the revert, and how the name was obtained.
    now
        The time, UTC.

    Raises
    ------
    GateError
        If the app's branch has not got it, or it ended already.
    RepositoryError
        If later edits conflict, or the repository is in no state for it.
    """
    actor, change = a_person(author, identity), find_change(workspace, change_id)
    signature(author)
    repository = app_of(workspace)
    if change.state not in LIVE:
        raise GateError(f"it is {change.state} already", where=change.id)
    found = status(repository, change).change
    if found.state == "rolled_back":  # a kill cut its record short, or somebody did it by hand
        done = replace(found, reason=_reason(reason))
    else:
        done = reverting.roll_back(repository, found, reason=_reason(reason), author=author, at=now)
    keep(workspace, change, done, now=now, actor=actor)
    return done


def abandon(
    workspace: Workspace, change_id: str, *, reason: str, author: str, identity: Identity, now: datetime
) -> Change:
    """Give up a change that no branch of the app has, and return it; its branch is left, its issues wait again.

    The folder of its edit goes: it may quote what users said.

    Parameters are as of `roll_back`.

    Raises
    ------
    GateError
        If it is merged, or ended already.
    """
    actor, change = a_person(author, identity), find_change(workspace, change_id)
    if change.state not in LIVE:
        raise GateError(f"it is {change.state} already", where=change.id)
    repository = app_of(workspace)
    found = status(repository, change).change if change.state != "draft" else change
    landed = find_landed(repository, found) if found.state == "merged" else None
    if found.state == "rolled_back" or (landed and not landed.is_end):
        raise GateError(f"it is {found.state}", where=change.id, fix="roll it back: `workbench change roll-back`")
    done = replace(found, state="abandoned", reason=_reason(reason))
    keep(workspace, change, done, now=now, actor=actor)
    settle(workspace, now=now)  # a verdict may have been taken back while the issue rested on the change
    remove(folder_of(workspace, change))
    return done


def _changes(evidence: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in evidence if one.startswith("chg_"))


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ConfigError("reason is empty", fix="say why in a sentence")
    return reason.strip()
