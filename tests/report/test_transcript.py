"""A trace as a person reads it: once said is once shown, tools with what they gave back, and where it first failed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.report.detection import DetectionReport
from workbench.report.transcript import MAX_STEPS, finding_reader, first_failure, shown, transcript

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
Spans = Callable[..., pl.LazyFrame]


def span(span_id: str, at: float, **given: Any) -> dict[str, Any]:
    """Return a span that begins and ends some seconds after the start, within the span `run` unless it is given."""
    usual = {"span_id": span_id, "parent_span_id": "run", "started_at": START + timedelta(seconds=at)}
    ended = {"ended_at": START + timedelta(seconds=given.pop("ends", at + 1))}
    return {**usual, **ended, **given}


def said(*messages: tuple[str, str]) -> str:
    """Return messages as chat completions record them."""
    return json.dumps([{"role": role, "content": words} for role, words in messages])


RUN = span("run", 0, ends=9, parent_span_id=None, kind="AGENT", input="Find it.", output="Done.")


def told(spans: pl.LazyFrame) -> list[tuple[str, str, list[str]]]:
    """Return the steps as role, name and texts."""
    return [(step.role, step.name, [text for _, text in step.parts]) for step in transcript(spans.collect())]


def test_what_was_said_once_is_shown_once_however_often_it_is_sent(spans: Spans) -> None:
    first = span("a", 1, input=said(("system", "Be kind."), ("user", "Find it.")), output=said(("assistant", "Where?")))
    again = said(("system", "Be kind."), ("user", "Find it."), ("assistant", "Where?"), ("user", "Here."))
    second = span("b", 3, input=again, output=said(("assistant", "Done.")))
    assert told(spans(RUN, first, second)) == [
        ("user", "", ["Find it."]),
        ("system", "", ["Be kind."]),
        ("assistant", "", ["Where?"]),
        ("user", "", ["Here."]),
        ("assistant", "", ["Done."]),
    ]


def test_what_is_said_twice_is_shown_twice(spans: Spans) -> None:
    talk = said(("user", "Yes."), ("assistant", "Sure?"), ("user", "Yes."))
    assert told(spans(span("a", 1, parent_span_id=None, input=talk, output="Good."))) == [
        ("user", "", ["Yes."]),
        ("assistant", "", ["Sure?"]),
        ("user", "", ["Yes."]),
        ("assistant", "", ["Good."]),
    ]


def test_a_tool_is_one_step_with_what_it_was_asked_and_gave_back(spans: Spans) -> None:
    call = [
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [{"function": {"name": "find", "arguments": "{}"}}],
        }
    ]
    model = span("a", 1, output=json.dumps(call))
    tool = span("b", 2, kind="TOOL", tool_name="find", input='{"id": 7}', output="none")
    after = span("c", 3, input=said(("tool", "none")), output="Nothing.")
    assert told(spans(RUN, model, tool, after))[1:] == [
        ("assistant", "", ["Let me see."]),
        ("tool", "find", ['{\n  "id": 7\n}', "none"]),
        ("assistant", "", ["Nothing."]),
        ("assistant", "", ["Done."]),
    ]


def test_without_spans_of_tools_calls_and_results_are_shown_from_the_messages(spans: Spans) -> None:
    call = [{"role": "assistant", "tool_calls": [{"function": {"name": "find", "arguments": '{"id": 7}'}}]}]
    only = spans(span("a", 1, parent_span_id=None, input="Find it.", output=json.dumps(call)))
    assert [step.parts for step in transcript(only.collect())][1] == (
        ("asks for the tool find with", '{\n  "id": 7\n}'),
    )


def test_the_first_failure_is_the_inmost_span_that_failed_first(spans: Spans) -> None:
    """The run fails with what is in it; `late` fails after `early`."""
    failed = {"status": "ERROR", "error_type": "Timeout", "error_message": "after 3 s"}
    run = {**RUN, **failed}
    early = span("early", 2, kind="TOOL", tool_name="find", **failed)
    late = span("late", 5, kind="TOOL", tool_name="find", **failed)
    frame = spans(run, late, early).collect()
    assert first_failure(frame) == "early"
    marked = [(step.span_id, step.is_error, step.is_first_failure) for step in transcript(frame)]
    assert marked == [("run", False, False), ("early", True, True), ("late", True, False), ("run", True, False)]
    assert ("error", "Timeout: after 3 s") in transcript(frame)[1].parts


def test_a_failed_model_call_without_an_answer_is_a_step(spans: Spans) -> None:
    only = spans(span("a", 1, parent_span_id=None, name="chat", input="Hi!", status="ERROR"))
    last = transcript(only.collect())[-1]
    assert (last.name, last.is_first_failure, last.parts) == ("chat", True, (("error", "no message is recorded"),))


def test_no_error_is_no_failure(spans: Spans) -> None:
    assert first_failure(spans(RUN).collect()) is None


def test_spans_that_only_lead_to_each_other_and_orphans_are_shown(spans: Spans) -> None:
    one = span("one", 1, parent_span_id="two", output="first")
    two = span("two", 2, parent_span_id="one", output="second")
    orphan = span("three", 3, parent_span_id="gone", output="third")
    assert sorted(texts[0] for _, _, texts in told(spans(one, two, orphan))) == ["first", "second", "third"]


def test_ten_thousand_spans_in_each_other_are_walked_through(spans: Spans) -> None:
    deep = [span(f"s{at}", at, parent_span_id=f"s{at - 1}", output=f"said {at}") for at in range(10_000)]
    assert len(told(spans(*deep))) == 10_000


def test_the_traces_of_a_session_follow_each_other(spans: Spans) -> None:
    second = span(
        "b",
        60,
        trace_id="t2",
        parent_span_id=None,
        input=said(("user", "Find it."), ("assistant", "Done."), ("user", "More.")),
    )
    assert told(spans({**RUN}, second)) == [
        ("user", "", ["Find it."]),
        ("assistant", "", ["Done."]),
        ("user", "", ["More."]),
    ]


def test_a_view_is_given_facts_marks_and_what_is_left_out(spans: Spans) -> None:
    tools = [span(f"s{at}", at, kind="TOOL", tool_name="find", release="7") for at in range(MAX_STEPS)]
    given = shown(spans(RUN, *tools).collect(), title="Trace t1", found="s3")
    assert given["facts"] == ["2026-01-05 12:00 UTC", f"{MAX_STEPS + 1} spans", "6.7 min", "no error", "release 7"]
    assert [step["is_found"] for step in given["steps"][:6]] == [False, False, False, False, True, False]
    assert (len(given["steps"]), given["note"]) == (MAX_STEPS, "2 steps more, not shown.")


def test_a_finding_is_read_by_its_trace_or_its_session(detection: Callable[..., DetectionReport]) -> None:
    report = detection(span_rows=[{**RUN, "session_id": "visit"}])
    read = finding_reader(report)
    assert read({"trace_id": "t1", "session_id": "visit", "span_id": None})["title"] == "Trace t1"
    of_session = read({"trace_id": None, "session_id": "visit", "span_id": None})
    assert (of_session["title"], len(of_session["steps"])) == ("Session visit", 2)
    assert "No span" in read({"trace_id": "erased", "session_id": None, "span_id": None})["note"]


@pytest.mark.parametrize("kind", ["RETRIEVER", "EMBEDDING"])
def test_a_lookup_is_a_step_of_its_own(spans: Spans, kind: str) -> None:
    assert told(spans(span("a", 1, kind=kind, name="look", input="x", output="y"))) == [
        ("retriever", "look", ["x", "y"])
    ]
