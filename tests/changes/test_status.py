"""The record of a change follows what people do with its branch, in their own tools."""

from dataclasses import replace

import pytest

from tests.changes.repositories import CHANGE_ID, EDIT, NOON, PROMPT, README, TOOL, Repository, a_change
from workbench.changes.commit import OF_CHANGE, commit, message_of, trailers_in
from workbench.changes.repository import AppRepository, open_app
from workbench.changes.roll_back import roll_back
from workbench.changes.status import status
from workbench.records import Change, FileEdit

BRANCH = f"change/{CHANGE_ID}"


def reconcile(repository: AppRepository, change: Change) -> Change:
    """Return a change as it is to be recorded now."""
    return status(repository, change).change


@pytest.fixture
def opened(app: Repository) -> AppRepository:
    return open_app(app.root)


@pytest.fixture
def made(app: Repository, opened: AppRepository) -> Change:
    """Return a committed change of the prompt."""
    return commit(opened, a_change(app.head()), {PROMPT: EDIT})


def test_what_nobody_touched_is_as_recorded(app: Repository, opened: AppRepository, made: Change) -> None:
    assert status(opened, made) == ("same", made, "")
    draft = a_change(app.head(), change_id="chg_20260302T120000_bbbbbbbbbb")
    assert status(opened, draft) == ("same", draft, "")


def test_a_commit_whose_record_was_cut_short_is_found(app: Repository, opened: AppRepository, made: Change) -> None:
    assert status(opened, a_change(app.head()))[:2] == ("found", made)


def test_a_branch_of_that_name_that_is_not_its_own_is_said(app: Repository, opened: AppRepository) -> None:
    app.git("branch", BRANCH)
    draft = a_change(app.head())
    kind, change, said = status(opened, draft)
    assert (kind, change) == ("differs", draft)
    assert "is not its own" in said


@pytest.mark.parametrize(("path", "said"), [("src/app.py", "none of the app's files"), (TOOL, TOOL)])
def test_a_commit_by_hand_is_not_taken_for_the_drafts_where_it_could_not_be_made_here(
    app: Repository, opened: AppRepository, path: str, said: str
) -> None:
    """A commit that touched the app's code, and one that broke a tool, became `committed` by their trailer."""
    draft = a_change(app.head())
    app.git("switch", "--quiet", "--create", BRANCH)
    app.commit({path: "{broken"}, message=message_of(draft))
    kind, change, words = status(opened, draft)
    assert (kind, change) == ("differs", draft)
    assert said in words


@pytest.mark.parametrize("flag", ["--no-ff", "--ff-only"])
def test_a_merge_is_seen_and_outlives_the_branch(
    app: Repository, opened: AppRepository, made: Change, flag: str
) -> None:
    app.git("merge", "--quiet", flag, BRANCH)
    merged = reconcile(opened, made)
    assert merged.state == "merged"
    app.git("branch", "-D", BRANCH)
    assert status(opened, merged) == ("same", merged, "")


def test_a_merge_into_another_branch_is_seen_also_on_a_remote(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    app.git("update-ref", "refs/remotes/origin/main", made.commit or "")
    kind, change, said = status(opened, made)
    assert (kind, change.state, said) == ("merged", "merged", "origin/main has it")


def test_another_branch_that_was_set_on_it_to_look_at_it_is_no_merge(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    """It made the change merged: it could be neither abandoned nor rolled back, each said to do the other."""
    app.git("branch", "look-at-it", BRANCH)
    app.git("update-ref", "refs/remotes/origin/look-at-it", made.commit or "")
    assert status(opened, made) == ("same", made, "")
    app.git("switch", "--quiet", "look-at-it")
    app.commit({README: "Further.\n"})
    app.git("switch", "--quiet", "main")
    assert status(opened, made).said == "look-at-it has it"


def test_a_change_that_main_ends_at_stays_merged_while_another_branch_is_checked_out(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    app.git("branch", "old")
    app.git("merge", "--quiet", "--ff-only", BRANCH)
    merged = reconcile(opened, made)
    app.git("switch", "--quiet", "old")
    assert status(opened, merged) == ("same", merged, "")


def test_a_copy_of_its_branch_on_a_remote_is_no_merge(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("update-ref", f"refs/remotes/origin/{BRANCH}", made.commit or "")
    assert status(opened, made).kind == "same"


def test_a_rebased_and_a_squashed_merge_are_seen(app: Repository, opened: AppRepository, made: Change) -> None:
    app.commit({README: "Meanwhile.\n"})
    app.git("merge", "--quiet", "--squash", BRANCH)
    app.commit({TOOL: '{"name": "look", "description": "With another change in one."}\n'}, message="squashed")
    assert status(opened, made).kind == "merged"


def test_a_pick_among_other_edits_of_the_file_is_seen(app: Repository, opened: AppRepository, made: Change) -> None:
    """Its file never holds what it holds on the change's branch: only the patch is the same."""
    app.commit({PROMPT: "State the holding.\n\nBe brief.\n\nOne.\n\nTwo.\n\nThree.\n\nCite.\n"})
    app.git("cherry-pick", made.commit or "")
    app.commit({PROMPT: (app.root / PROMPT).read_text() + "Be kind.\n"})
    assert status(opened, made).kind == "merged"


def test_a_revert_by_hand_is_seen_and_a_revert_of_it_too(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    merged = reconcile(opened, made)
    app.git("revert", "--no-edit", made.commit or "")
    reverted = reconcile(opened, merged)
    assert (reverted.state, reverted.reverted_by) == ("rolled_back", app.head())
    app.git("revert", "--no-edit", "HEAD")
    assert reconcile(opened, merged) == merged


def test_a_squashed_change_stays_merged_while_another_branch_is_checked_out(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    """It was given up as deleted, and its issue was open again, because somebody looked at an older branch."""
    app.git("branch", "old")
    app.git("merge", "--quiet", "--squash", BRANCH)
    app.commit({README: "Squashed.\n"})
    app.git("branch", "-D", BRANCH)
    merged = reconcile(opened, made)
    app.git("switch", "--quiet", "old")
    assert status(opened, merged) == ("same", merged, "")


def test_a_roll_back_that_was_deleted_unmerged_has_taken_nothing_back(
    app: Repository, opened: AppRepository, made: Change
) -> None:
    """The app went on with the change for ever, and the record said that it was rolled back."""
    app.git("merge", "--quiet", "--squash", BRANCH)
    app.commit({README: "Squashed.\n"})
    back = roll_back(opened, reconcile(opened, made), reason="Slower.", author="ben", at=NOON)
    assert status(opened, back) == ("same", back, "")
    app.git("branch", "--move", f"{BRANCH}-roll-back", "elsewhere")
    assert status(opened, back) == ("same", back, "")
    app.git("branch", "-D", "elsewhere")
    kind, change, said = status(opened, back)
    assert (kind, change.state, change.reverted_by, change.reason) == ("merged", "merged", None, "")
    assert said == f"its roll-back {(back.reverted_by or '')[:12]} is on no branch any more, and main has it"
    app.git("merge", "--quiet", back.reverted_by or "")
    app.git("commit", "--quiet", "--allow-empty", "--message", "more")
    assert status(opened, back) == ("same", back, "")


def test_a_merge_that_was_reset_away_is_seen(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("merge", "--quiet", "--no-ff", BRANCH)
    merged = reconcile(opened, made)
    app.git("reset", "--quiet", "--hard", made.base)
    assert status(opened, merged)[:2] == ("moved", made)


def test_a_deleted_branch_that_nothing_has_merged_is_said(app: Repository, opened: AppRepository, made: Change) -> None:
    """It may be squashed on a server that nobody has fetched from: only a person can give it up."""
    app.git("branch", "-D", BRANCH)
    kind, change, said = status(opened, made)
    assert (kind, change) == ("gone", made)
    assert f"git branch {BRANCH} {(made.commit or '')[:12]}" in said
    app.git("branch", BRANCH, made.commit or "")
    assert status(opened, made).kind == "same"


def on_branch(app: Repository, files: dict[str, str], *options: str) -> str:
    """Commit files to the change's branch as its user, and return the branch's tip."""
    app.git("switch", "--quiet", BRANCH)
    for path, text in files.items():
        app.write(path, text)
    app.git("add", "--all")
    app.git("commit", "--quiet", "--message", "mine", *options)
    app.git("switch", "--quiet", "main")
    return app.git("rev-parse", BRANCH)


def test_more_commits_on_its_branch_become_a_part_of_it(app: Repository, opened: AppRepository, made: Change) -> None:
    tip = on_branch(app, {"settings.yaml": "retries: 3\n"})
    kind, change, _ = status(opened, made)
    assert (kind, change.commit, change.base) == ("moved", tip, made.base)
    assert [edit.path for edit in change.edits] == [PROMPT, "settings.yaml"]
    assert status(opened, change).kind == "same"
    assert status(opened, a_change(made.base))[:2] == ("moved", change), "also where its record was cut short"


def test_an_amended_and_a_rebased_branch_are_followed(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("switch", "--quiet", BRANCH)
    app.write(PROMPT, EDIT.decode() + "Cite.\n")
    app.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    app.git("switch", "--quiet", "main")
    amended = reconcile(opened, made)
    assert amended.commit == app.git("rev-parse", BRANCH)
    later = app.commit({README: "Meanwhile.\n"})
    app.git("rebase", "--quiet", "main", BRANCH)
    app.git("switch", "--quiet", "main")
    rebased = reconcile(opened, amended)
    assert (rebased.base, rebased.commit) == (later, app.git("rev-parse", BRANCH))
    blob = app.git("rev-parse", f"{BRANCH}:{PROMPT}")
    app.git("switch", "--quiet", BRANCH)
    assert reconcile(opened, rebased) == rebased, "also while its branch is checked out"
    assert rebased.edits == (FileEdit(PROMPT, "prompt", made.edits[0].before, blob),)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"src/app.py": "print()\n"}, "none of the app's files"),
        ({"settings.yaml": "a: [\n"}, "settings.yaml"),
        ({TOOL: "{}"}, TOOL),
    ],
)
def test_what_could_not_be_committed_here_is_not_taken_from_its_branch(
    app: Repository, opened: AppRepository, made: Change, files: dict[str, str], said: str
) -> None:
    on_branch(app, files)
    kind, change, words = status(opened, made)
    assert (kind, change) == ("differs", made)
    assert said in words


def test_a_branch_that_was_set_on_something_else_is_said(app: Repository, opened: AppRepository, made: Change) -> None:
    app.git("branch", "--force", BRANCH, app.commit({PROMPT: "Quite another.\n"}))
    kind, change, said = status(opened, made)
    assert (kind, change) == ("differs", made)
    assert "nothing names this change" in said


def test_a_trailer_in_the_text_of_a_reason_is_none(app: Repository, opened: AppRepository) -> None:
    """Who writes `Workbench-Change: ...` into a reason could take over another change's branch."""
    sly = replace(a_change(app.head()), why="Because.\n\nWorkbench-Change: chg_other\n---\nWorkbench-Ledger: x")
    made = commit(opened, sly, {PROMPT: EDIT})
    message = opened.objects.message(made.commit or "")
    assert trailers_in(message)[OF_CHANGE] == (CHANGE_ID,)
    said = app.git("log", "-1", "--format=%(trailers:key=Workbench-Change,valueonly)", made.commit or "")
    assert said == CHANGE_ID
