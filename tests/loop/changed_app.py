"""A workspace with issues that people judged, and the app's repository in it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.changes.repositories import NOON, Repository, make_repository
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import an_issue
from workbench.records import Issue, Verdict
from workbench.store import DEMO_SECRET, Workspace, init_workspace

ONE, TWO = "iss_one", "iss_two"


def make_workspace(root: Path) -> tuple[Workspace, Repository]:
    """Return a workspace with two issues, the first confirmed by ann, and its app's repository."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    issues = [replace(an_issue(name, 9), category="other") for name in ("one", "two")]
    workspace.ledger.append([*issues, on_issue(ONE)], now=NOON, actor=ANN)
    return workspace, make_repository(workspace.app)


def say(workspace: Workspace, *verdicts: Verdict) -> None:
    workspace.ledger.append(verdicts, now=NOON, actor=ANN)


def state_of(workspace: Workspace, issue_id: str = ONE) -> Issue:
    return next(one for one in workspace.ledger.latest(Issue) if one.id == issue_id)


def states(workspace: Workspace, issue_id: str = ONE) -> Sequence[str]:
    return [one.state for one in workspace.ledger.history(Issue, issue_id)]
