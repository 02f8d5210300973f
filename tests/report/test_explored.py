"""A run for the views: findings in the order of their problems, and what the panel says of each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.records import Cause, Issue
from workbench.report import explored
from workbench.report.detection import DetectionReport

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def report(
    detection: Callable[..., DetectionReport], cause: Callable[..., Cause], issue: Callable[..., Issue]
) -> DetectionReport:
    """Return one problem of two findings, of which the second is the typical one, and a finding in none."""
    return detection(
        [
            {"trace_id": "t3", "text": "alone", "at": AT},
            {"trace_id": "t1", "cluster_id": "clu_a", "text": "odd", "at": AT, "x": 1.0, "y": 2.0},
            {"trace_id": "t2", "cluster_id": "clu_a", "text": "typical", "at": AT},
        ],
        [{"cluster_id": "clu_a", "n_traces": 2, "n_findings": 2, "exemplars": ["fnd_2"]}],
        causes=[cause(notes=("also release 7",), counter_examples=("t9",))],
        issues=[issue()],
        span_rows=[{"trace_id": name, "started_at": AT} for name in ("t1", "t2", "t3")],
    )


def test_findings_come_by_problem_the_typical_first_and_those_in_none_last(report: DetectionReport) -> None:
    findings = explored(report, recent_days=7).findings
    assert findings.select("problem", "text", "x").rows() == [(1, "typical", None), (1, "odd", 1.0), (0, "alone", None)]
    assert findings["about"][0] == "tool error · 2026-01-05 12:00 · span t2"


def test_a_panel_has_size_course_and_causes_with_their_numbers(report: DetectionReport) -> None:
    (panel,) = explored(report, recent_days=7).problems
    facts: dict[str, Any] = dict(panel["facts"])
    assert (panel["rank"], panel["name"], panel["shape"]) == (1, "timed out (tool error)", "square")
    assert facts == {
        "findings": "2",
        "traces": "2 of 10 (20 %)",
        "users": "not recorded",
        "severity": "medium",
        "issue": "proposed, iss_1",
    }
    assert (panel["days"]["found"], panel["days"]["traces"]) == ([2], [3])
    assert dict(panel["causes"][0]["numbers"]) == {
        "times as frequent": "8.3× (1.9 to 40)",
        "q": "0.012",
        "explains": "80 %",
    }
    assert [(row["where"], row["n"], row["total"], row["share"]) for row in panel["causes"][0]["contrast"]] == [
        ("its traces", "5", "6", 5 / 6),
        ("all others", "1", "10", 1 / 10),
    ]
    assert panel["causes"][0]["notes"] == ["also release 7", "For example: t1, t2, t3", "But also: t9"]


def test_no_problem_is_no_panel(detection: Callable[..., DetectionReport]) -> None:
    nothing = explored(detection(), recent_days=7)
    assert (nothing.findings.height, nothing.problems) == (0, [])
