"""The sample's changes: begun for what people confirmed and nothing else, by one whose name says what they are."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.loop.people import ANN, on_issue
from tests.loop.sample.test_sample_review import detection_of
from tests.loop.under_review import NOON, make_workspace, trace_of
from workbench.loop.refine.development import MOST_READ
from workbench.loop.sample.changes import AUTHOR, change_sample
from workbench.loop.sample_app.app import make_app
from workbench.records import Change, Issue
from workbench.schemas import SPANS
from workbench.simulate.reviewers import MARK, Truth
from workbench.store import Workspace

SIZES = {"clu_a": 30, "clu_b": 12}
FAULT = "jurisdiction_confusion"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with two issues, one of them confirmed; ten users, each with as many traces."""
    made = make_workspace(tmp_path / "w", SIZES)
    make_app(made.app, now=NOON)
    rows = made.telemetry.scan(SPANS).collect()
    users = rows.with_columns(user_key=pl.format("usr_{}", pl.int_range(pl.len()) % 10))
    made.telemetry.replace(SPANS, "source", ["src_x"], rows=users)
    [issue] = [one for one in made.ledger.latest(Issue) if one.cluster_id == "clu_a"]
    made.ledger.append([replace(issue, state="confirmed"), on_issue(issue.id)], now=NOON, actor=ANN)
    return made


def truth(fault: str = FAULT) -> Truth:
    members = {cluster: [trace_of(cluster, n) for n in range(size)] for cluster, size in SIZES.items()}
    faults = {trace: fault for traces in members.values() for trace in traces}
    return Truth(faults=faults, slices={}, members=members, causes={})


def test_a_confirmed_issue_has_the_example_of_its_fault_committed(workspace: Workspace) -> None:
    [change] = change_sample(workspace, detection_of(workspace), truth=truth(), now=NOON)
    assert (change.title, change.state) == ("State the jurisdiction first", "committed")
    assert change.issue_ids == ("iss_clu_a",)
    assert change.author == AUTHOR
    assert AUTHOR.endswith(MARK)
    assert {edit.kind for edit in change.edits} >= {"prompt", "tool"}
    assert workspace.ledger.latest(Change) == [change]


def test_traces_of_most_users_are_left_to_judge_it_on(workspace: Workspace) -> None:
    [change] = change_sample(workspace, detection_of(workspace), truth=truth(), now=NOON)
    users = dict(workspace.telemetry.scan(SPANS).select("trace_id", "user_key").collect().iter_rows())
    assert 0 < len(change.development) <= MOST_READ
    assert len({users[trace] for trace in change.development}) == 4  # of ten


def test_a_fault_without_an_example_or_an_issue_without_a_fault_has_none(workspace: Workspace) -> None:
    assert change_sample(workspace, detection_of(workspace), truth=truth("harmless"), now=NOON) == ()
