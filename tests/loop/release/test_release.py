"""Release candidates end to end: what may travel, what is frozen, and that nothing gets in past the gate."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.people import ANN, on_issue
from tests.loop.releasable import FILES, LATER, PROMPT, change, git, releasable, revise
from tests.loop.under_review import NOON
from tests.releases.measured import pain_of
from workbench.errors import ConfigError, GateError, RepositoryError
from workbench.loop.chain import Key, chain
from workbench.loop.named import app_of
from workbench.loop.release import (
    bundle_changes,
    candidates,
    check_candidate,
    find_candidate,
    freeze_candidate,
    make_candidate,
    release_change,
    withdraw_candidate,
)
from workbench.loop.review.reviewing import Who
from workbench.records import WORKBENCH, Change, Issue, ReleaseCandidate
from workbench.store import Workspace, open_workspace

FIRST, LAST = PROMPT.replace("Rule 1.\n", "State first.\n"), PROMPT.replace("Rule 11.\n", "Cite last.\n")
PAIN = pain_of({"iss_slow": 3, "iss_late": 8})
Edit = Callable[[Workspace], object]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two issues with a change each, in one file but not in the same lines; and the same with a frozen candidate."""
    folder = tmp_path_factory.mktemp("template")
    made = releasable(folder / "open", "slow", "late")
    change(made, "first", {"prompts/answer.md": FIRST}, "iss_slow")
    change(made, "last", {"prompts/answer.md": LAST, "settings.yaml": "retries: 3\ntone: warm\n"}, "iss_late")
    shutil.copytree(folder / "open", folder / "frozen")
    freeze(open_workspace(folder / "frozen"))
    return folder


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Workspace:
    """Return the workspace with two changes that can travel together."""
    return open_workspace(shutil.copytree(template / "open", tmp_path / "w"))


@pytest.fixture
def frozen_one(template: Path, tmp_path: Path) -> Workspace:
    """Return the workspace with both in a frozen candidate."""
    return open_workspace(shutil.copytree(template / "frozen", tmp_path / "w"))


def ids(workspace: Workspace) -> list[str]:
    return [one.id for one in workspace.ledger.latest(Change)]


def make(workspace: Workspace, name: str = "W10", *, changes: list[str] | None = None) -> ReleaseCandidate:
    wanted = ids(workspace) if changes is None else changes
    return make_candidate(workspace, name, change_ids=wanted, actor=ANN, now=NOON, pain=PAIN)


def freeze(workspace: Workspace) -> ReleaseCandidate:
    return freeze_candidate(workspace, make(workspace).id, actor=ANN, now=LATER)


def states(workspace: Workspace) -> dict[str, str]:
    return {issue.id: issue.state for issue in workspace.ledger.latest(Issue)}


def test_changes_in_one_file_are_one_bundle_and_one_without_a_commit_is_left_out(workspace: Workspace) -> None:
    draft = change(workspace, "draft", {}, "iss_slow", is_committed=False)
    found = bundle_changes(workspace, now=LATER, pain=PAIN)
    (one,) = found.bundles
    assert set(one.change_ids) == set(ids(workspace)) - {draft.id}
    assert one.reasons == (f"{', '.join(sorted(one.change_ids))}: in the same file prompts/answer.md",)
    assert found.conflicts == ()
    assert found.left_out == {draft.id: (f"{draft.id} is draft, must be committed",)}


def test_a_frozen_candidate_holds_every_edit_and_its_ablations_lack_one_each(workspace: Workspace) -> None:
    first, last = workspace.ledger.latest(Change)
    frozen = freeze(workspace)
    assert frozen.change_ids == (last.id, first.id)  # the greater pain first
    assert (frozen.pain, frozen.state, frozen.frozen_at) == (11, "frozen", LATER)
    app = app_of(workspace)
    read = {path: text.decode() for path, text in app.contents(frozen.commit or "").items()}
    both = FIRST.replace("Rule 11.\n", "Cite last.\n")
    assert read == {**FILES, "prompts/answer.md": both, "settings.yaml": "retries: 3\ntone: warm\n"}
    without = {one.without: app.read(one.commit, "prompts/answer.md").decode() for one in frozen.ablations}
    assert without == {first.id: LAST, last.id: FIRST}
    message = app.objects.message(frozen.commit or "")
    for said in (f"Workbench-Candidate: {frozen.id}", f"Workbench-Change: {first.id}", "Workbench-Issue: iss_late"):
        assert said in message.splitlines()
    branches = git(app.root, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert set(branches) == {"main", f"change/{first.id}", f"change/{last.id}"}
    assert check_candidate(workspace, frozen.id, now=LATER) == frozen


def test_its_issues_are_being_validated_and_a_withdrawal_gives_them_back(workspace: Workspace) -> None:
    assert states(workspace) == {"iss_slow": "changing", "iss_late": "changing"}
    frozen = freeze(workspace)
    assert states(workspace) == {"iss_slow": "validating", "iss_late": "validating"}
    assert {issue.evidence for issue in workspace.ledger.latest(Issue)} == {(frozen.id,)}
    gone = withdraw_candidate(workspace, "W10", reason="the tone is off", actor=ANN, now=LATER)
    assert (gone.state, gone.reason, gone.commit) == ("withdrawn", "the tone is off", frozen.commit)
    assert states(workspace) == {"iss_slow": "changing", "iss_late": "changing"}
    assert withdraw_candidate(workspace, gone.id, reason="again", actor=ANN, now=LATER) == gone
    with pytest.raises(GateError, match="it is withdrawn"):
        freeze_candidate(workspace, gone.id, actor=ANN, now=LATER)
    assert make(workspace).state == "open"


def test_an_issue_that_another_frozen_candidate_has_too_stays_with_that(workspace: Workspace) -> None:
    first, more = (
        ids(workspace)[0],
        change(workspace, "more", {"settings.yaml": "retries: 4\ntone: warm\n"}, "iss_slow"),
    )
    one = freeze_candidate(workspace, make(workspace, "one", changes=[first]).id, actor=ANN, now=LATER)
    other = freeze_candidate(workspace, make(workspace, "other", changes=[more.id]).id, actor=ANN, now=LATER)
    withdraw_candidate(workspace, other.id, reason="one is enough", actor=ANN, now=LATER)
    (issue,) = [one for one in workspace.ledger.latest(Issue) if one.id == "iss_slow"]
    assert (issue.state, issue.evidence) == ("validating", (one.id,))


def test_an_open_candidate_takes_changes_in_and_out_and_asking_twice_adds_nothing(workspace: Workspace) -> None:
    first, last = ids(workspace)
    one = make(workspace, changes=[first])
    both = make(workspace)
    assert (both.id, set(both.change_ids)) == (one.id, {first, last})
    n = workspace.ledger.verify()
    assert make(workspace) == both
    assert workspace.ledger.verify() == n
    assert find_candidate(workspace, one.id[:12]).id == find_candidate(workspace, "W10").id == one.id
    with pytest.raises(ConfigError, match="there is no such candidate"):
        find_candidate(workspace, "")


def test_what_is_frozen_stays_what_it_is(workspace: Workspace) -> None:
    frozen = freeze(workspace)
    with pytest.raises(GateError, match="W10 is frozen, and stays what it is"):
        make(workspace, changes=ids(workspace)[:1])
    n = workspace.ledger.verify()
    assert freeze_candidate(workspace, frozen.id, actor=ANN, now=LATER) == frozen
    assert workspace.ledger.verify() == n


def take_back(workspace: Workspace) -> None:
    workspace.ledger.append([on_issue("iss_slow", "rejected")], now=LATER, actor=ANN)


def move_branch(workspace: Workspace) -> None:
    branch = f"change/{ids(workspace)[0]}"
    root = workspace.root / "app"
    git(root, "worktree", "add", "--quiet", str(workspace.root / "elsewhere"), branch)
    git(workspace.root / "elsewhere", "commit", "--quiet", "--allow-empty", "--message", "more")


def drop_branch(workspace: Workspace) -> None:
    git(workspace.root / "app", "branch", "--delete", "--force", f"change/{ids(workspace)[0]}")


def unlink(workspace: Workspace) -> None:
    revise(workspace, workspace.ledger.latest(Change)[0], issue_ids=("iss_nobody",))


def relink(workspace: Workspace) -> None:
    revise(workspace, workspace.ledger.latest(Change)[0], issue_ids=("iss_late",))


def roll_back(workspace: Workspace) -> None:
    one = workspace.ledger.latest(Change)[0]
    revise(workspace, one, state="rolled_back", reverted_by="0" * 40)


def abandon(workspace: Workspace) -> None:
    revise(workspace, workspace.ledger.latest(Change)[0], state="abandoned")


def rewrite_ledger(workspace: Workspace) -> None:
    with sqlite3.connect(workspace.root / "ledger.db") as connection:
        connection.execute("DROP TRIGGER entries_no_update")
        connection.execute(
            "UPDATE entries SET payload = replace(payload, 'iss_slow', 'iss_late') WHERE kind = 'change'"
        )


def reject_in_passing(workspace: Workspace) -> None:
    issue = next(one for one in workspace.ledger.latest(Issue) if one.id == "iss_slow")
    revise(workspace, issue, state="rejected")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (take_back, "iss_slow is not confirmed by people any more: they rejected it"),
        (reject_in_passing, "iss_slow is rejected, must be changing or validating"),
        (move_branch, "has moved to"),
        (unlink, "there is no issue iss_nobody"),
        (relink, "names it and its issues"),
        (roll_back, "is rolled back"),
        (abandon, "is abandoned"),
        (drop_branch, "is gone"),
        (rewrite_ledger, "the ledger was edited: the chain is broken"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_change_that_nothing_confirmed_stands_behind_is_not_released(
    workspace: Workspace, edit: Edit, said: str
) -> None:
    made = make(workspace)
    edit(workspace)
    with pytest.raises(GateError, match=said):
        freeze_candidate(workspace, made.id, actor=ANN, now=LATER)
    with pytest.raises(GateError, match=said):
        check_candidate(workspace, made.id, now=LATER)
    assert [one.state for one in candidates(workspace)] == ["open"]
    assert git(workspace.root / "app", "for-each-ref", "refs/workbench") == ""
    if edit is not rewrite_ledger:
        with pytest.raises(GateError, match=said):
            make(workspace, "another")


def point_elsewhere(workspace: Workspace) -> None:
    (frozen,) = candidates(workspace)
    name = f"refs/workbench/candidates/{frozen.id}/merged"
    git(workspace.root / "app", "update-ref", name, frozen.base)


def drop_references(workspace: Workspace) -> None:
    (frozen,) = candidates(workspace)
    name = f"refs/workbench/candidates/{frozen.id}/without/{frozen.change_ids[0]}"
    git(workspace.root / "app", "update-ref", "-d", name)


def another_tree(workspace: Workspace) -> None:
    (frozen,) = candidates(workspace)
    workspace.ledger.append([replace(frozen, tree=app_of(workspace).objects.tree(frozen.base))], now=LATER)


def another_commit(workspace: Workspace) -> None:
    """Revise the candidate as a whole, its references too, to a commit that lacks a change."""
    (frozen,) = candidates(workspace)
    commit = frozen.ablations[0].commit
    git(workspace.root / "app", "update-ref", f"refs/workbench/candidates/{frozen.id}/merged", commit)
    tree = app_of(workspace).objects.tree(commit)
    workspace.ledger.append([replace(frozen, commit=commit, tree=tree)], now=LATER)


def fewer_changes(workspace: Workspace) -> None:
    (frozen,) = candidates(workspace)
    workspace.ledger.append([replace(frozen, change_ids=frozen.change_ids[:1])], now=LATER)


def open_again(workspace: Workspace) -> None:
    (frozen,) = candidates(workspace)
    commit = replace(frozen, base=frozen.ablations[0].commit)
    workspace.ledger.append([commit], now=LATER)


def revised(workspace: Workspace) -> None:
    revise(workspace, workspace.ledger.latest(Change)[0], base="0" * 40)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (take_back, "iss_slow is not confirmed by people any more"),
        (move_branch, "has moved to"),
        (relink, "the digest is another"),
        (revised, "the digest is another"),
        (roll_back, "is rolled back"),
        (point_elsewhere, "merged names"),
        (drop_references, "names nothing"),
        (another_tree, r"revised after it was frozen \(tree\).*has another tree"),
        (another_commit, r"revised after it was frozen \(commit, tree\).*its commit says another Workbench-Change"),
        (fewer_changes, r"revised after it was frozen \(change_ids\)"),
        (open_again, r"revised after it was frozen \(base\)"),
        (rewrite_ledger, "the ledger was edited"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_whatever_is_edited_after_it_was_frozen_is_found(frozen_one: Workspace, edit: Edit, said: str) -> None:
    edit(frozen_one)
    with pytest.raises(GateError, match=said):
        check_candidate(frozen_one, "W10", now=LATER)
    with pytest.raises(GateError, match=said):
        freeze_candidate(frozen_one, "W10", actor=ANN, now=LATER)


def test_a_ledger_rewritten_as_a_whole_is_told_by_the_commit(workspace: Workspace, tmp_path: Path) -> None:
    """Who can write the ledger can hash it anew; the head that the merged commit names is then none of its."""
    frozen = freeze(workspace)
    other = releasable(tmp_path / "other", "slow", "late")
    head = other.ledger.head()
    changes = [replace(one, ledger_head=head) for one in workspace.ledger.latest(Change)]
    forged = replace(frozen, ledger_head=head)
    other.ledger.append([*changes, *workspace.ledger.latest(Issue), forged], now=LATER)
    (workspace.root / "ledger.db").write_bytes((other.root / "ledger.db").read_bytes())
    with pytest.raises(GateError, match="its commit says another Workbench-Ledger than the ledger"):
        check_candidate(open_workspace(workspace.root), frozen.id, now=LATER)


def test_two_that_edit_the_same_lines_cannot_travel_together(workspace: Workspace) -> None:
    same = change(workspace, "same", {"prompts/answer.md": PROMPT.replace("Rule 1.\n", "Ask.\n")}, "iss_slow")
    with pytest.raises(GateError, match=r"edit the same lines of prompts/answer\.md; leave one out"):
        make(workspace)
    assert make(workspace, changes=[same.id, ids(workspace)[1]]).state == "open"
    (told,) = [one for one in bundle_changes(workspace, now=LATER).conflicts if one.kind == "same_lines"]
    assert told.where == "prompts/answer.md"


def test_lines_that_merge_into_no_json_any_more_are_refused(tmp_path: Path) -> None:
    """Each edit is whole: together they give a key twice, which no app reads as both meant it."""
    made = releasable(tmp_path / "w", "slow", "late")
    about = '    "description": "Finds a court.",'
    lines = ["{", '  "type": "function",', '  "function": {', '    "name": "find_court",', about, '    "parameters": {']
    inner = [f'      "x-{number}": {number},' for number in range(8)]
    tool = "\n".join([*lines, *inner, '      "type": "object"', "    }", "  }", "}"]) + "\n"
    root = made.root / "app"
    (root / "tools/find_court.json").write_text(tool)
    git(root, "commit", "--all", "--quiet", "--message", "longer")
    key = '      "description": "The court.",\n'
    change(made, "top", {"tools/find_court.json": tool.replace('      "x-0"', f'{key}      "x-0"')}, "iss_slow")
    change(
        made, "end", {"tools/find_court.json": tool.replace('      "type": "o', f'{key}      "type": "o')}, "iss_late"
    )
    candidate = make(made)
    with pytest.raises(GateError, match=r"merged, a file is broken: tools/find_court\.json"):
        freeze_candidate(made, candidate.id, actor=ANN, now=LATER)


def test_a_change_that_is_in_the_app_already_does_not_travel_again(workspace: Workspace) -> None:
    first = ids(workspace)[0]
    git(workspace.root / "app", "merge", "--quiet", "--no-edit", f"change/{first}")
    with pytest.raises(GateError, match=f"{first} is in the app already"):
        make(workspace)


def test_a_program_and_a_repository_that_is_in_the_middle_of_something_release_nothing(workspace: Workspace) -> None:
    made = make(workspace)
    with pytest.raises(GateError, match="a program cannot"):
        freeze_candidate(workspace, made.id, actor=WORKBENCH, now=LATER)
    (workspace.root / "app" / "settings.yaml").write_text("retries: 9\n")
    with pytest.raises(RepositoryError):
        freeze_candidate(workspace, made.id, actor=ANN, now=LATER)
    assert states(workspace) == {"iss_slow": "changing", "iss_late": "changing"}


def test_a_name_that_is_none_and_changes_that_are_not_there_are_refused(workspace: Workspace) -> None:
    for name in ("", "  ", "two\nlines", "x" * 201):
        with pytest.raises(ConfigError, match="must be one line"):
            make(workspace, name)
    with pytest.raises(ConfigError, match="there is no such change"):
        make(workspace, changes=["chg_nobody"])
    with pytest.raises(ConfigError, match=r"which fits chg_.*, chg_.*; give more"):
        make(workspace, changes=["chg_"])
    with pytest.raises(ConfigError, match="no change is named"):
        make(workspace, changes=[])


def test_the_chain_of_a_candidate_walks_from_its_traces_to_its_commit(workspace: Workspace) -> None:
    frozen = freeze(workspace)
    found = chain(workspace, frozen.commit or "")
    assert found.start == Key("commit", frozen.commit or "")
    # The merged commit, both ablations, the version that all start from, and those of the two changes.
    assert {**found.n, "commit": 0} == {
        **{"trace": 4, "finding": 4, "cluster": 2, "cause": 2, "verdict": 2, "issue": 2, "change": 2},
        **{"candidate": 1, "branch": 2, "commit": 0},
    }
    assert found.n["commit"] == len(
        {frozen.commit, frozen.base, *(one.commit for one in frozen.ablations)} | own(workspace)
    )


def own(workspace: Workspace) -> set[str]:
    return {one.commit or "" for one in workspace.ledger.latest(Change)}


def test_a_tool_that_is_taken_out_while_a_prompt_begins_to_use_it_keeps_them_apart(workspace: Workspace) -> None:
    change(workspace, "use", {"prompts/answer.md": PROMPT + "Call find_court.\n"}, "iss_slow")
    change(workspace, "drop", {"tools/find_court.json": None}, "iss_late")
    use, drop = ids(workspace)[2:]
    with pytest.raises(GateError, match=f"{use} needs find_court, which {drop} takes out"):
        make(workspace, changes=[use, drop])


def test_a_notebook_looks_and_freezes_the_bundle_of_a_change_when_a_name_is_given(workspace: Workspace) -> None:
    first = workspace.ledger.latest(Change)[0]
    third, who = change(workspace, "third", {"tools/find_court.json": None}, "iss_slow"), Who("ann", "typed")
    looked = release_change(workspace, first, who=who, now=LATER)
    assert (looked.candidate, len(looked.bundles)) == (None, 1)
    done = release_change(workspace, first, name="W10", who=who, now=LATER)
    assert done.candidate is not None
    assert (done.candidate.state, set(done.candidate.change_ids)) == ("frozen", set(ids(workspace)))
    assert done.bundles == ()
    assert [(one.kind, {one.one, one.other}) for one in done.conflicts] == [("same_issue", {first.id, third.id})]
    again = release_change(workspace, first, name="W10", who=who, now=LATER)
    assert again.candidate == done.candidate
    with pytest.raises(GateError, match="is in the frozen candidate"):
        release_change(workspace, first, name="W11", who=who, now=LATER)
    with pytest.raises(GateError, match="there is no change yet"):
        release_change(workspace, None, name="W11", who=who, now=LATER)
