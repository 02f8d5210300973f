"""A workspace with an app in git, issues that people confirmed, and changes for them: what can be released."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, make_workspace
from workbench.backlog import move
from workbench.changes.commit import branch_of, commit
from workbench.ids import ordered_id
from workbench.loop.named import app_of
from workbench.loop.settle import settle
from workbench.records import Change, Issue
from workbench.store import Workspace

PROMPT = "---\nname: answer\n---\n" + "".join(f"Rule {number}.\n" for number in range(1, 12))
TOOL = '{"type": "function", "function": {"name": "find_court", "parameters": {"type": "object", "properties": {}}}}\n'
FILES = {"prompts/answer.md": PROMPT, "settings.yaml": "retries: 2\ntone: warm\n", "tools/find_court.json": TOOL}
LATER = NOON + timedelta(days=1)


def git(root: Path, *arguments: str) -> str:
    """Run git as a user would, and return what it says."""
    named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *named, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_app(root: Path, files: Mapping[str, str] = FILES) -> None:
    """Make the repository of an app with one commit."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "The app")


def releasable(root: Path, *clusters: str) -> Workspace:
    """Return a workspace whose issues, one a cluster, people have confirmed."""
    workspace = make_workspace(root, dict.fromkeys(clusters, 2))
    make_app(root / "app")
    workspace.ledger.append([on_issue(f"iss_{cluster}") for cluster in clusters], now=NOON, actor=ANN)
    settle(workspace, now=NOON)
    return workspace


def change(
    workspace: Workspace, name: str, contents: Mapping[str, str | None], *issues: str, is_committed: bool = True
) -> Change:
    """Commit a change for issues, as step 5 does, and return it."""
    of_id = ordered_id("chg", NOON, name)
    repository = app_of(workspace)
    draft = Change(
        id=of_id,
        at=NOON,
        state="draft",
        issue_ids=issues,
        title=name,
        branch=branch_of(of_id),
        base=repository.head(),
        ledger_head=workspace.ledger.head(),
        author="ann",
        identity="typed",
    )
    moved = [
        move(issue, "changing", evidence=[of_id], reason="it is being changed", by="person")
        for issue in workspace.ledger.latest(Issue)
        if issue.id in issues and issue.state in ("confirmed", "changing")
    ]
    workspace.ledger.append([draft, *moved], now=NOON, actor=ANN)
    if not is_committed:
        return draft
    held = {path: None if text is None else text.encode() for path, text in contents.items()}
    made = commit(repository, draft, held)
    workspace.ledger.append([made], now=NOON, actor=ANN)
    return made


def revise(workspace: Workspace, record: Change | Issue, **fields: object) -> None:
    """Append a revision of a record past all gates, as somebody with a pen would."""
    workspace.ledger.append([replace(record, **fields)], now=LATER)  # type: ignore[arg-type]
