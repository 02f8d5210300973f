"""A person's place at one change: what the editor of a notebook shows, and where what it saves goes.

It goes the way of every change, through the gate of the issue's verdicts, into the ledger and onto a branch of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from workbench.changes.work_tree import read_back
from workbench.loop.named import app_of
from workbench.loop.people import a_person
from workbench.loop.refine.change_records import folder_of
from workbench.loop.refine.changing import begin_change
from workbench.loop.refine.committing import commit_change
from workbench.loop.refine.compare_app import edited
from workbench.loop.review.reviewing import Who
from workbench.records import Change, Issue
from workbench.store import Workspace


def sit_down_to_edit(
    workspace: Workspace, *, issue: Issue, change: Change | None, development: Sequence[str], who: Who
) -> "EditDesk":
    """Return a person's desk at a change that is begun and not committed; else at a new one for the issue.

    Parameters
    ----------
    workspace
        Where it is recorded.
    issue
        The confirmed issue that a new change is for.
    change
        A change of it, if there is one.
    development
        The traces that a new one is written from.
    who
        Who signs.

    Raises
    ------
    RepositoryError
        If the app's repository cannot be read.
    """
    draft = change if change is not None and change.state == "draft" else None
    repository = app_of(workspace)
    base = repository.contents(draft.base if draft else repository.head())
    folder = folder_of(workspace, draft) if draft else None
    written = read_back(repository, draft.base, folder) if draft and folder and folder.is_dir() else {}
    return EditDesk(
        workspace,
        issue=issue,
        change=draft,
        files=_texts(base),
        edits={path: text for path, text in _texts(edited({}, written)).items() if path in base},
        development=development,
        who=who,
        clock=partial(datetime.now, UTC),
    )


class EditDesk:
    """One change of one person, begun or not."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        issue: Issue,
        change: Change | None,
        files: Mapping[str, str],
        edits: Mapping[str, str],
        development: Sequence[str],
        who: Who,
        clock: Callable[[], datetime],
    ) -> None:
        self._workspace, self._issue, self._change = workspace, issue, change
        self._files, self._edits, self._development = files, edits, tuple(development)
        self._who, self._clock = who, clock

    def about(self) -> dict[str, Any]:
        """Return what the change is; see `widgets.edit_desk`."""
        change = self._change
        return {
            "issue": {"id": self._issue.id, "title": self._issue.title},
            "author": change.author if change else self._who.name,
            "title": change.title if change else "",
            "why": change.why if change else "",
            "change_id": change.id if change else "",
            "state": change.state if change else "new",
            "files": dict(self._files),
            "edits": dict(self._edits),
        }

    def begin(self, *, title: str, why: str) -> str:
        """Begin the change and return its id.

        Raises
        ------
        GateError
            If people have not confirmed the issue.
        RepositoryError
            If the app's repository is in no state for it.
        """
        self._change = begin_change(
            self._workspace,
            issue_ids=(self._issue.id,),
            title=title,
            why=why,
            author=self._who.name,
            identity=self._who.identity,
            now=self._clock(),
            development=self._development,
        )
        return self._change.id

    def commit(self, contents: Mapping[str, str]) -> str:
        """Commit the edited files and return the commit; errors as of `begin`, and a broken edit is a ConfigError."""
        if self._change is None:
            raise ValueError("the change is not begun")
        edits = {path: text.encode() for path, text in contents.items()}
        actor = a_person(self._who.name, self._who.identity)
        self._change = commit_change(self._workspace, self._change.id, edits, now=self._clock(), actor=actor)
        return self._change.commit or ""

    def hooks_not_run(self) -> tuple[str, ...]:
        """Return the names of the repository's hooks that the commit did not run: they are run where it is merged."""
        return app_of(self._workspace).hooks_not_run()


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files that are text."""
    texts = {}
    for path, content in files.items():
        try:
            texts[path] = content.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return texts
