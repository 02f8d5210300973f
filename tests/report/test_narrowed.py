"""A part of a run: what is left is counted anew, what is left out is said, a senseless filter is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.records import Issue, Tally
from workbench.report import narrowed, summary
from workbench.report.detection import DetectionReport

FIRST, SECOND = datetime(2026, 1, 5, 12, tzinfo=UTC), datetime(2026, 1, 6, 12, tzinfo=UTC)
Detection = Callable[..., DetectionReport]


@pytest.fixture
def report(detection: Detection, tally: Callable[..., Tally], issue: Callable[..., Issue]) -> DetectionReport:
    """Return four traces, two a day; a is in t1, t2 (twice) and t3, b in t4, and one finding of t4 is in none."""
    spans = [
        {"trace_id": f"t{n}", "started_at": FIRST if n < 3 else SECOND, "release": "7" if n % 2 else "8", "model": "m"}
        for n in (1, 2, 3, 4)
    ]
    a: dict[str, Any] = {"cluster_id": "clu_a", "detector": "tool_error", "user_key": "usr_1"}
    b: dict[str, Any] = {"cluster_id": "clu_b", "detector": "negative_feedback", "severity": "high"}
    findings = [
        {**a, "trace_id": "t1", "at": FIRST},
        {**a, "trace_id": "t2", "at": FIRST},
        {**a, "trace_id": "t2", "at": FIRST},
        {**a, "trace_id": "t3", "at": SECOND},
        {**b, "trace_id": "t4", "at": SECOND},
        {"trace_id": "t4", "at": None, "severity": "low", "detector": "latency_outlier"},
    ]
    clusters = [
        {"cluster_id": "clu_a", "n_traces": 3, "n_findings": 4, "n_users": 1},
        {"cluster_id": "clu_b", "n_traces": 1, "n_findings": 1, "detector": "negative_feedback"},
    ]
    tallies = [tally(), tally(detector="negative_feedback")]
    return detection(findings, clusters, span_rows=spans, n_traces=4, tallies=tallies)


def test_all_of_it_is_the_report_itself(report: DetectionReport) -> None:
    assert narrowed(report) is report


def test_a_detectors_findings(report: DetectionReport) -> None:
    part = narrowed(report, detectors="negative_feedback")
    assert [(one.rank, one.cluster_id, one.n_traces) for one in part.problems] == [(1, "clu_b", 1)]
    assert part.n_traces == 4
    assert part.shown == "Only detectors negative_feedback: 1 of 6 (17 %) findings."
    assert part.shown in summary(part).plain


def test_a_severity_and_above(report: DetectionReport) -> None:
    assert narrowed(report, severity="high").findings.height == 1
    assert narrowed(report, severity="medium").findings.height == 5


def test_the_severity_that_people_set_comes_first(detection: Detection, issue: Callable[..., Issue]) -> None:
    finding = {"trace_id": "t1", "cluster_id": "clu_a", "severity": "medium"}
    cluster = {"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}
    raised = detection([finding], [cluster], issues=[issue(severity="high")])
    assert narrowed(raised, severity="high").findings.height == 1


def test_days_narrow_findings_and_traffic(report: DetectionReport) -> None:
    part = narrowed(report, days="2026-01-05..2026-01-06")
    assert [(one.cluster_id, one.n_findings, one.n_traces, one.n_users) for one in part.problems] == [
        ("clu_a", 3, 2, 1)
    ]
    assert part.n_traces == 2


def test_traces_with_a_value(report: DetectionReport) -> None:
    part = narrowed(report, where="release is 7, model is m")
    assert [(one.cluster_id, one.n_findings, one.n_traces) for one in part.problems] == [("clu_a", 2, 2)]
    assert part.n_traces == 2
    assert set(part.spans.collect()["trace_id"]) == {"t1", "t3"}


def test_problems_are_ranked_anew(report: DetectionReport) -> None:
    part = narrowed(report, where="release is 8")
    assert [(one.rank, one.cluster_id, one.n_traces) for one in part.problems] == [(1, "clu_b", 1), (2, "clu_a", 1)]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"detectors": "tool_eror"}, "negative_feedback, tool_error"),
        ({"severity": "huge"}, "low, medium or high"),
        ({"days": "yesterday"}, "window"),
        ({"where": "release=7"}, "attributes are prompt_version"),
        ({"where": "colour is 7"}, "there are .*model, .*release"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(report: DetectionReport, given: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        narrowed(report, **given)
