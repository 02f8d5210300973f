"""Step 5, refine: a change is begun for confirmed issues, edited, committed to the app's repository, or taken back.

The ledger comes first, then git, then the ledger again. A kill between any two of them leaves a draft without a commit
or a commit without its record; the next run finds which, and makes no second commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from workbench.backlog import move
from workbench.changes import roll_back as reverting
from workbench.changes.commit import branch_of, commit, one_line, signature
from workbench.changes.landed import find_landed, is_of_changes
from workbench.changes.repository import BRANCHES, AppRepository
from workbench.changes.status import Status, status
from workbench.changes.work_tree import lay_out, read_back, remove
from workbench.errors import ConfigError, GateError, RepositoryError
from workbench.ids import ordered_id
from workbench.loop.prioritise.issues import a_person
from workbench.loop.refine.change_records import LIVE, app_of, find_change, folder_of, keep
from workbench.loop.review.confirmed import confirmed_issues
from workbench.loop.review.settle import settle
from workbench.records import WORKBENCH, Actor, Change, Identity
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
    change = _draft(workspace, change_id)
    return lay_out(app_of(workspace), change.base, folder_of(workspace, change))


def commit_change(
    workspace: Workspace,
    change_id: str,
    contents: Mapping[str, bytes | None] | None = None,
    *,
    now: datetime,
    actor: Actor = WORKBENCH,
) -> Change:
    """Commit a draft to its branch in the app's repository, and return it.

    Parameters
    ----------
    workspace
        Where the draft is.
    change_id
        The draft.
    contents
        What each edited file is to hold, by path, None to take it out; not given: what lies in its folder.
    now
        The time, UTC.
    actor
        Who commits it, for the ledger: the commit is signed by the change's author, who may be another.

    Raises
    ------
    GateError
        If it is no draft, or people's verdicts no longer confirm its issues.
    ConfigError
        If the edit touches other files than the app's, leaves one broken, or changes nothing.
    RepositoryError
        If the repository is in no state for it.
    """
    change, repository = find_change(workspace, change_id), app_of(workspace)
    found = status(repository, change) if change.state == "draft" else None
    if found is not None and found.change.commit is not None:  # a kill cut its record short
        _check_confirmed(workspace, change, now=now)
        keep(workspace, change, found.change, now=now, actor=actor)
        change = found.change
        folder = folder_of(workspace, change)
        if contents is None and folder.exists():
            _check_is_all(repository, change, folder)
            remove(folder)
        if contents is None or _is_in(repository.contents(change.commit or ""), contents):
            return change
    change = _draft(workspace, change_id)
    _check_confirmed(workspace, change, now=now)
    folder = folder_of(workspace, change)
    edit = read_back(repository, change.base, folder) if contents is None else contents
    made = commit(repository, change, edit)
    keep(workspace, change, made, now=now, actor=actor)
    if contents is None or _is_superseded(repository, change, folder, contents):
        remove(folder)
    return made


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


def reconcile_changes(workspace: Workspace, *, now: datetime) -> list[Status]:
    """Bring every change that goes on to where git says it is, and return what was found of each, oldest first.

    One that was rolled back goes on where its revert was deleted, and the app still has it.

    Raises
    ------
    RepositoryError
        If there are changes, and the app's repository cannot be read.
    """
    going_on = [one for one in workspace.ledger.latest(Change) if one.state in (*LIVE, "rolled_back")]
    if not going_on:
        return []
    repository, found = app_of(workspace), []
    for change in going_on:
        said = status(repository, change)
        if change.state == "draft" and said.change != change:
            said = _gated(workspace, change, said, now=now)
        if said.change != change:
            keep(workspace, change, said.change, now=now)
        if said.change.state in LIVE or said.change != change:
            found.append(said)
    return found


def _draft(workspace: Workspace, change_id: str) -> Change:
    change = find_change(workspace, change_id)
    if change.state != "draft":
        raise GateError(f"it is {change.state} and no draft", where=change.id, fix="begin another change")
    return change


def _check_confirmed(workspace: Workspace, change: Change, *, now: datetime) -> None:
    """Check that people's verdicts still confirm a draft's issues."""
    confirmed_issues(workspace, change.issue_ids, now=now, states=("confirmed", "reopened", "changing", "validating"))


def _gated(workspace: Workspace, change: Change, found: Status, *, now: datetime) -> Status:
    """Return what was found of a draft, as far as it may be committed: whoever made its commit passes the same gate."""
    try:
        _check_confirmed(workspace, change, now=now)
    except GateError as error:
        return Status("differs", change, f"{found.said}, and cannot be taken: {error}")
    return found


def _changes(evidence: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in evidence if one.startswith("chg_"))


def _is_in(held: Mapping[str, bytes], contents: Mapping[str, bytes | None]) -> bool:
    return all(held.get(path) == content for path, content in contents.items())


def _check_is_all(repository: AppRepository, change: Change, folder: Path) -> None:
    """Check that what lies in an edit's folder is what the change's commit holds: people may have edited on."""
    if others := sorted(read_back(repository, change.commit or change.base, folder)):
        said = f"{', '.join(others)} says otherwise than its commit {(change.commit or '')[:12]}, made before a kill"
        fix = f"commit it to the branch {change.branch} yourself, or begin another change; your edit is left there"
        raise GateError(said, where=str(folder), fix=fix)


def _is_superseded(
    repository: AppRepository, change: Change, folder: Path, contents: Mapping[str, bytes | None]
) -> bool:
    """Return whether all that was edited in a folder was given otherwise; what was not is the person's, and stays."""
    try:
        return folder.is_dir() and read_back(repository, change.base, folder).keys() <= contents.keys()
    except ConfigError:  # it holds something that is none of the app's
        return False


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ConfigError("reason is empty", fix="say why in a sentence")
    return reason.strip()
