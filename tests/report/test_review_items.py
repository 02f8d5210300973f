"""What a reviewer sees of an item: the right trace with the finding marked, its problem, and what is like it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.records import Cause, Issue, Tally
from workbench.report import review_reader
from workbench.report.detection import DetectionReport
from workbench.report.review_items import MAX_POINTS
from workbench.schemas import SIGNALS

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
QUESTION = "Did this tool call fail?"
Detection = Callable[..., DetectionReport]


def span(trace_id: str, span_id: str, **given: Any) -> dict[str, Any]:
    """Return a failed call of a tool."""
    usual = {"kind": "TOOL", "tool_name": "search", "status": "ERROR", "started_at": AT}
    return {
        "trace_id": trace_id,
        "span_id": span_id,
        "error_message": f"no answer within 3 s: {span_id}",
        **usual,
        **given,
    }


def task(kind: str = "trace", target_id: str = "t1", *, cluster_id: str | None = "clu_a") -> dict[str, Any]:
    """Return an item as a desk hands it out."""
    return {"place": 0, "kind": kind, "cluster_id": cluster_id, "target_id": target_id, "n_alike": 1}


@pytest.fixture
def report(
    detection: Detection, cause: Callable[..., Cause], issue: Callable[..., Issue], tally: Callable[..., Tally]
) -> DetectionReport:
    """Return a problem of four traces on a line, t1 to t4 at x 0, 1, 3 and 7, of which t3 is typical; t9 is in none."""
    places = {"t1": 0.0, "t2": 1.0, "t3": 3.0, "t4": 7.0}
    of_problem = [
        {
            "trace_id": name,
            "span_id": f"{name}-b",
            "cluster_id": "clu_a",
            "text": "search: no answer within <number> s",
            "at": AT,
            "evidence": '{"span_ids": ["t1-c", 7]}',
            "x": x,
            "y": 0.0,
        }
        for name, x in places.items()
    ]
    return detection(
        [*of_problem, {"trace_id": "t9", "text": "odd", "at": AT, "x": 9.0, "y": 9.0}],
        [{"cluster_id": "clu_a", "n_traces": 4, "n_findings": 4, "exemplars": ["fnd_2", "fnd_0"]}],
        causes=[cause(evidence=("t2", "t4")), cause(id="cau_2", statement="another")],
        issues=[issue(cause_ids=("cau_1", "cau_2"))],
        tallies=[tally(question=QUESTION)],
        span_rows=[span(name, f"{name}-{which}") for name in (*places, "t9") for which in "abc"],
    )


def test_a_trace_is_shown_with_the_spans_of_the_finding_marked(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task()])
    assert shown["trace"]["title"] == "Trace t1"
    assert [step["is_found"] for step in shown["trace"]["steps"]] == [False, True, True]
    assert shown["finding"] == {"question": QUESTION, "text": "search: no answer within <number> s"}


def test_what_was_found_is_shown_in_the_words_of_the_trace_and_not_masked(report: DetectionReport) -> None:
    """The words by which findings are grouped have no numbers, so that "30 days" for "14 days" was not to be seen."""
    said = report.spans.with_columns(error_message=pl.lit("no answer within 3 s"))
    report = replace(report, findings=report.findings.with_columns(text=pl.lit("search: no answer within <number>")))
    (shown,) = review_reader(replace(report, spans=said))([task()])
    assert shown["finding"]["text"] == "search: no answer within 3 s"
    assert {one["text"] for one in shown["neighbours"]} == {"search: no answer within 3 s"}
    (of_issue,) = review_reader(replace(report, spans=said))([task("issue", "iss_1")])
    assert [one["text"] for one in of_issue["examples"]] == ["search: no answer within 3 s"] * 2


def test_what_users_said_of_a_trace_stands_at_its_end(report: DetectionReport) -> None:
    """A reviewer judged a thumbs-down without the comment beside it, which says what is wrong."""
    about = {"kind": "feedback", "name": "thumb", "value": 0.0, "at": AT}
    rows = [
        about | {"trace_id": "t1", "comment": "I have 30 days, not 14", "annotator_kind": "HUMAN"},
        about | {"trace_id": "t1", "comment": "The score is low.", "annotator_kind": "LLM"},
        about | {"trace_id": "t1", "comment": " ", "annotator_kind": "HUMAN"},
        about | {"trace_id": "t2", "comment": "fine", "annotator_kind": "HUMAN"},
    ]
    signals = pl.DataFrame(rows, schema_overrides=SIGNALS.schema)
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SIGNALS.schema.items() if name not in signals.columns]
    (shown,) = review_reader(replace(report, signals=signals.with_columns(missing).lazy()))([task()])
    *_, last = shown["trace"]["steps"]
    assert len(shown["trace"]["steps"]) == 4
    assert (last["role"], last["name"], last["parts"][0]["text"]) == ("user", "thumb 0", "I have 30 days, not 14")
    assert not last["is_found"]


def test_words_of_the_finding_that_are_not_masked_are_to_be_marked(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task()])
    assert shown["trace"]["quotes"] == ["no answer within"]
    assert "no answer within" in shown["trace"]["steps"][1]["parts"][0]["text"]


def test_where_a_detector_says_what_it_read_that_is_shown_and_marked(detection: Detection) -> None:
    """A refusal is grouped by what the user asked, and found in what the app answered."""
    refused = {"said": "I am not able to help with <number> returned goods"}
    found = {"trace_id": "t1", "text": "send my order back", "evidence": json.dumps(refused), "at": AT}
    clusters = [{"cluster_id": "clu_a", "n_traces": 1, "n_findings": 1}]
    (shown,) = review_reader(detection([found | {"cluster_id": "clu_a"}], clusters, span_rows=[span("t1", "a")]))(
        [task()]
    )
    assert shown["finding"]["text"] == refused["said"]
    assert shown["trace"]["quotes"] == ["I am not able to help with", "returned goods"]


def test_the_problem_has_its_facts_and_its_causes_of_which_none_is_asked(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task()])
    assert (shown["cluster"]["rank"], shown["cluster"]["name"]) == (1, "timed out (tool error)")
    assert "issue" not in dict(shown["cluster"]["facts"])
    assert [(one["id"], one["is_asked"]) for one in shown["causes"]] == [("cau_1", False), ("cau_2", False)]


def test_who_judges_blind_is_told_what_the_problem_is_called_and_nothing_else_of_it(report: DetectionReport) -> None:
    """A share of late traces of 0 beside the question, and the version that was blamed, say what is expected."""
    (shown,) = review_reader(report)([task() | {"detector": None}])
    assert shown["finding"]["text"] == ""
    assert shown["cluster"]["name"]
    assert (shown["cluster"]["facts"], shown["causes"], shown["neighbours"], shown["map"]) == ([], [], [], None)


def test_neighbours_are_the_nearest_of_the_problem_and_never_the_trace_itself(report: DetectionReport) -> None:
    shown = review_reader(report)([task(), task(target_id="t3")])
    assert [[one["trace_id"] for one in item["neighbours"]] for item in shown] == [
        ["t2", "t3", "t4"],
        ["t2", "t1", "t4"],
    ]
    assert shown[0]["neighbours"][0]["title"] == "t2 · 2026-01-05 12:00 UTC"


def test_a_cause_is_shown_on_its_evidence_and_is_the_one_that_is_asked(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task("cause", "cau_1")])
    assert shown["trace"]["title"] == "Trace t2"
    assert [one["trace_id"] for one in shown["examples"]] == ["t2", "t4"]
    assert [(one["id"], one["is_asked"]) for one in shown["causes"]] == [("cau_1", True), ("cau_2", False)]
    assert shown["neighbours"] == []


def test_an_issue_is_shown_on_its_most_typical_traces(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task("issue", "iss_1")])
    assert [one["trace_id"] for one in shown["examples"]] == ["t3", "t1"]
    assert shown["trace"]["title"] == "Trace t3"


def test_a_trace_that_no_detector_found_is_shown_without_a_finding(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task(target_id="t9", cluster_id=None)])
    assert (shown["finding"], shown["map"], shown["neighbours"], "cluster" in shown) == (None, None, [], False)
    assert len(shown["trace"]["steps"]) == 3


def test_what_was_found_in_a_session_is_shown_in_its_last_trace(
    detection: Detection, tally: Callable[..., Tally]
) -> None:
    """Its reviewer was told that no detector had found anything, and asked whether anything was wrong at all."""
    later = AT + timedelta(minutes=1)
    session = {"session_id": "one", "unit": "session", "cluster_id": "clu_a", "text": "asked twice", "at": AT}
    read = review_reader(
        detection(
            [session | {"x": 1.0, "y": 2.0}],
            [{"cluster_id": "clu_a", "n_traces": 0, "n_findings": 1, "exemplars": ["fnd_0"]}],
            tallies=[tally(question=QUESTION)],
            span_rows=[
                span("t6", "b", session_id="one", started_at=later),
                span("t5", "a", session_id="one"),
                span("t7", "c", started_at=later),
            ],
        )
    )
    last, first, of_issue = read([task(target_id="t6"), task(target_id="t5"), task("issue", "iss_1")])
    assert last["finding"] == {"question": QUESTION, "text": "asked twice"}
    assert last["map"]["here"] == [1.0, 2.0]
    assert first["finding"] is None
    assert [one["trace_id"] for one in of_issue["examples"]] == ["t6"]


def test_a_trace_that_was_erased_says_so(report: DetectionReport) -> None:
    (shown,) = review_reader(report)([task(target_id="[erased]")])
    assert shown["trace"]["note"] == "No span of it is in the store any more."


def test_the_map_has_every_place_and_says_which_are_of_the_problem(report: DetectionReport) -> None:
    read = review_reader(report)
    one, other = read([task(), task(target_id="t4")])
    assert one["map"]["points"] == [[0.0, 0.0, 1], [1.0, 0.0, 1], [3.0, 0.0, 1], [7.0, 0.0, 1], [9.0, 9.0, 0]]
    assert (one["map"]["here"], other["map"]["here"]) == ([0.0, 0.0], [7.0, 0.0])
    assert one["map"]["points"] is other["map"]["points"]


def test_a_map_of_many_places_is_thinned(detection: Detection) -> None:
    n = MAX_POINTS + 500
    crowd = [{"trace_id": f"t{at}", "cluster_id": "clu_a", "text": "x", "x": float(at), "y": 0.0} for at in range(n)]
    many = detection(crowd, [{"cluster_id": "clu_a", "n_traces": n, "n_findings": n, "exemplars": []}])
    (shown,) = review_reader(many)([task()])
    assert len(shown["map"]["points"]) == MAX_POINTS
