"""The gate of a candidate against what no change owns: versions, ledgers and people that nobody put their name to."""

import shutil
from pathlib import Path

import pytest

from tests.loop.releasable import ANN, LATER, PROMPT, change, git, releasable
from tests.loop.under_review import NOON
from workbench.errors import GateError
from workbench.loop.change_records import app_of
from workbench.loop.release import freeze_candidate, make_candidate
from workbench.loop.release.commits import make_commits
from workbench.records import Change, ReleaseCandidate
from workbench.store import Workspace, open_workspace

FIRST = {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "State first.\n")}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two issues that people confirmed, and no change yet."""
    return releasable(tmp_path_factory.mktemp("template") / "w", "slow", "late").root


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Workspace:
    return open_workspace(shutil.copytree(template, tmp_path / "w"))


def make(workspace: Workspace, *changes: Change, name: str = "W10") -> ReleaseCandidate:
    return make_candidate(workspace, name, change_ids=[one.id for one in changes], actor=ANN, now=NOON)


def freeze(workspace: Workspace, name: str = "W10") -> ReleaseCandidate:
    return freeze_candidate(workspace, name, actor=ANN, now=LATER)


def on_experiment(workspace: Workspace) -> Change:
    """Return a change that was begun on a branch whose settings nobody reviewed."""
    app = workspace.root / "app"
    git(app, "switch", "--quiet", "--create", "experiment")
    (app / "settings.yaml").write_text("retries: 99\ntone: rude\n")
    git(app, "commit", "--quiet", "--all", "--message", "never reviewed")
    made = change(workspace, "first", FIRST, "iss_slow")
    git(app, "switch", "--quiet", "main")
    return made


def test_a_change_begun_on_another_branch_does_not_bring_that_ones_edits(workspace: Workspace) -> None:
    """A frozen candidate shipped settings that no change edits, nobody reviewed and no issue asked for."""
    made = on_experiment(workspace)
    with pytest.raises(GateError, match=f"{made.id} starts from {made.base[:12]}, which the app has not got"):
        make(workspace, made)


def test_what_is_merged_edits_no_file_but_those_of_its_changes(workspace: Workspace) -> None:
    """Whatever let an edit slip in beside the changes, the merged commit carried it out."""
    made, repository = on_experiment(workspace), app_of(workspace)
    candidate = ReleaseCandidate(
        id="rel_20261102T120000_aaaaaaaaaa",
        at=NOON,
        state="open",
        name="W10",
        change_ids=(made.id,),
        base=repository.head(),
        ledger_head=workspace.ledger.head(),
        author="ann",
        identity="typed",
    )
    with pytest.raises(GateError, match=r"merged, it edits settings\.yaml too, and none of its changes does"):
        make_commits(repository, candidate, [made])
