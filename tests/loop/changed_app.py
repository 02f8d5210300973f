"""A workspace with issues that people judged, and the app's repository in it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.changes.repositories import NOON, Repository, make_repository
from tests.loop.under_review import an_issue
from tests.review.said import verdict
from workbench.records import Actor, Issue, Verdict
from workbench.store import DEMO_SECRET, Workspace, init_workspace

ANN = Actor(kind="HUMAN", name="ann", identity="typed")
ONE, TWO = "iss_one", "iss_two"


def make_workspace(root: Path) -> tuple[Workspace, Repository]:
    """Return a workspace with two issues, the first confirmed by ann, and its app's repository."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    issues = [replace(an_issue(name, 9), category="other") for name in ("one", "two")]
    workspace.ledger.append([*issues, judged(ONE, "confirmed")], now=NOON, actor=ANN)
    return workspace, make_repository(workspace.app)


def judged(issue_id: str, label: str, **more: Any) -> Verdict:
    return verdict(
        issue_id, label, **{"target_kind": "issue", "cluster_id": None, "review_id": None, "at": NOON, **more}
    )


def say(workspace: Workspace, *verdicts: Verdict) -> None:
    workspace.ledger.append(verdicts, now=NOON, actor=ANN)


def state_of(workspace: Workspace, issue_id: str = ONE) -> Issue:
    return next(one for one in workspace.ledger.latest(Issue) if one.id == issue_id)


def states(workspace: Workspace, issue_id: str = ONE) -> Sequence[str]:
    return [one.state for one in workspace.ledger.history(Issue, issue_id)]
