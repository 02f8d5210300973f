"""Rows of ADK's agent analytics table, as its plugin in google-adk 2.13 writes them: rows of one span are one span."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import adk_analytics

Read = Callable[..., Any]

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
ABOUT = {"adk": {"schema_version": "1", "app_name": "weather"}, "root_agent_name": "helper"}


def _row(ms: int, event_type: str, span_id: str | None, parent: str | None, **fields: Any) -> dict[str, Any]:
    """Return a row that was written some ms after ten; its `attributes` are a JSON text, as the plugin gives them."""
    attributes = ABOUT | fields.pop("attributes", {})
    return {
        "timestamp": (TEN + timedelta(milliseconds=ms)).isoformat(),
        "event_id": f"{event_type}.{span_id}.{ms}",
        "event_type": event_type,
        "agent": "helper",
        "session_id": "s1",
        "invocation_id": "e-1",
        "user_id": "ann",
        "trace_id": "t1",
        "span_id": span_id,
        "parent_span_id": parent,
        "content": None,
        "content_parts": [],
        "attributes": json.dumps(attributes),
        "latency_ms": None,
        "status": "OK",
        "error_message": None,
        "is_truncated": False,
        **fields,
    }


MODEL = {"model": "gemini-x"}
ANSWER = {"model_version": "gemini-x-001", "finish_reason": "STOP", "usage_metadata": {"thoughts_token_count": 3}}
PROMPT = [{"role": "user", "content": "Weather in Oslo?"}]
ROWS: list[dict[str, Any]] = [
    _row(0, "USER_MESSAGE_RECEIVED", "i", None, content={"text_summary": "Weather in Oslo?"}),
    _row(1, "INVOCATION_STARTING", "i", None),
    _row(2, "AGENT_STARTING", "a", "i", content="Help.", attributes=MODEL),
    _row(10, "LLM_REQUEST", "l", "a", content={"prompt": PROMPT, "system_prompt": "Help."}, attributes=MODEL),
    _row(30, "LLM_RESPONSE", "l", "a", content={"response": "text: 'Let'"}, latency_ms={"total_ms": 20}),
    _row(
        *(60, "LLM_RESPONSE", "l", "a"),
        content={"response": "call: get_weather", "usage": {"prompt": 11, "completion": 5, "total": 16}},
        attributes=ANSWER,
        latency_ms={"total_ms": 49, "time_to_first_token_ms": 20},
    ),
    _row(70, "TOOL_STARTING", "w", "a", content={"tool": "get_weather", "args": {"city": "Oslo"}}),
    _row(
        *(95, "TOOL_COMPLETED", "w", "a"),
        content={"tool": "get_weather", "result": {"report": "rain"}, "tool_origin": "LOCAL"},
        latency_ms={"total_ms": 24},
        is_truncated=True,
    ),
    _row(100, "TOOL_STARTING", "x", "a", content={"tool": "get_tide", "args": {}}),
    _row(
        *(110, "TOOL_ERROR", "x", "a"),
        content={"tool": "get_tide", "args": {}},
        latency_ms={"total_ms": 9},
        status="ERROR",
        error_message="no station",
    ),
    _row(120, "STATE_DELTA", "i", None, attributes={"state_delta": {"last_city": "Oslo"}}),
    _row(130, "AGENT_RESPONSE", "i", None, content={"response": "text: 'It rains.'"}),
    _row(140, "AGENT_COMPLETED", "a", "i", latency_ms={"total_ms": 138}),
    _row(150, "INVOCATION_COMPLETED", "i", None, latency_ms={"total_ms": 149}),
]


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def test_rows_of_one_span_are_one_span(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(adk_analytics.load, ROWS)
    assert not loaded.refused
    assert loaded.spans.select("span_id", "parent_span_id", "kind", "operation", "name").sort("span_id").rows() == [
        ("a", "i", "AGENT", "invoke_agent", "invoke_agent helper"),
        ("i", None, "CHAIN", None, "invocation"),
        ("l", "a", "LLM", "generate_content", "generate_content gemini-x-001"),
        ("w", "a", "TOOL", "execute_tool", "execute_tool get_weather"),
        ("x", "a", "TOOL", "execute_tool", "execute_tool get_tide"),
    ]
    shared = loaded.spans.select("trace_id", "session_id", "user_key", "service", "agent").unique().rows()
    assert shared == [("t1", "s1", key("ann"), "weather", "helper")]


def test_times_are_those_of_the_rows_and_latencies_are_as_recorded(read: Read) -> None:
    loaded = read(adk_analytics.load, ROWS)
    assert {
        span_id: ((start - TEN) / timedelta(milliseconds=1), (end - TEN) / timedelta(milliseconds=1), lasted)
        for span_id, start, end, lasted in loaded.spans.select(
            "span_id", "started_at", "ended_at", "duration_ms"
        ).rows()
    } == {
        "i": (0, 150, 149.0),
        "a": (2, 140, 138.0),
        "l": (10, 60, 49.0),
        "w": (70, 95, 24.0),
        "x": (100, 110, 9.0),
    }


def test_a_model_call_has_request_and_response_and_what_was_said_on_the_way(read: Read) -> None:
    call = _span(read(adk_analytics.load, ROWS), "l")
    assert (json.loads(call["input"]), call["output"]) == (PROMPT, "call: get_weather")
    assert (call["model"], call["finish_reason"], call["input_tokens"], call["output_tokens"]) == (
        *("gemini-x-001", "STOP"),
        *(11, 5),
    )
    asked, piece, answered = call["attributes"]["rows"]
    assert (asked["said"], asked["content"]) == ({"model": "gemini-x"}, {"system_prompt": "Help."})
    assert piece["said"] == {"output": "Let"}
    assert answered["attributes"]["usage_metadata"] == {"thoughts_token_count": 3}
    assert answered["latency_ms"] == {"total_ms": 49, "time_to_first_token_ms": 20}
    assert [row["event_type"] for row in (asked, piece, answered)] == ["LLM_REQUEST", "LLM_RESPONSE", "LLM_RESPONSE"]


def test_a_tool_call_has_arguments_and_result_or_error(read: Read) -> None:
    loaded = read(adk_analytics.load, ROWS)
    good, bad = _span(loaded, "w"), _span(loaded, "x")
    assert (good["tool_name"], good["input"], good["output"]) == ("get_weather", '{"city":"Oslo"}', '{"report":"rain"}')
    assert (good["status"], bad["status"], bad["error_message"], bad["output"]) == ("OK", "ERROR", "no station", None)


def test_what_was_cut_by_the_plugin_is_flagged(read: Read) -> None:
    loaded = read(adk_analytics.load, ROWS)
    assert _span(loaded, "w")["attributes"]["is_truncated"] is True
    assert loaded.spans["attributes"].str.contains("is_truncated").sum() == 1


def test_the_root_has_what_the_user_asked_and_read(read: Read) -> None:
    root = _span(read(adk_analytics.load, ROWS), "i")
    assert (root["input"], root["output"], root["status"]) == ("Weather in Oslo?", "It rains.", "OK")
    assert {"state_delta": {"last_city": "Oslo"}} in [row.get("attributes") for row in root["attributes"]["rows"]]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.parquet", "bigquery.jsonl"])
def test_every_way_to_export_the_table_gives_the_same_spans(read: Read, tmp_path: Path, name: str) -> None:
    """BigQuery writes times as `... UTC`, and CSV and Parquet hold JSON columns as texts."""
    path = tmp_path / name
    as_texts = [
        row | {column: json.dumps(row[column]) for column in ("content", "content_parts", "latency_ms") if row[column]}
        for row in ROWS
    ]
    if name == "bigquery.jsonl":
        rows = [row | {"timestamp": row["timestamp"].replace("T", " ").replace("+00:00", " UTC")} for row in ROWS]
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    elif name.endswith("jsonl"):
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in ROWS))
    elif name.endswith("csv"):
        pl.DataFrame([row | {"content_parts": None} for row in as_texts]).write_csv(path)
    else:
        pl.DataFrame([row | {"content_parts": None} for row in as_texts]).write_parquet(path)
    loaded = read(adk_analytics.load, path)
    expected = read(adk_analytics.load, ROWS)
    assert not loaded.refused
    without = pl.exclude("source", "content_digest", "attributes")
    assert loaded.spans.sort("span_id").select(without).equals(expected.spans.sort("span_id").select(without))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(rows=st.permutations(ROWS), batch_records=st.integers(1, 6))
def test_rows_may_stand_in_any_order(read: Read, rows: list[dict[str, Any]], batch_records: int) -> None:
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    shuffled = read(adk_analytics.load, lines, batch_records=batch_records)
    assert set(shuffled.spans["content_digest"]) == set(read(adk_analytics.load, ROWS).spans["content_digest"])


CALLS = st.lists(
    st.tuples(st.text(min_size=1, max_size=8), st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=2)),
    min_size=1,
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(calls=CALLS, is_failed=st.booleans())
def test_generated_calls_come_back(read: Read, calls: list[tuple[str, dict[str, int]]], *, is_failed: bool) -> None:
    begun = [
        _row(n, "TOOL_STARTING", f"w{n}", "a", content={"tool": tool, "args": args})
        for n, (tool, args) in enumerate(calls)
    ]
    status, end = ("ERROR", "TOOL_ERROR") if is_failed else ("OK", "TOOL_COMPLETED")
    ended = [
        _row(n + 9, end, f"w{n}", "a", content={"tool": tool, "result": {"n": n}}, status=status)
        for n, (tool, _) in enumerate(calls)
    ]
    spans = read(adk_analytics.load, [*ended, *begun]).spans.sort("started_at")
    assert [(name, json.loads(args)) for name, args in spans.select("tool_name", "input").rows()] == calls
    assert set(spans["status"]) == {status}
    assert set(spans["duration_ms"]) == {9.0}


def test_a_span_without_a_row_for_its_start_starts_its_latency_before_its_end(read: Read) -> None:
    loaded = read(adk_analytics.load, [ROWS[7]])
    assert loaded.spans["started_at"].to_list() == [TEN + timedelta(milliseconds=71)]
    assert loaded.guessed["the start of a span without a row for it is its end less its latency"] == 1


def test_a_span_that_never_ended_has_no_end(read: Read) -> None:
    span = _span(read(adk_analytics.load, [ROWS[6]]), "w")
    assert (span["ended_at"], span["duration_ms"], span["status"]) == (None, None, "UNSET")


def test_a_late_result_of_a_tool_is_a_call_below_the_invocation_that_brought_it(read: Read) -> None:
    pair = {"adk": {"pause_kind": "tool", "function_call_id": "c9"}}
    content = {"tool": "ask_boss", "result": {"ok": True}}
    late = _row(5, "TOOL_COMPLETED", "i", None, content=content, attributes=pair)
    loaded = read(adk_analytics.load, [*ROWS, late])
    span = _span(loaded, "i:TOOL_COMPLETED.i.5")
    assert (span["kind"], span["tool_name"], span["tool_call_id"], span["parent_span_id"]) == (
        *("TOOL", "ask_boss", "c9"),
        "i",
    )
    assert _span(loaded, "i")["kind"] == "CHAIN"


def test_rows_without_span_ids_are_spans_of_their_own_in_the_trace_of_their_invocation(read: Read) -> None:
    """The plugin's first releases had no ids of traces and spans, and contents in words."""
    old = [row | {"trace_id": None, "span_id": None, "content": f"row {n}"} for n, row in enumerate(ROWS[3:5])]
    loaded = read(adk_analytics.load, old)
    assert loaded.spans.select("trace_id", "kind", "input", "output").rows() == [
        ("e-1", "LLM", "row 0", None),
        ("e-1", "LLM", None, "row 1"),
    ]
    assert loaded.guessed["a row without a trace id belongs to the trace of its invocation"] == 2


GOOD = ROWS[6]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "wrong_type"),
        ({**GOOD, "timestamp": "noon"}, "bad_time"),
        ({**GOOD, "timestamp": 17}, "bad_time"),
        ({**GOOD, "trace_id": None, "invocation_id": None}, "no_id"),
        ({**GOOD, "event_type": 1}, "wrong_type"),
        ({**GOOD, "latency_ms": {"total_ms": "long"}}, "wrong_type"),
        ({**GOOD, "content": {"tool": {}}}, "wrong_type"),
        ({**ROWS[5], "content": {"usage": {"prompt": -1}}}, "wrong_type"),
        ({**GOOD, "session_id": ["s"]}, "wrong_type"),
    ],
)
def test_one_bad_row_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    loaded = read(adk_analytics.load, [bad, *ROWS])
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert set(loaded.spans["content_digest"]) == set(read(adk_analytics.load, ROWS).spans["content_digest"])


def test_a_bad_line_costs_one_record(read: Read) -> None:
    loaded = read(adk_analytics.load, b"garbage\n" + orjson.dumps(ROWS[6]) + b"\n" + b'{"event_type": \n')
    assert loaded.spans.height == 1
    assert [refused.reason for refused in loaded.refused] == ["not_json", "not_json"]
