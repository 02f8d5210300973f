"""From confirmed issues to a commit of the app: nothing bypasses the gate, and no change has two commits."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.changes.repositories import EDIT, NOON, PROMPT, README, TOOL, Repository, owned
from tests.loop.changed_app import ONE, TWO, make_workspace, say, state_of, states
from tests.loop.people import on_issue
from workbench import loop
from workbench.changes.commit import commit
from workbench.changes.repository import open_app
from workbench.changes.work_tree import checked_out
from workbench.errors import ConfigError, GateError, RepositoryError, WorkbenchError
from workbench.records import WORKBENCH, Actor, Change, Issue, IssueState
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace

LATER = NOON + timedelta(hours=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("template") / "acme")[0].root


@pytest.fixture
def made(template: Path, tmp_path: Path) -> tuple[Workspace, Repository]:
    """Return a copy of a workspace with a confirmed issue, and its app."""
    shutil.copytree(template, tmp_path / "acme", symlinks=True)
    workspace = open_workspace(tmp_path / "acme")
    return workspace, Repository(workspace.app)


def begin(workspace: Workspace, *issues: str, **more: Any) -> Change:
    given: dict[str, Any] = {"issue_ids": issues or (ONE,), "title": "State the jurisdiction first"}
    given |= {"why": "They are mixed.", "author": "ann", "identity": "typed", **more}
    return loop.begin_change(workspace, now=LATER, **given)


def branches(app: Repository) -> list[str]:
    return app.git("for-each-ref", "--format=%(refname:short)", "refs/heads/change").split()


def test_a_change_goes_from_a_confirmed_issue_to_a_commit_that_names_it(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace, development=("t1", "t2", "t1"))
    assert (draft.state, draft.base, draft.development) == ("draft", app.head(), ("t1", "t2"))
    assert states(workspace) == ["proposed", "confirmed", "changing"]
    assert state_of(workspace).evidence == (draft.id,)
    done = loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    (recorded,) = workspace.ledger.latest(Change)
    assert recorded == done
    message = app.git("log", "-1", "--format=%B", f"change/{draft.id}")
    assert message == (
        "State the jurisdiction first\n\nThey are mixed.\n\n"
        f"Workbench-Issue: {ONE}\nWorkbench-Change: {draft.id}\nWorkbench-Ledger: {draft.ledger_head}"
    )
    workspace.ledger.verify(noted=[draft.ledger_head])
    with checked_out(open_app(workspace.app), done.commit or "") as folder:
        assert (folder / PROMPT).read_bytes() == EDIT
    assert (app.root / PROMPT).read_bytes() != EDIT
    with pytest.raises(GateError, match="committed and no draft"):
        loop.commit_change(workspace, draft.id, {PROMPT: EDIT + b"x"}, now=LATER)


def test_an_edit_in_the_users_own_editor_is_committed(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    before = owned(app.root)
    folder = loop.lay_out_change(workspace, draft.id)
    assert folder.is_relative_to(workspace.root)
    assert not folder.is_relative_to(app.root)
    assert owned(app.root) == before
    (folder / PROMPT).write_bytes(EDIT)
    (folder / TOOL).unlink()
    done = loop.commit_change(workspace, draft.id, now=LATER)
    assert [(one.path, one.after is None) for one in done.edits] == [(PROMPT, False), (TOOL, True)]
    assert not folder.exists()
    with pytest.raises(GateError, match="no draft"):
        loop.lay_out_change(workspace, draft.id)


def test_what_lies_in_the_folder_is_kept_where_another_edit_is_committed(made: tuple[Workspace, Repository]) -> None:
    workspace, _ = made
    draft = begin(workspace)
    folder = loop.lay_out_change(workspace, draft.id)
    (folder / TOOL).write_text("half done")
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    assert (folder / TOOL).read_text() == "half done"


def test_the_folder_of_an_edit_goes_with_what_it_was_for(made: tuple[Workspace, Repository]) -> None:
    """A user's words that a draft quoted were left in it for ever, also when the user was erased."""
    workspace, _ = made
    given, ended = begin(workspace), begin(workspace, title="Other")
    folders = [loop.lay_out_change(workspace, one.id) for one in (given, ended)]
    for folder in folders:
        (folder / PROMPT).write_text("Example: my wedding in Kirkwall.\n")
    loop.commit_change(workspace, given.id, {PROMPT: EDIT}, now=LATER)
    say(workspace, on_issue(ONE, "withdrawn", at=LATER))
    for one in (ended, given):
        loop.abandon(workspace, one.id, reason="No.", author="ben", identity="typed", now=LATER)
    assert not any(folder.exists() for folder in folders)
    assert state_of(workspace).state == "proposed", "and it was left `confirmed` until something else was done"


def unjudged(workspace: Workspace) -> None:
    """Leave the issue without a word."""


def written(state: IssueState) -> Any:
    """Write a state into the ledger that nobody gave."""

    def write(workspace: Workspace) -> None:
        workspace.ledger.append([replace(state_of(workspace, TWO), state=state)], now=NOON)

    return write


def confirmed_and(state: IssueState) -> Any:
    """Confirm the issue, and write that it went on."""

    def write(workspace: Workspace) -> None:
        say(workspace, on_issue(TWO, "confirmed"))
        written(state)(workspace)

    return write


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (unjudged, "no verdict of a person"),
        (written("confirmed"), "no verdict of a person"),
        (written("changing"), "no verdict of a person"),
        (written("validating"), "no verdict of a person"),
        (lambda workspace: say(workspace, on_issue(TWO, "confirmed", annotator_kind="LLM")), "no verdict of a person"),
        (lambda workspace: say(workspace, on_issue(TWO, "confirmed", identity="program")), "no verdict of a person"),
        (lambda workspace: say(workspace, on_issue(TWO, "uncertain")), "not certain"),
        (lambda workspace: say(workspace, on_issue(TWO, "rejected")), "people rejected it"),
        (
            lambda workspace: say(workspace, on_issue(TWO), on_issue(TWO, "withdrawn", at=LATER)),
            "no verdict",
        ),
        (confirmed_and("validating"), "it is validating"),
        (confirmed_and("resolved"), "it is resolved"),
    ],
)
def test_nothing_is_changed_for_what_people_do_not_confirm(
    made: tuple[Workspace, Repository], arrange: Any, said: str
) -> None:
    workspace, app = made
    arrange(workspace)
    before = owned(app.root)
    with pytest.raises(GateError, match=said):
        begin(workspace, ONE, TWO)
    assert workspace.ledger.latest(Change) == []
    assert state_of(workspace).state in ("proposed", "confirmed")
    assert owned(app.root) == before


def test_a_verdict_that_is_taken_back_stops_the_commit(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    say(workspace, on_issue(ONE, "withdrawn", at=LATER))
    with pytest.raises(GateError, match="no verdict of a person"):
        loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    assert branches(app) == []


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"title": " \n"}, ConfigError),
        ({"title": "x" * 201}, ConfigError),
        ({"author": "?!"}, ConfigError),
        ({"author": ""}, ConfigError),
        ({"identity": "program"}, GateError),
        ({"issue_ids": ()}, GateError),
        ({"issue_ids": ("iss_none",)}, ConfigError),
    ],
)
def test_a_change_says_what_it_is_and_a_person_signs_it(
    made: tuple[Workspace, Repository], more: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        begin(made[0], **more)
    assert made[0].ledger.latest(Change) == []


def test_the_ledger_says_who_committed_and_the_commit_who_signs(made: tuple[Workspace, Repository]) -> None:
    """Whoever ran it, the ledger said that the author did, as a person."""
    workspace, app = made
    ben = Actor(kind="HUMAN", name="ben", identity="os_user")
    for title, actor in (("One", ben), ("Two", None)):
        draft = begin(workspace, title=title)
        loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER, **({"actor": actor} if actor else {}))
        assert app.git("log", "-1", "--format=%an", draft.branch) == "ann"
    said = [one.actor for one in workspace.ledger.appended(Change) if one.record.state == "committed"]
    assert said == [ben, WORKBENCH]


def test_an_edit_that_is_none_is_refused_and_the_draft_stays(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    with pytest.raises(ConfigError, match="none of the app's files"):
        loop.commit_change(workspace, draft.id, {PROMPT: EDIT, README: b"x"}, now=LATER)
    assert branches(app) == []
    assert workspace.ledger.latest(Change) == [draft]


def test_a_repository_in_no_state_for_it_begins_nothing(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    app.write(PROMPT, "Mine.\n")
    with pytest.raises(RepositoryError, match="not committed"):
        begin(workspace)
    assert state_of(workspace).state == "confirmed"
    app.git("checkout", "--quiet", "-b", "change/mine")
    app.git("commit", "--quiet", "--all", "--message", "x")
    with pytest.raises(RepositoryError, match="another change's branch"):
        begin(workspace)
    assert workspace.ledger.latest(Change) == []


def test_a_commit_without_its_record_is_found_and_not_made_again(made: tuple[Workspace, Repository]) -> None:
    """A kill between git and the ledger: the next run, whichever it is, finds the commit."""
    workspace, app = made
    draft = begin(workspace)
    cut_short = commit(open_app(workspace.app), draft, {PROMPT: EDIT})
    before = owned(app.root)
    (found,) = loop.reconcile_changes(workspace, now=LATER)
    assert (found.kind, found.change) == ("found", cut_short)
    assert workspace.ledger.latest(Change) == [cut_short]
    assert owned(app.root) == before


def test_a_commit_without_its_record_is_not_taken_once_its_verdict_was_taken_back(
    made: tuple[Workspace, Repository],
) -> None:
    """Whoever put a commit on the branch got past the gate that `change commit` is."""
    workspace, _ = made
    draft = begin(workspace)
    commit(open_app(workspace.app), draft, {PROMPT: EDIT})
    say(workspace, on_issue(ONE, "withdrawn", at=LATER))
    (found,) = loop.reconcile_changes(workspace, now=LATER)
    assert (found.kind, found.change) == ("differs", draft)
    assert "no verdict of a person" in found.said
    with pytest.raises(GateError, match="no verdict of a person"):
        loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    assert workspace.ledger.latest(Change) == [draft]


@pytest.mark.parametrize("is_same", [True, False])
def test_a_repeated_commit_after_a_kill_is_the_same_commit(made: tuple[Workspace, Repository], is_same: bool) -> None:
    workspace, app = made
    draft = begin(workspace)
    cut_short = commit(open_app(workspace.app), draft, {PROMPT: EDIT})
    again = {PROMPT: EDIT if is_same else EDIT + b"Cite.\n"}
    if is_same:
        assert loop.commit_change(workspace, draft.id, again, now=LATER) == cut_short
    else:
        with pytest.raises(GateError, match="committed and no draft"):
            loop.commit_change(workspace, draft.id, again, now=LATER)
    assert workspace.ledger.latest(Change) == [cut_short]
    assert app.git("rev-list", "--count", "--all") == "2"


def test_an_edit_that_went_on_after_a_kill_is_not_said_to_be_committed(made: tuple[Workspace, Repository]) -> None:
    """It was answered with `committed`, and the new words were in no commit."""
    workspace, _ = made
    draft = begin(workspace)
    folder = loop.lay_out_change(workspace, draft.id)
    (folder / PROMPT).write_bytes(EDIT)
    cut_short = commit(open_app(workspace.app), draft, {PROMPT: EDIT})
    (folder / PROMPT).write_bytes(EDIT + b"Cite.\n")
    with pytest.raises(GateError, match=f"{PROMPT} says otherwise than its commit"):
        loop.commit_change(workspace, draft.id, now=LATER)
    assert workspace.ledger.latest(Change) == [cut_short]
    assert (folder / PROMPT).read_bytes() == EDIT + b"Cite.\n"


def test_an_edit_whose_commit_a_kill_cut_short_is_committed_and_its_folder_goes(
    made: tuple[Workspace, Repository],
) -> None:
    workspace, _ = made
    draft = begin(workspace)
    folder = loop.lay_out_change(workspace, draft.id)
    (folder / PROMPT).write_bytes(EDIT)
    cut_short = commit(open_app(workspace.app), draft, {PROMPT: EDIT})
    assert loop.commit_change(workspace, draft.id, now=LATER) == cut_short
    assert not folder.exists()


def test_of_two_who_commit_one_draft_at_once_one_does(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    at_once = threading.Barrier(2)

    def go(content: bytes) -> Change | WorkbenchError:
        own = open_workspace(workspace.root)
        at_once.wait()
        try:
            return loop.commit_change(own, draft.id, {PROMPT: content}, now=LATER)
        except WorkbenchError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(go, (EDIT, EDIT + b"Cite.\n")))
    (done,) = (one for one in said if isinstance(one, Change))
    assert workspace.ledger.latest(Change) == [done]
    assert app.git("rev-parse", done.branch) == done.commit


def test_a_merge_is_followed_and_rolled_back_and_the_issue_waits_again(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    app.git("merge", "--quiet", f"change/{draft.id}")
    assert [one.kind for one in loop.reconcile_changes(workspace, now=LATER)] == ["merged"]
    assert [one.kind for one in loop.reconcile_changes(workspace, now=LATER)] == ["same"]
    who: Any = {"author": "ben", "identity": "typed", "now": LATER}
    with pytest.raises(GateError, match="it is merged"):
        loop.abandon(workspace, draft.id, reason="No.", **who)
    done = loop.roll_back(workspace, draft.id, reason="Slower.", **who)
    assert (done.state, branches(app)) == ("rolled_back", [f"change/{draft.id}", f"change/{draft.id}-roll-back"])
    assert states(workspace)[-2:] == ["changing", "confirmed"]
    assert state_of(workspace).evidence == (draft.id,)
    assert loop.reconcile_changes(workspace, now=LATER) == []
    with pytest.raises(GateError, match="rolled_back already"):
        loop.roll_back(workspace, draft.id, reason="Again.", **who)


def test_an_issue_waits_for_a_change_again_whose_roll_back_was_never_merged(
    made: tuple[Workspace, Repository],
) -> None:
    """The issue waited for another change while the app still had this one, which could not be rolled back again."""
    workspace, app = made
    draft = begin(workspace)
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    app.git("merge", "--quiet", draft.branch)
    who: Any = {"author": "ben", "identity": "typed", "now": LATER}
    loop.roll_back(workspace, draft.id, reason="Slower.", **who)
    app.git("branch", "-D", f"{draft.branch}-roll-back")
    assert [one.kind for one in loop.reconcile_changes(workspace, now=LATER)] == ["merged"]
    assert states(workspace)[-3:] == ["changing", "confirmed", "changing"]
    assert loop.roll_back(workspace, draft.id, reason="Slower.", **who).state == "rolled_back"


@pytest.mark.parametrize(("before", "after"), [("validating", "confirmed"), ("shipped", "reopened")])
def test_an_issue_further_on_goes_back_with_its_change(
    made: tuple[Workspace, Repository], before: IssueState, after: IssueState
) -> None:
    workspace, app = made
    draft = begin(workspace)
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    app.git("merge", "--quiet", f"change/{draft.id}")
    workspace.ledger.append([replace(state_of(workspace), state=before)], now=LATER)
    loop.roll_back(workspace, draft.id, reason="Slower.", author="ben", identity="typed", now=LATER)
    assert state_of(workspace).state == after


def test_an_issue_waits_for_the_last_of_its_changes(made: tuple[Workspace, Repository]) -> None:
    workspace, _ = made
    first = begin(workspace)
    second = begin(workspace, title="Warn the reader")
    assert state_of(workspace).evidence == (first.id, second.id)
    who: Any = {"reason": "The other is enough.", "author": "ann", "identity": "typed", "now": LATER}
    assert loop.abandon(workspace, first.id, **who).state == "abandoned"
    assert state_of(workspace).state == "changing"
    loop.abandon(workspace, second.id, **who)
    assert state_of(workspace).state == "confirmed"
    with pytest.raises(GateError, match="abandoned already"):
        loop.abandon(workspace, second.id, **who)


def test_a_change_that_was_only_looked_at_can_be_given_up(made: tuple[Workspace, Repository]) -> None:
    """While its commit was checked out it was merged; ever after, abandon and roll back sent to each other."""
    workspace, app = made
    draft = begin(workspace)
    loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    app.git("switch", "--quiet", "--create", "look-at-it", draft.branch)
    assert [one.kind for one in loop.reconcile_changes(workspace, now=LATER)] == ["merged"]
    app.git("switch", "--quiet", "main")
    who: Any = {"author": "ben", "identity": "typed", "now": LATER}
    with pytest.raises(GateError, match="the branch main has not got it"):
        loop.roll_back(workspace, draft.id, reason="No.", **who)
    assert loop.abandon(workspace, draft.id, reason="No.", **who).state == "abandoned"


def test_a_change_whose_branch_was_deleted_waits_for_a_person(made: tuple[Workspace, Repository]) -> None:
    workspace, app = made
    draft = begin(workspace)
    done = loop.commit_change(workspace, draft.id, {PROMPT: EDIT}, now=LATER)
    app.git("branch", "-D", f"change/{draft.id}")
    assert [one.kind for one in loop.reconcile_changes(workspace, now=LATER)] == ["gone"]
    assert workspace.ledger.latest(Change) == [done]
    loop.abandon(workspace, draft.id, reason="Not needed.", author="ann", identity="typed", now=LATER)
    assert state_of(workspace).state == "confirmed"


def test_an_app_elsewhere_and_a_layout_of_its_own_are_taken(tmp_path: Path) -> None:
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET, app='../my "app"')
    assert made.app == tmp_path / "acme" / '../my "app"'
    settings = tmp_path / "acme" / "workspace.toml"
    settings.write_text(settings.read_text() + '\n[app_files]\nprompt = ["texts/**/*.txt"]\n')
    assert open_workspace(tmp_path / "acme").layout.prompt == ("texts/**/*.txt",)


def test_an_older_workspace_that_names_no_app_keeps_opening(tmp_path: Path) -> None:
    init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    settings = tmp_path / "acme" / "workspace.toml"
    settings.write_text("".join(line for line in settings.read_text().splitlines(True) if "app" not in line))
    opened = open_workspace(tmp_path / "acme")
    assert opened.app == tmp_path / "acme" / "app"
    assert loop.reconcile_changes(opened, now=LATER) == []
    assert opened.ledger.latest(Issue) == []
