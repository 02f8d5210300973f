"""The run that a report shows, and the order of its problems."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.under_review import NOON, RUN, append, make_workspace, spans
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import Cause, DetectionRun, Issue, chosen_run
from workbench.report.detection import DetectionReport, read_detection
from workbench.schemas import SPANS

Run = Callable[..., DetectionRun]
Detection = Callable[..., DetectionReport]


def test_the_latest_run_is_the_newest_whatever_the_order(run: Run) -> None:
    old, new = run(id="run_old"), run(id="run_new", at=run().at + timedelta(hours=1))
    assert chosen_run([new, old], "latest") is new
    assert chosen_run([new, old], "run_old") is old
    assert chosen_run([new, old], "run_o") is old


def test_a_run_that_is_not_there_is_named_with_the_newest(run: Run) -> None:
    with pytest.raises(ConfigError, match=r"run_x.*the newest is run_1"):
        chosen_run([run()], "run_x")


def test_without_a_run_there_is_too_little_data() -> None:
    with pytest.raises(InsufficientDataError, match="workbench detect"):
        chosen_run([], "latest")


def test_a_trace_over_the_windows_edge_is_shown_whole(tmp_path: Path, run: Run) -> None:
    """A reviewer saw half of a trace that was detected whole, and judged an answer that was cut off."""
    workspace = make_workspace(tmp_path / "w", {})
    hour = timedelta(hours=1)
    starts = {("t", "root"): NOON - hour / 2, ("t", "late child"): NOON + hour / 2, ("u", "other"): NOON + hour / 4}
    columns = {"span_id": [one for _, one in starts], "started_at": [*starts.values()]}
    whole = spans([one for one, _ in starts]).with_columns(pl.DataFrame(columns)).with_columns(content_digest="span_id")
    append(workspace, SPANS, whole)
    window = f"{(NOON - hour).isoformat()}..{NOON.isoformat()}"
    workspace.ledger.append([run(id=f"{RUN}b", at=NOON + hour, window=window)], now=NOON)
    report = read_detection(workspace)
    assert sorted(report.spans.select("span_id").collect()["span_id"]) == ["late child", "root"]
    assert report.n_traces == 1


def test_traffic_that_came_after_the_run_is_none_of_its_own(tmp_path: Path, run: Run) -> None:
    """The report of an older run, made weeks later, called every problem gone: its window had no end."""
    workspace = make_workspace(tmp_path / "w", {})
    starts = {"before": NOON - timedelta(days=3), "that day": NOON, "weeks later": NOON + timedelta(days=20)}
    columns = {"span_id": [*starts], "started_at": [*starts.values()]}
    append(
        workspace, SPANS, spans([*starts]).with_columns(pl.DataFrame(columns)).with_columns(content_digest="span_id")
    )
    workspace.ledger.append([run(id=f"{RUN}b", at=NOON + timedelta(hours=1), window="all")], now=NOON)
    report = read_detection(workspace)
    assert report.n_traces == 2
    assert report.traffic["on"].to_list() == [day.date() for day in sorted(starts.values())[:2]]


def test_problems_are_ordered_by_traces_and_severity(detection: Detection) -> None:
    """10 low (10), 4 high (12), 5 medium (10, but fewer findings than the low one), 6 medium (12, more findings)."""
    findings = [
        {"detector": detector, "severity": severity}
        for detector, severity in (("latency_outlier", "low"), ("failed_outcome", "high"), ("tool_error", "medium"))
    ]
    clusters = [
        {"cluster_id": "clu_low", "detector": "latency_outlier", "n_traces": 10, "n_findings": 10},
        {"cluster_id": "clu_high", "detector": "failed_outcome", "n_traces": 4, "n_findings": 4},
        {"cluster_id": "clu_five", "n_traces": 5, "n_findings": 5},
        {"cluster_id": "clu_six", "n_traces": 6, "n_findings": 9},
    ]
    problems = detection(findings, clusters).problems
    assert [problem.cluster_id for problem in problems] == ["clu_six", "clu_high", "clu_low", "clu_five"]
    assert [problem.rank for problem in problems] == [1, 2, 3, 4]


def test_the_severity_that_people_set_comes_before_the_detectors(
    detection: Detection, issue: Callable[..., Issue]
) -> None:
    report = detection(
        [{"cluster_id": "clu_a"}],
        [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}],
        issues=[issue(severity="high")],
    )
    assert report.problems[0].severity == "high"


def test_causes_stand_in_the_order_of_the_issue_and_only_with_their_cluster(
    detection: Detection, issue: Callable[..., Issue], cause: Callable[..., Cause]
) -> None:
    causes = [cause(id="cau_2"), cause(id="cau_1"), cause(id="cau_9", cluster_id="clu_other")]
    report = detection(
        [{"cluster_id": "clu_a"}],
        [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}],
        issues=[issue(cause_ids=("cau_1", "cau_2"))],
        causes=causes,
    )
    assert [one.id for one in report.problems[0].causes] == ["cau_1", "cau_2"]


def test_noise_and_touched_traces_are_counted_by_finding_and_by_trace(detection: Detection) -> None:
    report = detection(
        [
            {"trace_id": "a", "cluster_id": "clu_a"},
            {"trace_id": "a", "cluster_id": "clu_a"},
            {"trace_id": "b", "cluster_id": "clu_b"},
            {"trace_id": "c"},
            {"session_id": "v", "cluster_id": "clu_b"},
        ]
    )
    assert (report.n_noise, report.n_problem_traces) == (1, 2)


def test_a_problem_keeps_its_number_when_its_severity_is_reviewed(tmp_path: Path) -> None:
    """Ann wrote "see problem 2"; when ben called that one severe it was problem 1, and 2 was another."""
    workspace = make_workspace(tmp_path / "w", {"clu_a": 5, "clu_b": 4})
    (worse,) = (one for one in workspace.ledger.latest(Issue) if one.cluster_id == "clu_b")
    workspace.ledger.append([replace(worse, severity="high")], now=NOON)
    problems = read_detection(workspace).problems
    assert [(one.rank, one.cluster_id, one.severity) for one in problems] == [
        (1, "clu_a", "medium"),
        (2, "clu_b", "high"),
    ]
