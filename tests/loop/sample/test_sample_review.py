"""The sample's review: a small world judged by simulated reviewers, whose names say what they are."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.under_review import NOON, make_workspace
from workbench import loop
from workbench.loop.sample.reviewed import SEEN, review_sample, truth_of
from workbench.records import Cause, DetectionRun, Issue, Review, Verdict
from workbench.report import read_review, where_reviewers_differ
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.simulate.reviewers import MARK, REVIEWERS
from workbench.store import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("sample") / "w", {"clu_a": 30, "clu_b": 12}, n_unflagged=30)


def detection_of(workspace: Workspace) -> loop.Detection:
    (run,) = workspace.ledger.latest(DetectionRun)
    findings, memberships, clusters = (
        workspace.telemetry.scan(table).collect() for table in (FINDINGS, MEMBERSHIPS, CLUSTERS)
    )
    causes, issues = workspace.ledger.latest(Cause), workspace.ledger.latest(Issue)
    return loop.Detection(run, findings, memberships, clusters, tuple(causes), tuple(issues), (), ())


@pytest.fixture(scope="module")
def review(workspace: Workspace) -> Review:
    return review_sample(workspace, detection_of(workspace), now=NOON)


def test_all_is_judged_by_two_of_three_who_are_marked_as_simulated(workspace: Workspace, review: Review) -> None:
    verdicts = [one for one in workspace.ledger.latest(Verdict) if not one.is_adjudication]
    assert {one.annotator for one in verdicts} == {reviewer.name for reviewer in REVIEWERS}
    assert all(one.annotator.endswith(MARK) and one.seen == SEEN for one in verdicts)
    assert len(verdicts) == 2 * review.n_items
    assert review.closed_at is not None


def test_some_disagreements_are_decided_and_some_are_left(workspace: Workspace, review: Review) -> None:
    told = read_review(workspace, now=NOON + timedelta(days=3))
    assert "not decided yet" in where_reviewers_differ(told, top_n=20).plain
    assert any(one.is_adjudication for one in workspace.ledger.latest(Verdict))


def test_the_truth_is_read_from_the_files_of_a_world(workspace: Workspace, tmp_path: Path) -> None:
    planted = {"trace_id": ["clu_a-00000", "x"], "fault": ["search_loop", "none"]}
    pl.DataFrame(planted).write_ndjson(tmp_path / "truth.jsonl")
    pl.DataFrame({"fault": ["search_loop"], "slice": ['{"release":"2026.10.0"}']}).write_ndjson(
        tmp_path / "faults.jsonl"
    )
    truth = truth_of(tmp_path, workspace, detection_of(workspace))
    assert truth.faults == {"clu_a-00000": "search_loop"}
    assert truth.slices == {"search_loop": ["2026.10.0"]}
    assert Counter({cluster: len(traces) for cluster, traces in truth.members.items()}) == {"clu_a": 30, "clu_b": 12}
