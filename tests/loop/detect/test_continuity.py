"""An issue's identity over detection runs: it keeps its state, is split and merged on record, and comes back."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.loop.on_record import a_watch
from tests.review.said import verdict
from workbench import loop
from workbench.detectors import tool_error
from workbench.records import Actor, Descent, Issue, IssueState
from workbench.report import read_detection
from workbench.report.explored import facts_of
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ANN = Actor(kind="HUMAN", name="ann", identity="typed")
REFUSED = "the gift card was refused"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def feed(workspace: Workspace, *, day: int, n_errors: int, message: str = REFUSED) -> None:
    """Store a tool call that failed with this message in so many traces of a day, a minute apart."""
    start = MONDAY + timedelta(days=day)
    lines = []
    for number in range(n_errors):
        at = int((start + timedelta(minutes=number)).timestamp()) * 1_000_000_000
        span = {
            "traceId": f"{day + 100:016x}{number + 1:016x}",
            "spanId": f"{number + 1:016x}",
            "name": "execute_tool",
            "startTimeUnixNano": str(at),
            "endTimeUnixNano": str(at + 1_000_000),
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
                {"key": "gen_ai.tool.name", "value": {"stringValue": "redeem"}},
            ],
            "status": {"code": 2, "message": message},
        }
        lines.append(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    export = workspace.root.parent / f"day{day}.jsonl"
    export.write_text("\n".join(lines) + "\n")
    loop.feed(workspace, [export], now=start)


def detect(workspace: Workspace, *, day: int, window: Window | None = None) -> loop.Detection:
    now = MONDAY + timedelta(days=day, hours=20)
    return loop.detect(workspace, window=window or Window(), now=now, select=[tool_error.DETECTOR])


def decide(workspace: Workspace, state: IssueState, *, day: int) -> Issue:
    [issue] = workspace.ledger.latest(Issue)
    decided, now = dataclasses.replace(issue, state=state), MONDAY + timedelta(days=day, hours=22)
    if state in {"confirmed", "rejected"}:
        said = verdict(issue.id, state, target_kind="issue", cluster_id=None, review_id=None, at=now)
        workspace.ledger.append([said], now=now)
        loop.settle(workspace, now=now)
    workspace.ledger.append([decided], now=now, actor=ANN)
    return decided


def test_a_resolved_issue_that_is_found_again_is_reopened_and_not_proposed_anew(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    resolved = decide(workspace, "resolved", day=1)
    feed(workspace, day=5, n_errors=6)
    detection = detect(workspace, day=5)
    [issue] = workspace.ledger.latest(Issue)
    assert (issue.id, issue.state, issue.n_findings) == (resolved.id, "reopened", 14)
    [came_back] = workspace.ledger.latest(Descent)
    assert (came_back.kind, came_back.issue_id, came_back.from_issue_id) == ("return", issue.id, issue.id)
    assert (came_back.n_findings, came_back.share) == (6, 6 / 14)
    assert detection.descents == (came_back,)


def test_a_return_is_recognised_in_a_window_that_holds_none_of_the_old_findings(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    resolved = decide(workspace, "resolved", day=1)
    feed(workspace, day=5, n_errors=6)
    detect(workspace, day=5, window=Window(MONDAY + timedelta(days=4), MONDAY + timedelta(days=7)))
    [issue] = workspace.ledger.latest(Issue)
    assert (issue.id, issue.state, issue.n_findings) == (resolved.id, "reopened", 6)


def test_old_findings_in_a_later_run_do_not_reopen_an_issue(workspace: Workspace) -> None:
    """Every run over the whole window finds again what happened before the fix."""
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    decide(workspace, "resolved", day=1)
    feed(workspace, day=-1, n_errors=7)  # came late, and happened before
    detect(workspace, day=5)
    [issue] = workspace.ledger.latest(Issue)
    assert (issue.state, issue.n_findings) == ("resolved", 15)
    assert workspace.ledger.latest(Descent) == []


def test_four_findings_after_it_was_resolved_are_no_return_yet(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    decide(workspace, "resolved", day=1)
    feed(workspace, day=5, n_errors=4)
    detect(workspace, day=5)
    [issue] = workspace.ledger.latest(Issue)
    assert (issue.state, issue.n_findings) == ("resolved", 12)


def test_a_new_issue_after_a_ship_says_that_it_may_be_the_return_of_what_is_watched(workspace: Workspace) -> None:
    """It came back in other words, as an issue without a history: who judged it knew of no change that failed."""
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    watching = decide(workspace, "watching", day=1)
    workspace.ledger.append([a_watch(issue_id=watching.id, since=MONDAY + timedelta(days=2))], now=MONDAY)
    feed(workspace, day=5, n_errors=8, message="timeout of upstream search index")
    detect(workspace, day=5)
    old, new = workspace.ledger.latest(Issue)
    assert (old.id, old.reason, new.state) == (watching.id, watching.reason, "proposed")
    assert new.reason.startswith(f"it may be {watching.id} in other words")
    feed(workspace, day=6, n_errors=8, message="timeout of upstream search index")
    detect(workspace, day=6)
    assert workspace.ledger.latest(Issue)[1].reason == new.reason
    report_of = read_detection(workspace)
    (shown,) = [one for one in report_of.problems if one.issue and one.issue.id == new.id]
    assert ("note", new.reason) in facts_of(shown, report_of, None)


def test_a_new_issue_of_before_the_ship_is_none_that_came_back(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    watching = decide(workspace, "watching", day=1)
    workspace.ledger.append([a_watch(issue_id=watching.id, since=MONDAY + timedelta(days=9))], now=MONDAY)
    feed(workspace, day=5, n_errors=8, message="timeout of upstream search index")
    detect(workspace, day=5)
    assert [one.reason for one in workspace.ledger.latest(Issue)] == ["", ""]


@pytest.mark.parametrize("state", ["confirmed", "rejected", "watching"])
def test_what_people_decided_otherwise_stays(workspace: Workspace, state: IssueState) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    decide(workspace, state, day=1)
    feed(workspace, day=5, n_errors=8)
    detect(workspace, day=5)
    [issue] = workspace.ledger.latest(Issue)
    assert (issue.state, issue.n_findings) == (state, 16)


def test_a_reopened_issue_is_reopened_once(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    decide(workspace, "resolved", day=1)
    feed(workspace, day=5, n_errors=6)
    detect(workspace, day=5)
    detect(workspace, day=6)
    [issue] = workspace.ledger.latest(Issue)
    assert issue.state == "reopened"
    assert len(workspace.ledger.latest(Descent)) == 1


def test_a_run_that_writes_nothing_reopens_nothing(workspace: Workspace) -> None:
    feed(workspace, day=0, n_errors=8)
    detect(workspace, day=0)
    decide(workspace, "resolved", day=1)
    feed(workspace, day=5, n_errors=6)
    now = MONDAY + timedelta(days=5, hours=20)
    detection = loop.detect(workspace, window=Window(), now=now, select=[tool_error.DETECTOR], is_dry_run=True)
    assert [one.kind for one in detection.descents] == ["return"]
    assert workspace.ledger.latest(Descent) == []
    assert [issue.state for issue in workspace.ledger.latest(Issue)] == ["resolved"]
