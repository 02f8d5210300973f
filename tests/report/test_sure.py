"""How sure: coverage and stability by detector, families, and issues that were split, merged or found again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.records import Descent
from workbench.report import how_sure, news
from workbench.report.detection import DetectionReport
from workbench.report.sure import stability_words

Detection = Callable[..., DetectionReport]


@pytest.fixture
def report(detection: Detection) -> DetectionReport:
    """Return tool errors: 3 of 4 in clusters a (stable) and b (falls apart); and 1 of 1 complaint in c (not known)."""
    complaint = {"detector": "negative_feedback", "trace_id": "t9", "cluster_id": "clu_c"}
    findings = [
        {"trace_id": "t1", "cluster_id": "clu_a"},
        {"trace_id": "t2", "cluster_id": "clu_a"},
        {"trace_id": "t3", "cluster_id": "clu_b"},
        {"trace_id": "t4"},
        complaint,
    ]
    clusters = [
        {"cluster_id": "clu_a", "n_traces": 2, "n_findings": 2, "stability": 0.9, "family": 1, "phrases": ["a phrase"]},
        {"cluster_id": "clu_b", "n_traces": 1, "n_findings": 1, "stability": 0.4, "family": 0, "phrases": ["b phrase"]},
        {"cluster_id": "clu_c", "n_traces": 1, "n_findings": 1, "detector": "negative_feedback"},
    ]
    return detection(findings, clusters)


def test_coverage_and_stability_are_told_by_detector(report: DetectionReport) -> None:
    lines = [" ".join(line.split()) for line in how_sure(report).plain.splitlines()]
    assert lines[2:4] == [
        "negative feedback 1 of 1 (100 %) 1 0 0 0 –",
        "tool error 3 of 4 (75 %) 2 1 0 1 65 %",
    ]


@pytest.mark.parametrize(
    ("stability", "said"), [(None, "not known"), (0.49, "falls apart"), (0.5, "fair"), (0.74, "fair"), (0.75, "stable")]
)
def test_hennigs_bounds_part_the_words(report: DetectionReport, stability: float | None, said: str) -> None:
    assert stability_words(replace(report.problems[0], stability=stability)) == said


def test_families_name_their_problems_the_largest_first(report: DetectionReport) -> None:
    shown = " ".join(how_sure(report).plain.split())
    assert "tool error 2 b phrase 1 1 tool error 1 a phrase 1 2" in shown


def test_what_became_of_issues_is_told_and_what_is_back_is_news(detection: Detection) -> None:
    """One problem, in one trace of the first day and one of the last: steady, but its issue was resolved."""
    at = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (1, 9)]
    told = detection(
        [{"trace_id": f"t{n}", "cluster_id": "clu_a", "at": moment} for n, moment in enumerate(at)],
        [{"cluster_id": "clu_a", "n_traces": 2, "n_findings": 2}],
        span_rows=[{"trace_id": f"t{n}", "started_at": moment} for n, moment in enumerate(at)],
    )
    usual: dict[str, Any] = {"run_id": "run_1", "cluster_id": "clu_a", "n_findings": 1, "share": 1 / 2}
    back = Descent(id="des_1", kind="return", issue_id="iss_1", from_issue_id="iss_1", **usual)
    split = Descent(id="des_2", kind="split", issue_id="iss_1", from_issue_id="iss_2", **usual)
    merged = Descent(id="des_3", kind="merge", issue_id="iss_1", from_issue_id="iss_3", **usual)
    lines = how_sure(replace(told, descents=(back, split, merged))).plain.splitlines()[-3:]
    assert lines == [
        "Problem 1 is back: the resolved issue iss_1 is found again (1 finding, 50 % of it are new).",
        "Problem 1 is a part of issue iss_2, which goes on without it (1 finding, 50 % of the part).",
        "Problem 1 took in issue iss_3 (1 finding, 50 % of that).",
    ]
    assert news(told, recent_days=3, top_n=5).plain.startswith("Nothing is new")
    assert news(replace(told, descents=(back,)), recent_days=3, top_n=5).plain.splitlines()[2].startswith("back")


def test_no_problem_is_said(detection: Detection) -> None:
    assert "no clusters" in how_sure(detection()).plain
