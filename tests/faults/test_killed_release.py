"""A release candidate whose making is killed (kill -9) at any step: the next run ends at the same one commit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.loop.people import ANN
from tests.loop.releasable import FILES, PROMPT, change, git, releasable
from tests.loop.under_review import NOON
from workbench.loop.release import make_candidate
from workbench.records import Change, Issue, ReleaseCandidate
from workbench.store import open_workspace

REPOSITORY = Path(__file__).parents[2]


def a_candidate(root: Path) -> Path:
    """Make a workspace with an open candidate of two changes."""
    workspace = releasable(root, "slow", "late")
    change(workspace, "first", {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "State first.\n")}, "iss_slow")
    change(workspace, "last", {"settings.yaml": FILES["settings.yaml"].replace("2", "3")}, "iss_late")
    made = [one.id for one in workspace.ledger.latest(Change)]
    make_candidate(workspace, "W10", change_ids=made, actor=ANN, now=NOON)
    return root


def killed(tmp_path: Path, kills: str) -> list[dict[str, Any]]:
    """Return what the next run came to after each kill; the last one is of a run that was not killed."""
    template, folder = a_candidate(tmp_path / "template"), tmp_path / "killed"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.faults.freezing", str(template), str(folder), kills]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def objects_of(root: Path) -> list[str]:
    """Return every object of the app's repository, named by anything or not."""
    return sorted(git(root / "app", "cat-file", "--batch-all-objects", "--batch-check").splitlines())


def check(found: list[dict[str, Any]]) -> None:
    """Check that every run came to what the one came to that was not killed, and left nothing else behind."""
    *others, whole = found
    roots = [Path(one.pop("root")) for one in found]
    for one, root in zip(others, roots, strict=False):
        assert one == whole, root.name
        assert objects_of(root) == objects_of(roots[-1]), root.name
        references = [git(at / "app", "for-each-ref") for at in (root, roots[-1])]
        assert references[0] == references[1]
        ledger = open_workspace(root).ledger
        assert [revision.state for revision in ledger.revisions(ReleaseCandidate)] == ["open", "frozen"]
        assert {issue.state for issue in ledger.latest(Issue)} == {"validating"}
        ledger.verify()


def test_a_kill_between_references_and_ledger_is_completed_by_the_next_run(tmp_path: Path) -> None:
    # Before and after each of three references, and of the append: after the first of them, and before the last.
    found = killed(tmp_path, "2,7")
    assert len(found) == 2 + 1
    check(found)


@pytest.mark.slow
def test_a_kill_at_any_step_is_completed_by_the_next_run(tmp_path: Path) -> None:
    found = killed(tmp_path, "all")
    # Before and after three references, an append, four merges (two, and one for each ablation) with a commit each, and
    # three merged commits.
    assert len(found) == 2 * (3 + 1 + 4 + 4 + 3) + 1
    check(found)
