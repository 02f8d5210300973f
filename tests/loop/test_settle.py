"""The gate: no issue is confirmed or rejected without a person, none stays so when the person takes it back."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.backlog.issues import NOON
from tests.backlog.issues import issue as an_issue
from tests.review.said import verdict
from workbench import loop
from workbench.errors import StoreError
from workbench.records import DetectionRun, Issue, IssueState, Review, Verdict
from workbench.review import rulings, waiting
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.durability import lock
from workbench.store.ledger import Ledger
from workbench.store.workspace import WRITING

MINUTE = timedelta(minutes=1)
ISSUE = an_issue()
REVIEW = Review(
    id="rev_1",
    at=NOON,
    run_id="run_1",
    mode="random",
    seed=0,
    n_per_item=2,
    n_items=1,
    n_control=0,
    n_population={"clu_a": 8},
    items_digest="",
    deadline_at=NOON + timedelta(days=14),
)


def run(run_id: str, at: datetime) -> DetectionRun:
    return DetectionRun(
        id=run_id,
        at=at,
        window="all",
        table_versions={},
        tallies=(),
        n_findings=9,
        n_clusters=1,
        noise_share=0.0,
        seed=0,
        embedder="words",
        supersedes=None,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Make a workspace with one proposed issue and a review by two."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    made.ledger.append([run("run_1", NOON), ISSUE, REVIEW], now=NOON)
    return made


def say(workspace: Workspace, label: str, *, by: str = "ann", **more: Any) -> Verdict:
    said = verdict("iss_1", label, by=by, **{"target_kind": "issue", **more})
    workspace.ledger.append([said], now=NOON)
    return said


def issue(workspace: Workspace) -> Issue:
    (newest,) = workspace.ledger.latest(Issue)
    return newest


def test_an_issue_waits_for_all_who_are_to_judge_it_and_takes_what_they_say_of_it(workspace: Workspace) -> None:
    assert loop.settle(workspace, now=NOON) == []
    say(workspace, "confirmed", severity="low")
    assert loop.settle(workspace, now=NOON) == []
    last = say(workspace, "confirmed", by="ben", minute=1, severity="high", category="wrong_court")
    first = verdict("iss_1", "confirmed", by="ann", target_kind="issue")
    confirmed = replace(
        ISSUE,
        state="confirmed",
        severity="high",
        category="wrong_court",
        reason="2 people say that it deserves a change",
        evidence=tuple(sorted([first.id, last.id])),
    )
    assert loop.settle(workspace, now=NOON) == [confirmed]
    assert issue(workspace) == confirmed
    assert loop.settle(workspace, now=NOON) == [], "to settle again adds nothing"


def test_models_and_programs_confirm_nothing(workspace: Workspace) -> None:
    for number in range(5):
        say(workspace, "confirmed", by=f"gpt {number}", annotator_kind="LLM")
        say(workspace, "confirmed", by=f"rule {number}", annotator_kind="CODE", identity="program")
        say(workspace, "confirmed", by=f"mask {number}", identity="program")
    assert loop.settle(workspace, now=NOON) == []
    assert issue(workspace).state == "proposed"


def test_a_verdict_taken_back_takes_its_decision_with_it(workspace: Workspace) -> None:
    say(workspace, "rejected", severity="low")
    last = say(workspace, "rejected", by="ben", minute=1, severity="low")
    assert [one.state for one in loop.settle(workspace, now=NOON)] == ["rejected"]
    workspace.ledger.append([replace(last, label="withdrawn", is_undo=True, at=NOON + 2 * MINUTE)], now=NOON)
    why = "what people decided of it no longer stands: not all who were to judge it have"
    assert loop.settle(workspace, now=NOON) == [replace(ISSUE, reason=why)], "its severity is again what it was"


@pytest.mark.parametrize("state", ["changing", "validating", "shipped", "watching", "resolved"])
def test_what_something_rests_on_is_not_undone(workspace: Workspace, state: IssueState) -> None:
    workspace.ledger.append([replace(ISSUE, state=state)], now=NOON)
    say(workspace, "rejected")
    say(workspace, "rejected", by="ben")
    assert loop.settle(workspace, now=NOON) == []


def test_a_state_that_no_person_gave_is_taken_away(workspace: Workspace) -> None:
    """Whatever wrote it: an issue that reads confirmed without a verdict would pass the gate."""
    workspace.ledger.append([replace(ISSUE, state="confirmed", n_traces=12)], now=NOON)
    why = "what people decided of it no longer stands: no verdict of a person on it stands"
    assert loop.settle(workspace, now=NOON) == [replace(ISSUE, n_traces=12, reason=why)]


@pytest.mark.parametrize("between", [(), ("watching",)])
def test_an_issue_that_came_back_is_judged_anew(workspace: Workspace, between: tuple[IssueState, ...]) -> None:
    later = NOON + timedelta(days=30)
    say(workspace, "confirmed")
    say(workspace, "confirmed", by="ben")
    loop.settle(workspace, now=NOON)
    resolved = replace(issue(workspace), state="resolved")
    back = replace(resolved, state="reopened", run_id="run_2", evidence=("run_2",))
    doubted = [replace(resolved, state=state) for state in between]
    workspace.ledger.append([resolved, *doubted, run("run_2", later), back], now=later)
    assert loop.settle(workspace, now=later) == []
    say(workspace, "rejected", by="cem", review_id=None, at=later + MINUTE)
    assert [one.state for one in loop.settle(workspace, now=later)] == ["rejected"]
    said = say(workspace, "withdrawn", by="cem", review_id=None, at=later + 2 * MINUTE)
    assert said.label == "withdrawn"
    assert [one.state for one in loop.settle(workspace, now=later)] == ["reopened"]


def test_a_verdict_of_a_return_that_is_taken_back_leaves_the_others_standing(workspace: Workspace) -> None:
    """It fell back to reopened with the run that saw it last: what was said before that run was lost for good."""
    later, last = NOON + timedelta(days=30), NOON + timedelta(days=31)
    workspace.ledger.append([replace(ISSUE, state="resolved"), run("run_2", later)], now=later)
    workspace.ledger.append([replace(ISSUE, state="reopened", run_id="run_2")], now=later)
    say(workspace, "confirmed", at=later + MINUTE)
    ben = say(workspace, "confirmed", by="ben", at=later + 2 * MINUTE)
    assert [one.state for one in loop.settle(workspace, now=later)] == ["confirmed"]
    workspace.ledger.append([run("run_3", last), replace(issue(workspace), run_id="run_3")], now=last)
    workspace.ledger.append([replace(ben, label="withdrawn", is_undo=True, at=last + MINUTE)], now=last)
    assert [one.state for one in loop.settle(workspace, now=last)] == ["reopened"]
    say(workspace, "confirmed", by="ben", at=last + 2 * MINUTE)
    assert [one.state for one in loop.settle(workspace, now=last)] == ["confirmed"]


def test_who_undoes_while_an_issue_is_settled_is_heard(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """An undo between the look and the append left the issue confirmed, and no verdict stood."""
    say(workspace, "confirmed")
    ben, append = say(workspace, "confirmed", by="ben", minute=1), Ledger.append
    waiting_undos = [replace(ben, label="withdrawn", is_undo=True, at=NOON + 2 * MINUTE)]

    def undone_first(ledger: Ledger, records: Any, **given: Any) -> int:
        if waiting_undos:
            append(ledger, [waiting_undos.pop()], now=NOON)
        return append(ledger, records, **given)

    monkeypatch.setattr(Ledger, "append", undone_first)
    assert loop.settle(workspace, now=NOON) == []
    assert workspace.ledger.history(Issue, "iss_1") == [ISSUE]


def test_who_settles_says_so_where_others_append_all_the_time(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(workspace, "confirmed")
    say(workspace, "confirmed", by="ben", minute=1)
    append, others = Ledger.append, iter(range(99))

    def others_first(ledger: Ledger, records: Any, **given: Any) -> int:
        append(ledger, [run(f"run_more_{next(others)}", NOON)], now=NOON)
        return append(ledger, records, **given)

    monkeypatch.setattr(Ledger, "append", others_first)
    with pytest.raises(StoreError, match="others append at the same time"):
        loop.settle(workspace, now=NOON)


def test_an_erasure_waits_while_an_issue_is_settled(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It got in between the look and the append: the title that it had erased came back with the new revision."""
    say(workspace, "confirmed")
    say(workspace, "confirmed", by="ben", minute=1)
    latest, append, gets_in = Ledger.latest, Ledger.append, []

    def watched(of: Any) -> Any:
        def watching(*at: Any, **given: Any) -> Any:
            with lock(workspace.root / WRITING) as is_alone:
                gets_in.append(is_alone)
            return of(*at, **given)

        return watching

    monkeypatch.setattr(Ledger, "latest", watched(latest))
    monkeypatch.setattr(Ledger, "append", watched(append))
    assert [one.state for one in loop.settle(workspace, now=NOON)] == ["confirmed"]
    assert len(gets_in) > 2
    assert not any(gets_in)


def test_one_row_outside_does_not_decide_what_two_are_asked(workspace: Workspace) -> None:
    """Whoever had a file to import could decide an issue alone while two people judged it."""
    item = {"place": 0, "kind": "issue", "cluster_id": "clu_a", "detector": "tool_error", "target_id": "iss_1"}
    rows = pl.DataFrame([{**item, "n_alike": 1, "inclusion_probability": 1.0}])
    asked = replace(REVIEW, n_items=2)
    workspace.ledger.append([asked], now=NOON, also=workspace.review_items.adding("rev_1", rows))
    say(workspace, "confirmed", by="made up", review_id=None, minute=-60)
    assert loop.settle(workspace, now=NOON) == []
    assert [one.state for one in loop.settle(workspace, now=REVIEW.deadline_at)] == ["confirmed"]


def test_what_nobody_decided_by_the_deadline_is_said_first(workspace: Workspace) -> None:
    never_asked, other = replace(ISSUE, id="iss_2"), replace(ISSUE, id="iss_3")
    workspace.ledger.append([never_asked, other], now=NOON)
    young = replace(REVIEW, id="rev_2", at=NOON + timedelta(days=10), deadline_at=NOON + timedelta(days=24))
    workspace.ledger.append([young], now=NOON)
    say(workspace, "confirmed")
    ledger = workspace.ledger
    told = rulings(
        [ledger.history(Issue, one.id) for one in ledger.latest(Issue)],
        verdicts=ledger.latest(Verdict),
        reviews=ledger.latest(Review),
        runs=ledger.latest(DetectionRun),
        asking={},
    )
    wait = waiting(
        ledger.latest(Issue),
        reviews=ledger.latest(Review),
        asked={"rev_1": ["iss_1"], "rev_2": ["iss_3"]},
        rulings=told,
        now=NOON + timedelta(days=15),
    )
    shown = [(one.issue.id, one.review and one.review.id, one.why, one.n_judged, one.is_overdue) for one in wait]
    assert shown == [
        ("iss_1", "rev_1", "too_few", 1, True),
        ("iss_3", "rev_2", "nobody", 0, False),
        ("iss_2", None, "nobody", 0, False),
    ]
    say(workspace, "confirmed", by="ben")
    loop.settle(workspace, now=NOON)
    assert [one.id for one in ledger.latest(Issue) if one.state == "confirmed"] == ["iss_1"]


def test_a_round_that_was_closed_is_over(workspace: Workspace) -> None:
    closed = replace(REVIEW, closed_at=NOON + MINUTE)
    (one,) = waiting([ISSUE], reviews=[closed], asked={"rev_1": ["iss_1"]}, rulings={}, now=NOON + 2 * MINUTE)
    assert (one.is_overdue, one.why, one.n_wanted) == (True, "nobody", 2)


def test_only_what_is_said_of_issues_is_read_for_them(workspace: Workspace) -> None:
    """A desk settles after each verdict on an issue; to read thousands on traces for it would be felt."""
    on_issue = say(workspace, "confirmed", by='x","target_kind":"trace')
    on_trace = verdict("t1", "confirmed", by='y","target_kind":"issue')
    workspace.ledger.append([on_trace], now=NOON)
    assert workspace.ledger.latest(Verdict, target_kind="issue") == [on_issue]
    assert workspace.ledger.latest(Verdict, target_kind="trace") == [on_trace]
    assert len(workspace.ledger.latest(Verdict)) == 2
