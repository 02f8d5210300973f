"""A workspace with one issue that people confirmed, and the app's own repository with a change for it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.changes.repositories import CHANGE_ID, FILES, PROMPT, Repository, make_repository
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, make_workspace
from workbench.changes.commit import commit
from workbench.changes.repository import open_app
from workbench.records import Change, Issue
from workbench.store import Workspace

BEFORE = FILES[PROMPT]
AFTER = "State the jurisdiction first.\n\nState the holding.\n\nBe brief.\n"


def make_app_workspace(root: Path, sizes: Mapping[str, int] | None = None) -> tuple[Workspace, Repository]:
    """Return a workspace with clusters of so many traces, the issue of each confirmed, and its app on `main`."""
    workspace = make_workspace(root, sizes or {"clu_a": 6}, n_unflagged=4)
    for issue in workspace.ledger.latest(Issue):
        workspace.ledger.append([replace(issue, state="confirmed"), on_issue(issue.id)], now=NOON, actor=ANN)
    return workspace, make_repository(workspace.app)


def a_change(workspace: Workspace, app: Repository, *, number: int = 0, **other: object) -> Change:
    """Return a draft for the widest issue, as the ledger has it."""
    issue = max(workspace.ledger.latest(Issue), key=lambda one: one.n_traces)
    change_id = CHANGE_ID[:-1] + "abcdefghij"[number]
    made = Change(
        id=change_id,
        at=NOON,
        state="draft",
        issue_ids=(issue.id,),
        title="State the jurisdiction first",
        why="Answers mix federal and state law.",
        branch=f"change/{change_id}",
        base=app.head(),
        ledger_head=workspace.ledger.head(),
        author="ben",
        identity="typed",
    )
    made = replace(made, **other)  # type: ignore[arg-type]
    workspace.ledger.append([made], now=NOON)
    return made


def committed_change(workspace: Workspace, app: Repository, *, text: str = AFTER, **other: object) -> Change:
    """Return a change of the prompt that is committed, in the ledger and in git."""
    draft = a_change(workspace, app, **other)  # type: ignore[arg-type]
    repository = open_app(workspace.app, layout=workspace.layout)
    made = commit(repository, draft, {PROMPT: text.encode()})
    workspace.ledger.append([made], now=NOON)
    return made
