"""The automatic half of the loop on recorded runs: what recurs, in one cluster each, and where it concentrates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from workbench import loop
from workbench.records import Cause, DetectionRun, Issue
from workbench.schemas import CLUSTERS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Recorded(NamedTuple):
    """A workspace of recorded runs, and what was found in them."""

    workspace: Workspace
    detection: loop.Detection


@pytest.fixture(scope="module")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    workspace = init_workspace(tmp_path_factory.mktemp("recorded") / "airline", secret=DEMO_SECRET)
    loop.feed(workspace, [shared_data / "tau2-airline", shared_data / "tau-bench-airline"], now=NOW)
    return Recorded(workspace, loop.detect(workspace, window=Window(), now=NOW))


def clusters_of_errors(recorded: Recorded, said: str) -> pl.DataFrame:
    """Return how many tool errors whose message holds these words lie in each cluster; -1 is noise."""
    messages = recorded.workspace.telemetry.spans().select("trace_id", "span_id", "output").collect()
    findings = recorded.detection.findings.filter(pl.col("detector") == "tool_error")
    said_so = findings.join(messages, on=["trace_id", "span_id"]).filter(
        pl.col("output").str.to_lowercase().str.contains(said, literal=True)
    )
    placed = said_so.join(recorded.detection.memberships, on="finding_id")
    return placed.group_by("cluster").len().sort("len", descending=True)


@pytest.mark.parametrize(
    ("said", "n_errors"),
    [
        ("payment amount does not add up", 24 + 18),
        ("gift card balance is not enough", 12 + 2),
        ("not available on date", 15),
        ("number of passengers does not match", 12),
    ],
)
def test_errors_that_differ_only_in_amounts_and_ids_fall_into_one_cluster(
    recorded: Recorded, said: str, n_errors: int
) -> None:
    clusters = clusters_of_errors(recorded, said)
    (cluster, n_in_it), *others = clusters.rows()
    assert (n_in_it, others) == (n_errors, []), "counted in the files by hand, capitals or not"
    assert cluster >= 0, "it is no noise"


def test_causes_name_the_tool_or_the_task_where_problems_concentrate(recorded: Recorded) -> None:
    """Of two clusters; others rest on one or two tasks, whose runs are of one user and count once."""
    named = {
        (cause.cluster_id, attribute)
        for cause in recorded.detection.causes
        for attribute in cause.attributes
        if attribute in {"tool_name", "failing_tool", "task"}
    }
    assert len({cluster_id for cluster_id, _ in named}) >= 2
    assert {"failing_tool", "task"} <= {attribute for _, attribute in named}


def test_a_causes_evidence_are_traces_of_its_cluster_that_have_the_value(recorded: Recorded) -> None:
    spans = recorded.workspace.telemetry.scan(SPANS).select("trace_id", "tool_name").collect()
    placed = recorded.detection.memberships.join(recorded.detection.findings, on="finding_id")
    causes = [cause for cause in recorded.detection.causes if cause.attributes == ("tool_name",)]
    assert causes
    for cause in causes:
        of_cluster = set(placed.filter(pl.col("cluster_id") == cause.cluster_id)["trace_id"])
        with_tool = set(spans.filter(pl.col("tool_name") == cause.values[0])["trace_id"])
        with_any_tool = set(spans.filter(pl.col("tool_name").is_not_null())["trace_id"])
        assert set(cause.evidence) <= of_cluster & with_tool
        assert cause.n_cluster_with == len(of_cluster & with_tool)
        assert cause.n_cluster == len(of_cluster & with_any_tool)


def test_every_cluster_becomes_one_proposed_issue_in_the_ledger(recorded: Recorded) -> None:
    issues = recorded.workspace.ledger.latest(Issue)
    clusters = recorded.workspace.telemetry.scan(CLUSTERS).collect()
    assert {issue.cluster_id for issue in issues} == set(clusters["cluster_id"])
    assert {issue.state for issue in issues} == {"proposed"}
    causes = {cause.id for cause in recorded.workspace.ledger.latest(Cause)}
    assert {cause_id for issue in issues for cause_id in issue.cause_ids} == causes


def test_a_later_run_of_the_same_window_supersedes_and_keeps_every_issue(recorded: Recorded) -> None:
    before = {issue.id for issue in recorded.workspace.ledger.latest(Issue)}
    later = loop.detect(recorded.workspace, window=Window(), now=NOW.replace(hour=1))
    assert {issue.id for issue in later.issues} == before
    assert later.run.supersedes == recorded.detection.run.id
    assert recorded.workspace.ledger.verify() > 0


def test_a_dry_run_writes_nothing(recorded: Recorded) -> None:
    def state() -> tuple[object, str, int]:
        workspace = recorded.workspace
        return workspace.telemetry.versions(), workspace.ledger.head(), len(workspace.ledger.latest(DetectionRun))

    before = state()
    dry = loop.detect(recorded.workspace, window=Window(), now=NOW.replace(hour=2), is_dry_run=True)
    assert dry.issues
    assert state() == before
