"""A person's place at a change: what the editor saves goes through the gate, into the ledger and onto a branch."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.changes.repositories import PROMPT, TOOL
from tests.loop.under_review import NOON, trace_of
from tests.loop.with_app import AFTER, BEFORE, a_change, committed_change, make_app_workspace
from workbench.errors import GateError
from workbench.loop.refine.changing import lay_out_change
from workbench.loop.refine.edit_desk import EditDesk, sit_down_to_edit
from workbench.loop.review.reviewing import Who
from workbench.records import Change, Issue, Verdict
from workbench.store import Workspace

TRACES = (trace_of("clu_a", 0),)
WHO = Who("ben", "typed")


def sit_down(workspace: Workspace, *, change: Change | None = None) -> EditDesk:
    [issue] = workspace.ledger.latest(Issue)
    return sit_down_to_edit(workspace, issue=issue, change=change, development=TRACES, who=WHO)


def test_what_is_begun_and_committed_is_in_the_ledger_and_in_git(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    desk = sit_down(workspace)
    about = desk.about()
    assert (about["state"], about["author"], about["change_id"]) == ("new", "ben", "")
    assert about["files"] == {
        PROMPT: BEFORE,
        TOOL: app.git("show", f"HEAD:{TOOL}") + "\n",
        "settings.yaml": "retries: 2\n",
    }
    begun = desk.begin(title="State the jurisdiction first", why="It helps.")
    commit = desk.commit({PROMPT: AFTER})
    [change] = workspace.ledger.latest(Change)
    assert (change.id, change.commit, change.state) == (begun, commit, "committed")
    assert desk.hooks_not_run() == ()
    assert (change.author, change.development, change.title) == ("ben", TRACES, "State the jurisdiction first")
    assert app.git("show", f"{change.branch}:{PROMPT}") == AFTER.strip()
    assert app.git("status", "--porcelain") == ""
    assert workspace.ledger.latest(Issue)[0].state == "changing"


def test_a_verdict_that_was_taken_back_begins_nothing(tmp_path: Path) -> None:
    """An editor left open over a night would otherwise change the app for an issue that people no longer confirm."""
    workspace, app = make_app_workspace(tmp_path / "acme")
    desk = sit_down(workspace)
    [verdict] = workspace.ledger.latest(Verdict)
    workspace.ledger.append([replace(verdict, label="withdrawn")], now=NOON)
    with pytest.raises(GateError):
        desk.begin(title="a", why="")
    assert workspace.ledger.latest(Change) == []
    assert app.git("branch", "--list", "change/*") == ""


def test_a_draft_goes_on_with_what_lies_in_its_folder(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app)
    (lay_out_change(workspace, change.id) / PROMPT).write_text(AFTER)
    about = sit_down(workspace, change=change).about()
    assert (about["state"], about["title"], about["edits"]) == ("draft", change.title, {PROMPT: AFTER})
    assert about["files"][PROMPT] == BEFORE


def test_a_committed_change_is_followed_by_a_new_one(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    about = sit_down(workspace, change=committed_change(workspace, app)).about()
    assert (about["state"], about["title"], about["edits"]) == ("new", "", {})
