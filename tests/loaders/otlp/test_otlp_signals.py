"""Evaluations and annotations in telemetry become signals; what cannot be one is refused, not dropped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Read = Callable[..., Any]
TRACE_ID, SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"

SCORE = {
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.25,
    "gen_ai.evaluation.score.label": "poor",
    "gen_ai.evaluation.explanation": "off topic",
    "gen_ai.response.id": "resp_1",
}


def logs(*records: dict[str, Any]) -> dict[str, Any]:
    """Return a line of log records."""
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


def test_an_evaluation_event_of_a_span_is_a_signal(read_lines: Read, wire: Any) -> None:
    event = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": "1767225601000000000",
        "attributes": wire.attributes(SCORE),
    }
    loaded = read_lines(wire.export(wire.span(events=[event])))
    assert (loaded.spans.height, loaded.signals.height, loaded.refused) == (1, 1, [])
    row = loaded.signals.row(0, named=True)
    assert (row["target_kind"], row["target_id"], row["trace_id"]) == ("span", SPAN_ID, TRACE_ID)
    assert (row["kind"], row["name"], row["value"], row["label"]) == ("evaluation", "relevance", 0.25, "poor")
    assert (row["comment"], row["annotator_kind"]) == ("off topic", None)
    assert row["at"] == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert json.loads(row["attributes"]) == {"gen_ai.response.id": "resp_1"}
    assert "events" not in json.loads(loaded.spans["attributes"][0])["otlp"]


def test_an_evaluation_log_record_is_a_signal_about_what_it_names(read_lines: Read, wire: Any) -> None:
    base = {"eventName": "gen_ai.evaluation.result", "timeUnixNano": "1767225601000000000"}
    loaded = read_lines(
        logs(
            {**base, "traceId": TRACE_ID.upper(), "spanId": SPAN_ID, "attributes": wire.attributes(SCORE)},
            {**base, "traceId": TRACE_ID, "attributes": wire.attributes(SCORE)},
            {**base, "attributes": wire.attributes({**SCORE, "gen_ai.conversation.id": "s1"})},
            {"attributes": wire.attributes({"event.name": "gen_ai.evaluation.result", "session.id": "s2"})},
        )
    )
    rows = loaded.signals.select("target_kind", "target_id", "trace_id").rows()
    assert rows == [
        ("span", SPAN_ID, TRACE_ID),
        ("trace", TRACE_ID, TRACE_ID),
        ("session", "s1", None),
        ("session", "s2", None),
    ]
    assert loaded.signals["at"].null_count() == 1
    assert loaded.refused == []


def test_other_log_records_are_refused_and_counted(read_lines: Read, wire: Any) -> None:
    loaded = read_lines(
        logs(
            {"traceId": TRACE_ID, "body": {"stringValue": "started"}},
            {"eventName": "gen_ai.evaluation.result", "attributes": wire.attributes(SCORE)},
            {"eventName": "gen_ai.evaluation.result", "traceId": "abc"},
        )
    )
    assert loaded.signals.height == loaded.spans.height == 0
    assert [refused.reason for refused in loaded.refused] == ["unsupported_log", "no_id", "bad_id"]


def test_spans_and_logs_of_one_line_are_both_read(read_lines: Read, wire: Any) -> None:
    record = {"eventName": "gen_ai.evaluation.result", "traceId": TRACE_ID, "attributes": wire.attributes(SCORE)}
    loaded = read_lines({**wire.export(wire.span()), **logs(record)})
    assert (loaded.spans.height, loaded.signals.height, loaded.refused) == (1, 1, [])


def test_openinference_statements_are_signals_of_their_scope(read_lines: Read, wire: Any) -> None:
    attributes = {
        "session.id": "s1",
        "annotations.0.annotation.name": "thumb",
        "annotations.0.annotation.score": 0,
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "annotations.0.annotation.explanation": "wrong court",
        "trace.evaluations.0.evaluation.name": "correctness",
        "trace.evaluations.0.evaluation.score": 0.9,
        "trace.evaluations.0.evaluation.annotator_kind": "LLM",
        "trace.evaluations.0.evaluation.identifier": "judge-v2",
        "session.annotations.0.annotation.name": "resolved",
        "session.annotations.0.annotation.label": "yes",
        "annotations.1.annotation.score": 1,
    }
    loaded = read_lines(wire.export(wire.span(attributes)))
    columns = ("target_kind", "target_id", "kind", "name", "value", "label", "comment", "annotator_kind")
    assert set(loaded.signals.select(columns).rows()) == {
        ("span", SPAN_ID, "feedback", "thumb", 0.0, None, "wrong court", "HUMAN"),
        ("trace", TRACE_ID, "evaluation", "correctness", 0.9, None, None, "LLM"),
        ("session", "s1", "evaluation", "resolved", None, "yes", None, None),
    }
    kept = dict(loaded.signals.select("name", "attributes").iter_rows())
    assert json.loads(kept["correctness"]) == {"identifier": "judge-v2"}
    assert json.loads(loaded.spans["attributes"][0])["annotations.1.annotation.score"] == 1


def test_a_score_that_is_no_number_is_kept_as_it_is(read_lines: Read, wire: Any) -> None:
    event = {
        "name": "gen_ai.evaluation.result",
        "attributes": wire.attributes({**SCORE, "gen_ai.evaluation.score.value": "high"}),
    }
    row = read_lines(wire.export(wire.span(events=[event]))).signals.row(0, named=True)
    assert row["value"] is None
    assert json.loads(row["attributes"])["gen_ai.evaluation.score.value"] == "high"
