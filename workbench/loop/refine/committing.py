"""Step 5, refine: a draft is committed to the app's repository, and every change is what git says of it.

The ledger comes first, then git, then the ledger again. A kill between any two of them leaves a draft without a commit
or a commit without its record; the next run finds which, and makes no second commit.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from workbench.changes.commit import commit
from workbench.changes.repository import AppRepository
from workbench.changes.status import Status, status
from workbench.changes.work_tree import read_back, remove
from workbench.errors import ConfigError, GateError
from workbench.loop.named import app_of, find_change
from workbench.loop.refine.change_records import LIVE, find_draft, folder_of, keep
from workbench.loop.review.confirmed import confirmed_issues
from workbench.records import WORKBENCH, Actor, Change
from workbench.store import Workspace


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
    change = find_draft(workspace, change_id)
    _check_confirmed(workspace, change, now=now)
    folder = folder_of(workspace, change)
    edit = read_back(repository, change.base, folder) if contents is None else contents
    made = commit(repository, change, edit)
    keep(workspace, change, made, now=now, actor=actor)
    if contents is None or _is_superseded(repository, change, folder, contents):
        remove(folder)
    return made


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
