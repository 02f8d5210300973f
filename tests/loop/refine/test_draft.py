"""A drafted edit lands where its person edits, with what was read in the ledger, and is committed by nobody."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.changes.repositories import PROMPT, TOOL
from tests.loop.people import on_issue
from tests.loop.under_review import NOON, trace_of
from tests.loop.with_app import AFTER, a_change, committed_change, make_app_workspace
from workbench.changes.draft import Draft, Proposer, Wanted
from workbench.changes.reflect import Scored, reflective
from workbench.errors import ConfigError, GateError
from workbench.loop.refine.draft import draft_change
from workbench.records import Cause, Change

TRACES = (trace_of("clu_a", 0), trace_of("clu_a", 1))


def proposing(seen: list[Wanted], *, shown: tuple[str, ...] = TRACES[:1]) -> Proposer:
    """Return a proposer that keeps what it sees."""

    def propose(wanted: Wanted) -> Draft:
        seen.append(wanted)
        return Draft(AFTER, "They mix it up.", ("all about",), shown, "small at http://127.0.0.1", ("a" * 64, "b" * 64))

    return propose


def test_a_draft_is_read_from_development_traces_alone_and_kept(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES)
    seen: list[Wanted] = []
    before = app.git("for-each-ref")
    made = draft_change(workspace, change.id, path=PROMPT, propose=proposing(seen), now=NOON)
    assert set(seen[0].traces) == set(TRACES)
    assert seen[0].traces[TRACES[0]].asked == f"what of {TRACES[0]}"
    assert seen[0].cause == "tool error: voucher, clu_a"
    assert (workspace.drafts / change.id / PROMPT).read_text() == AFTER
    assert [one.path for one in made.diffs] == [PROMPT]
    kept = workspace.ledger.history(Change, change.id)[-1]
    assert (kept.state, kept.author, kept.drafted_by) == ("draft", "ben", "small at http://127.0.0.1")
    assert (kept.shown, kept.quotes, kept.exchange) == (TRACES[:1], ("all about",), ("a" * 64, "b" * 64))
    assert app.git("for-each-ref") == before
    assert app.git("status", "--porcelain") == ""


def test_a_draft_from_other_traces_is_refused(tmp_path: Path) -> None:
    """An edit that was written from the holdout would be judged on what it was fitted to."""
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES[:1])
    with pytest.raises(GateError, match="other traces"):
        draft_change(workspace, change.id, path=PROMPT, propose=proposing([], shown=TRACES), now=NOON)
    assert workspace.ledger.history(Change, change.id)[-1].drafted_by == ""


def test_what_an_optimiser_drafts_is_a_draft_as_any_other_scored_on_development_traces_alone(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES)
    answered: set[str] = set()

    def score(text: str, trace_id: str) -> Scored:
        answered.add(trace_id)
        return Scored(float(text == AFTER), "all about the other court")

    draft_change(workspace, change.id, path=PROMPT, propose=reflective(proposing([]), score, n_scored=20), now=NOON)
    assert answered == set(TRACES)
    assert (workspace.drafts / change.id / PROMPT).read_text() == AFTER
    kept = workspace.ledger.history(Change, change.id)[-1]
    assert (kept.state, kept.author, kept.commit) == ("draft", "ben", None), "a person commits it, or nobody"
    assert kept.drafted_by.startswith("small at http://127.0.0.1, the best of ")
    assert set(kept.shown) <= set(TRACES)


def test_a_cause_that_a_program_confirmed_is_not_drafted_for(tmp_path: Path) -> None:
    """What a program says of a cause under a person's name steered the edit that people sign."""
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES)
    said = replace(on_issue("cau_clu_a_0"), target_kind="cause", identity="program")
    workspace.ledger.append([said], now=NOON)
    seen: list[Wanted] = []
    draft_change(workspace, change.id, path=PROMPT, propose=proposing(seen), now=NOON)
    workspace.ledger.append([replace(said, id="ver_c", identity="typed")], now=NOON)
    draft_change(workspace, change.id, path=PROMPT, propose=proposing(seen), now=NOON)
    [cause] = workspace.ledger.latest(Cause)
    assert [one.cause for one in seen] == ["tool error: voucher, clu_a", cause.statement]


@pytest.mark.parametrize("is_link", [False, True])
def test_what_a_person_writes_while_the_model_answers_stays(tmp_path: Path, is_link: bool) -> None:
    """A draft took the place of an hour's work, or through a link that of a file outside of the workspace."""
    workspace, app = make_app_workspace(tmp_path / "acme")
    change = a_change(workspace, app, development=TRACES)
    outside, file = tmp_path / "outside.md", workspace.drafts / change.id / PROMPT
    outside.write_text("mine")

    def propose(wanted: Wanted) -> Draft:
        if is_link:
            file.unlink()
            file.symlink_to(outside)
        else:
            file.write_text("An hour of work.")
        return proposing([])(wanted)

    with pytest.raises((GateError, ConfigError)):
        draft_change(workspace, change.id, path=PROMPT, propose=propose, now=NOON)
    assert (outside.read_text(), file.read_text()) == ("mine", "mine" if is_link else "An hour of work.")
    assert workspace.ledger.history(Change, change.id)[-1].drafted_by == ""


def test_what_may_not_be_drafted_asks_nobody(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    seen: list[Wanted] = []
    none, committed = a_change(workspace, app), committed_change(workspace, app, number=1, development=TRACES)
    draft = a_change(workspace, app, number=2, development=TRACES)
    for change, path, error in (
        (none, PROMPT, GateError),
        (committed, PROMPT, GateError),
        (draft, TOOL, ConfigError),
        (draft, "prompts/../../x", ConfigError),
        (draft, "prompts/none.md", ConfigError),
    ):
        with pytest.raises(error):
            draft_change(workspace, change.id, path=path, propose=proposing(seen), now=NOON)
    assert seen == []
