"""An issue that a person opens of traces: proposed, reviewed like any other, and the same one in every later run."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.loop.detect.test_continuity import ANN, MONDAY, detect, feed
from tests.review.said import verdict
from workbench import loop
from workbench.errors import ConfigError, GateError, InsufficientDataError
from workbench.loop.detect.by_hand import BY_HAND
from workbench.loop.review.confirmed import confirmed_issues
from workbench.records import Issue
from workbench.report import read_detection
from workbench.schemas import CLUSTERS
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace
from workbench.windows import Window

NOW = MONDAY + timedelta(days=1)
TITLE = "it states 30 days where the policy has 14"
TRACES = [f"{100:016x}{number:016x}" for number in (1, 2, 3)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with eight failed calls, one cluster of them."""
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    feed(made, day=0, n_errors=8)
    detect(made, day=0)
    return made


def opened(workspace: Workspace, traces: list[str] = TRACES, title: str = TITLE) -> Issue:
    return loop.open_issue(workspace, traces, title=title, actor=ANN, now=NOW)


def judged(workspace: Workspace, issue: Issue, label: Literal["confirmed", "rejected"]) -> Issue:
    """Return an issue as a person's verdict on it leaves it."""
    said = verdict(issue.id, label, target_kind="issue", cluster_id=None, review_id=None, at=NOW)
    workspace.ledger.append([said], now=NOW, actor=ANN)
    loop.settle(workspace, now=NOW)
    return loop.find_issue(workspace, issue.id)


def test_it_is_proposed_and_holds_the_traces_that_the_person_named(workspace: Workspace) -> None:
    issue = opened(workspace)
    assert (issue.state, issue.title, issue.detector, issue.n_traces) == ("proposed", TITLE, BY_HAND, 3)
    assert loop.find_issue(workspace, issue.id) == issue
    assert workspace.ledger.appended(Issue)[-1].actor == ANN


def test_people_judge_it_and_nothing_else_confirms_it(workspace: Workspace) -> None:
    issue = opened(workspace)
    with pytest.raises(GateError, match="no verdict of a person"):
        confirmed_issues(workspace, [issue.id], now=NOW)
    review = loop.open_review(workspace, now=NOW, clusters=[issue.cluster_id], n=4, control_share=0.0)
    items = workspace.review_items.of(review.id)
    assert set(items.filter(kind="trace")["target_id"]) == set(TRACES)
    assert items.filter(kind="issue")["target_id"].to_list() == [issue.id]
    judged(workspace, issue, "confirmed")
    (confirmed,) = confirmed_issues(workspace, [issue.id], now=NOW)
    assert (confirmed.id, confirmed.state) == (issue.id, "confirmed")


def test_later_runs_find_it_again_as_the_same_issue(workspace: Workspace) -> None:
    """A run that looks at other days leaves it as it is; the next that sees its traces goes on with all of them."""
    issue = opened(workspace)
    feed(workspace, day=5, n_errors=8)
    detect(workspace, day=5, window=Window(start=MONDAY + timedelta(days=4)))
    assert loop.find_issue(workspace, issue.id) == issue
    detection = detect(workspace, day=5)
    ours = [one for one in workspace.ledger.latest(Issue) if one.detector == BY_HAND]
    assert [(one.id, one.title, one.n_traces, one.run_id) for one in ours] == [(issue.id, TITLE, 3, detection.run.id)]
    assert {one.state for one in workspace.ledger.latest(Issue)} == {"proposed"}
    (shown,) = [one for one in read_detection(workspace).problems if one.detector == BY_HAND]
    assert shown.issue is not None
    assert shown.issue.id == issue.id


def test_what_people_rejected_is_not_found_again(workspace: Workspace) -> None:
    workspace.ledger.append([replace(opened(workspace), state="rejected")], now=NOW)
    assert {one.detector for one in detect(workspace, day=1).issues} == {"tool_error"}


@pytest.mark.parametrize(
    ("traces", "title", "said"),
    [
        (TRACES, " ", "the title must be one line"),
        ([], TITLE, "at least one trace"),
        (["nosuch"], TITLE, "did not look at such a trace"),
    ],
)
def test_what_says_too_little_is_refused(workspace: Workspace, traces: list[str], title: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        opened(workspace, traces, title)
    assert len(workspace.ledger.latest(Issue)) == 1


def test_a_reason_is_a_sentence_and_no_book(workspace: Workspace) -> None:
    """A reason of any length went into the ledger, where nothing takes it out again, and onto every page of it."""
    who: Any = {"title": TITLE, "actor": ANN, "now": NOW}
    with pytest.raises(ConfigError, match=r"the reason has 1,001 characters, must be at most 1,000"):
        loop.open_issue(workspace, TRACES, reason="x" * 1001, **who)
    assert loop.open_issue(workspace, TRACES, reason="x" * 1000, **who).reason == "x" * 1000


def test_a_trace_is_of_one_issue_that_people_opened(workspace: Workspace) -> None:
    issue = opened(workspace)
    with pytest.raises(ConfigError, match=f"{issue.id} was opened of it"):
        opened(workspace, TRACES[1:], "the same once more")


def test_a_trace_of_a_rejected_issue_is_opened_again_in_a_run_without_that_issue(workspace: Workspace) -> None:
    """One issue that was opened of the wrong traces kept them for ever: the advice was to go on with what was over."""
    over = judged(workspace, opened(workspace), "rejected")
    with pytest.raises(ConfigError, match=f"{over.id}, which was rejected, holds it in {over.run_id}.*detect"):
        opened(workspace)
    detect(workspace, day=1)
    again = opened(workspace)
    assert again.id != over.id
    (shown,) = [one for one in read_detection(workspace).problems if one.detector == BY_HAND]
    assert (shown.n_traces, shown.issue) == (3, again)


def test_of_a_trace_whose_issue_was_merged_the_one_that_goes_on_is_named(workspace: Workspace) -> None:
    """The advice named an issue that people had put into another, and which takes nothing any more."""
    first, second = opened(workspace), opened(workspace, [f"{100:016x}{8:016x}"])
    loop.merge_issues(workspace, first.id, second.id, reason="the same", actor=ANN, now=NOW)
    with pytest.raises(
        ConfigError, match=f"{first.id} was opened of it and merged into {second.id}.*on with {second.id}"
    ):
        opened(workspace, TRACES[1:])
    judged(workspace, second, "rejected")
    detect(workspace, day=1)
    assert opened(workspace, TRACES[1:]).n_traces == 2


def test_of_two_who_open_one_trace_at_once_one_does_and_no_cluster_has_anothers_number(workspace: Workspace) -> None:
    """Two issues held one trace, and all three clusters had one number."""
    other, at_once = f"{100:016x}{8:016x}", threading.Barrier(3)

    def go(traces: list[str]) -> Issue | ConfigError:
        own = open_workspace(workspace.root)
        at_once.wait()
        try:
            return opened(own, traces)
        except ConfigError as error:
            return error

    with ThreadPoolExecutor(3) as pool:
        first, second, third = pool.map(go, (TRACES[:2], TRACES[1:], [other]))
    assert isinstance(third, Issue)
    assert {type(first), type(second)} == {Issue, ConfigError}
    numbers = workspace.telemetry.scan(CLUSTERS).select("cluster").collect()["cluster"]
    assert sorted(numbers) == [0, 1, 2]


def test_without_a_run_there_is_nothing_to_open_it_in(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError):
        opened(init_workspace(tmp_path / "new", secret=DEMO_SECRET))
