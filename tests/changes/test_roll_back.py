"""A merged change is taken back by a revert on a branch of its own; what others did meanwhile stays."""

from datetime import timedelta

import pytest

from tests.changes.repositories import CHANGE_ID, EDIT, NOON, PROMPT, README, TOOL, Repository, a_change, owned
from workbench.changes.commit import commit
from workbench.changes.repository import AppRepository, open_app
from workbench.changes.roll_back import roll_back
from workbench.changes.status import status
from workbench.errors import GateError, RepositoryError
from workbench.records import Change

BRANCH = f"change/{CHANGE_ID}"
BACK = f"{BRANCH}-roll-back"
NEW_TOOL = '{"name": "find", "description": "Finds a case."}\n'


@pytest.fixture
def opened(app: Repository) -> AppRepository:
    return open_app(app.root)


@pytest.fixture
def made(app: Repository, opened: AppRepository) -> Change:
    """Return a committed change of the prompt that adds a tool."""
    return commit(opened, a_change(app.head()), {PROMPT: EDIT, "tools/find.json": NEW_TOOL.encode()})


def back(opened: AppRepository, change: Change) -> Change:
    return roll_back(opened, change, reason="It was slower.", author="ben", at=NOON + timedelta(days=1))


@pytest.mark.parametrize("merge", [["--no-ff"], ["--ff-only"], ["--squash"]])
def test_a_merged_change_is_taken_back_and_the_rest_stays(
    app: Repository, opened: AppRepository, made: Change, merge: list[str]
) -> None:
    app.git("merge", "--quiet", *merge, BRANCH)
    if merge == ["--squash"]:
        app.commit({README: "Squashed with this.\n"})
    app.commit({TOOL: '{"name": "look", "description": "Later."}\n'})
    before, was = owned(app.root), app.head()
    done = back(opened, status(opened, made).change)
    assert (done.state, done.reason) == ("rolled_back", "It was slower.")
    assert app.git("diff", "--name-status", "HEAD", BACK).split() == ["M", PROMPT, "D", "tools/find.json"]
    assert app.git("diff", made.base, BACK, "--", PROMPT, "tools/find.json") == ""
    assert app.git("log", "-1", "--format=%P %an %cn", BACK) == f"{was} ben workbench"
    assert f"Workbench-Rolls-Back: {made.commit}" in app.git("log", "-1", "--format=%(trailers)", BACK)
    after = owned(app.root)
    assert {path: after[path] for path in before} == before
    assert {path for path in after if path not in before and "objects/" not in path} == {
        f".git/refs/heads/{BACK}",
        f".git/logs/refs/heads/{BACK}",
    }


def test_a_roll_back_whose_record_was_cut_short_is_found(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    done = back(opened, made)
    found = status(opened, made).change
    assert (found.state, found.reverted_by) == ("rolled_back", done.reverted_by)


def test_later_edits_of_the_same_lines_are_a_conflict_that_changes_nothing(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    app.commit({PROMPT: EDIT.decode().replace("first", "before all else")})
    before = {path: held for path, held in owned(app.root).items() if "objects" not in path}
    with pytest.raises(RepositoryError, match=rf"conflict, in {PROMPT}"):
        back(opened, made)
    assert {path: held for path, held in owned(app.root).items() if "objects" not in path} == before


def test_what_the_branch_has_not_got_is_not_taken_back(app: Repository, opened: AppRepository, made: Change) -> None:
    with pytest.raises(GateError, match="the branch main has not got it"):
        back(opened, made)
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    app.git("revert", "--no-edit", made.commit or "")
    with pytest.raises(GateError, match="taken it back already"):
        back(opened, made)


def test_a_roll_back_starts_from_what_is_committed(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    app.write(PROMPT, "Mine.\n")
    with pytest.raises(RepositoryError, match="not committed"):
        back(opened, made)
