"""The course of a problem by day against the traffic, what moved, and what is said of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from scipy import stats

from workbench.report import narrowed, news
from workbench.report.course import courses
from workbench.report.detection import DetectionReport
from workbench.report.trend import trends

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
Detection = Callable[..., DetectionReport]


def day(at: int) -> datetime:
    """Return noon of a day, from 0."""
    return FIRST + timedelta(days=at)


@pytest.fixture
def report(detection: Detection) -> DetectionReport:
    """Return ten days of twenty traces each: a is in 12 of the last 60 and none before, b in one of each day's.

    c is in 28 of the first 140 and in none of the last 60; a trace has at most one of them.
    """
    spans = [
        {"trace_id": f"t{at}-{n}", "started_at": day(at), "release": str(at // 7)}
        for at in range(10)
        for n in range(20)
    ]
    found = {
        "a": [f"t{at}-{n}" for at in (7, 8, 9) for n in range(4)],
        "b": [f"t{at}-10" for at in range(10)],
        "c": [f"t{at}-{n}" for at in range(7) for n in range(15, 19)],
    }
    findings = [
        {"trace_id": trace, "cluster_id": f"clu_{name}", "at": day(int(trace[1])), "finding_id": f"fnd_{name}{trace}"}
        for name, traces in found.items()
        for trace in traces
    ]
    clusters = [
        {
            "cluster_id": f"clu_{name}",
            "n_traces": len(traces),
            "n_findings": len(traces),
            "phrases": [f"words of {name}"],
        }
        for name, traces in found.items()
    ]
    return detection(findings, clusters, span_rows=spans, n_traces=200)


def test_a_course_counts_each_trace_once_a_day_against_all_of_that_day(report: DetectionReport) -> None:
    course = courses(report)["clu_a"]
    assert course.found == (0,) * 7 + (4, 4, 4)
    assert course.traces == (20,) * 10
    assert "12 in all, the most, 4 of 20, on 2026-01-08" in course.words


def test_two_findings_of_a_trace_count_once_in_the_course(detection: Detection) -> None:
    same = {"trace_id": "t1", "cluster_id": "clu_a", "at": day(0)}
    later = {**same, "at": day(1)}
    spans = [{"trace_id": "t1", "started_at": day(0)}, {"trace_id": "t2", "started_at": day(1)}]
    told = detection([same, later], [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 2}], span_rows=spans)
    assert courses(told)["clu_a"].found == (1, 0)


def test_without_times_there_is_no_course(detection: Detection) -> None:
    told = detection(
        [{"trace_id": "t1", "cluster_id": "clu_a"}], [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}]
    )
    assert courses(told) == {}


def test_a_trend_is_a_share_of_the_last_days_against_that_before(report: DetectionReport) -> None:
    moved = trends(report, recent_days=3)
    new, steady, gone = (moved[f"clu_{name}"] for name in "abc")
    assert (new.state, new.recent, new.n_recent, new.before, new.n_before) == ("new", 12, 60, 0, 140)
    assert new.ratio == inf
    assert (steady.state, steady.recent, steady.before) == ("steady", 3, 7)
    assert steady.ratio == (3 / 60) / (7 / 140)
    assert (gone.state, gone.recent, gone.before) == ("gone", 0, 28)


def test_the_q_of_a_trend_is_fishers_p_adjusted_over_both_directions(report: DetectionReport) -> None:
    """Six tests; the smallest p times six over its rank, by Benjamini and Hochberg's rule worked out by hand."""
    tables = {"a": (12, 60, 0, 140), "b": (3, 60, 7, 140), "c": (0, 60, 28, 140)}
    p_values = {
        (name, side): stats.fisher_exact([[hit, n - hit], [other, m - other]], alternative=side).pvalue
        for name, (hit, n, other, m) in tables.items()
        for side in ("greater", "less")
    }
    ordered = sorted(p_values.values())
    expected = p_values["a", "greater"] * 6 / (ordered.index(p_values["a", "greater"]) + 1)
    assert trends(report, recent_days=3)["clu_a"].q_value == pytest.approx(expected)


def test_news_names_what_moved_and_counts_the_rest(report: DetectionReport) -> None:
    lines = [" ".join(line.split()) for line in news(report, recent_days=3, top_n=5).plain.splitlines()]
    assert lines[2].startswith("new")
    assert "words of a" in lines[2]
    assert "12 of 60 (20 %) 0 of 140 (0 %) only now" in lines[2]
    assert lines[3].startswith("gone")
    assert "1 problem is as frequent as before, or too rare to tell." in lines[-1]


def test_nothing_new_is_a_sentence(report: DetectionReport) -> None:
    only_b = narrowed(report, where="all", detectors="tool_error")
    assert only_b.shown == "Only detectors tool_error: 50 of 50 (100 %) findings."
    quiet = DetectionReport(
        run=report.run,
        findings=report.findings,
        problems=tuple(one for one in report.problems if one.cluster_id == "clu_b"),
        spans=report.spans,
        n_traces=200,
        traffic=report.traffic,
    )
    assert news(quiet, recent_days=3, top_n=5).plain.startswith("Nothing is new: in the last 3 days, 1 problem is as")


def test_no_traffic_before_is_no_news(report: DetectionReport) -> None:
    assert "nothing can be called new" in news(report, recent_days=30, top_n=5).plain


def test_no_problem_is_no_news(detection: Detection) -> None:
    assert "no recurring problem" in news(detection(), recent_days=3, top_n=5).plain


@pytest.mark.parametrize("recent_days", [0, 61])
def test_days_out_of_their_bounds_are_an_error(report: DetectionReport, recent_days: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 60"):
        news(report, recent_days=recent_days, top_n=5)
