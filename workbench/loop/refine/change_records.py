"""Changes in the ledger: one is found, and a new revision is put there with what it does to its issues."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from workbench.backlog import move
from workbench.changes.commit import branch_of
from workbench.changes.landed import OF_CHANGES
from workbench.errors import GateError
from workbench.loop.named import find_change
from workbench.loop.settle import MAX_ATTEMPTS
from workbench.records import WORKBENCH, Actor, Change, ChangeState, Issue, IssueState
from workbench.store import Workspace
from workbench.store.ledger import MovedError

LIVE: tuple[ChangeState, ...] = ("draft", "committed", "merged")
"""States of a change that its issues wait for."""
_BACK: dict[IssueState, IssueState] = {
    "changing": "confirmed",
    "validating": "confirmed",
    "shipped": "reopened",
    "watching": "reopened",
}
"""Where an issue goes when the last change for it is given up or taken back."""


def find_draft(workspace: Workspace, change_id: str) -> Change:
    """Return a change that may still be edited, named as for `find_change`.

    Raises
    ------
    ConfigError
        If there is no such change.
    GateError
        If it is no draft.
    """
    change = find_change(workspace, change_id)
    if change.state != "draft":
        raise GateError(f"it is {change.state} and no draft", where=change.id, fix="begin another change")
    return change


def keep(workspace: Workspace, before: Change, after: Change, *, now: datetime, actor: Actor = WORKBENCH) -> None:
    """Put a new revision of a change into the ledger, and with it, at once, what it does to its issues.

    Raises
    ------
    GateError
        If another revision was put there meanwhile, unless it says the same.
    MovedError
        If others append all the time.
    """
    with workspace.writing():
        for attempt in range(1, MAX_ATTEMPTS + 1):
            head = workspace.ledger.head()
            current = find_change(workspace, before.id)
            if current == after:  # another run found it in git
                return
            if current != before:
                fix = "look at it, and try again"
                raise GateError("somebody else went on with it meanwhile", where=before.id, fix=fix)
            moved = _issues_on(workspace, before, after) if after.state in LIVE else _issues_back(workspace, after)
            try:
                workspace.ledger.append([after, *moved], now=now, actor=actor, after=head)
            except MovedError:
                if attempt == MAX_ATTEMPTS:
                    raise
            else:
                return


def folder_of(workspace: Workspace, change: Change) -> Path:
    """Return where the files of a change lie for its author's own editor, whether they have been laid out or not.

    Raises
    ------
    ValueError
        If its id has not the form of a change's: nothing else becomes a part of a path.
    """
    return workspace.drafts / branch_of(change.id).removeprefix(OF_CHANGES)


def _issues_on(workspace: Workspace, before: Change, after: Change) -> Sequence[Issue]:
    """Return the issues that wait for a change again, whose roll-back came to nothing; else none."""
    if before.state in LIVE:
        return []
    again = "the roll-back of its change was not merged"
    return [  # moved by the person who began the change, as that stands
        move(issue, "changing", evidence=(after.id,), reason=again, by="person")
        for issue in workspace.ledger.latest(Issue)
        if issue.id in after.issue_ids and issue.state in ("confirmed", "reopened")
    ]


def _issues_back(workspace: Workspace, ended: Change) -> Sequence[Issue]:
    """Return the issues of a change that has ended, as they are now that no other change for them goes on."""
    others = [one for one in workspace.ledger.latest(Change) if one.id != ended.id and one.state in LIVE]
    waited_for = {issue for one in others for issue in one.issue_ids}
    word = "given up" if ended.state == "abandoned" else "rolled back"
    return [
        move(issue, _BACK[issue.state], evidence=(ended.id,), reason=f"its change was {word}", by="program")
        for issue in workspace.ledger.latest(Issue)
        if issue.id in ended.issue_ids and issue.id not in waited_for and issue.state in _BACK
    ]
