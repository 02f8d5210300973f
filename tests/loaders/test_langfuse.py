"""Langfuse exports: real ones by hand count, and what exports may look like."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import langfuse

Read = Callable[..., Any]

TRACE: dict[str, Any] = {
    "id": "t1",
    "timestamp": "2025-06-05T15:45:52.971Z",
    "name": "answer",
    "input": '"What is it?"',
    "output": "An app.",
    "sessionId": "s1",
    "userId": "ann",
    "release": "1.2",
    "version": "7",
    "environment": "production",
    "tags": ["rag"],
    "metadata": '{"tier":"gold","user_id":"ann"}',
    "totalCost": 0.5,
    "scores": [
        {
            "id": "sc1",
            "traceId": "t1",
            "name": "thumbs",
            "value": 0,
            "source": "API",
            "comment": "wrong",
            "timestamp": "2025-06-06T00:00:00Z",
        }
    ],
}
ROOT: dict[str, Any] = {
    "id": "o1",
    "traceId": "t1",
    "parentObservationId": None,
    "type": "SPAN",
    "name": "answer",
    "startTime": "2025-06-05T15:45:53Z",
    "endTime": "2025-06-05T15:45:55Z",
    "level": "DEFAULT",
    "totalCost": 0,
    "inputUsage": 0,
    "usageDetails": {},
    "costDetails": {},
}
CALL: dict[str, Any] = {
    "id": "o2",
    "traceId": "t1",
    "parentObservationId": "o1",
    "type": "GENERATION",
    "name": "complete",
    "startTime": "2025-06-05T15:45:53.5Z",
    "endTime": "2025-06-05T15:45:54Z",
    "model": "m",
    "modelParameters": {"temperature": 0},
    "input": '{"args": ["What is it?"]}',
    "output": "An app.",
    "level": "ERROR",
    "statusMessage": "Rate limit",
    "promptName": "qa",
    "promptVersion": 3,
    "usageDetails": {"input": 10, "output": 4, "total": 14},
    "costDetails": {"input": 0.25, "output": 0.25, "total": 0.5},
    "totalCost": 0.5,
}
EXPORT: dict[str, Any] = {"trace": TRACE, "observations": [CALL, ROOT]}


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def _with(observation: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"trace": TRACE, "observations": [ROOT, {**observation, **fields}]}


def test_an_observation_is_a_span(read: Read) -> None:
    call = _span(read(langfuse.load, EXPORT), "o2")
    assert (call["trace_id"], call["parent_span_id"], call["kind"], call["operation"]) == ("t1", "o1", "LLM", "chat")
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (10, 4, 0.5)
    assert (call["status"], call["error_message"]) == ("ERROR", "Rate limit")
    assert (call["prompt_name"], call["prompt_version"], call["model"]) == ("qa", "3", "m")
    assert call["started_at"] == datetime(2025, 6, 5, 15, 45, 53, 500_000, tzinfo=UTC)
    assert call["duration_ms"] == 500.0
    assert (call["input"], call["output"]) == ('{"args": ["What is it?"]}', "An app.")
    assert call["attributes"]["modelParameters"] == {"temperature": 0}


def test_what_the_trace_says_is_on_every_span(read: Read, key: Callable[[str], str]) -> None:
    shared = read(langfuse.load, EXPORT).spans.select("session_id", "user_key", "release", "environment", "task")
    assert shared.rows() == [("s1", key("ann"), "1.2", "production", "answer")] * 2


def test_what_only_the_trace_says_is_on_the_root(read: Read, key: Callable[[str], str]) -> None:
    root = _span(read(langfuse.load, EXPORT), "o1")
    assert (root["input"], root["output"]) == ("What is it?", "An app.")
    assert root["attributes"]["trace"] == {
        "timestamp": TRACE["timestamp"],
        "version": "7",
        "tags": ["rag"],
        "metadata": {"tier": "gold", "user_id": key("ann")},
        "totalCost": 0.5,
    }


def test_a_zero_that_stands_for_nothing_is_absent(read: Read) -> None:
    loaded = read(langfuse.load, EXPORT)
    root = _span(loaded, "o1")
    assert (root["cost_usd"], root["input_tokens"], root["output_tokens"]) == (None, None, None)
    assert loaded.guessed["a cost of 0 without cost details is read as not recorded"] == 1


def test_a_zero_with_cost_details_is_free(read: Read) -> None:
    free = _with(CALL, costDetails={"total": 0}, totalCost=0)
    assert _span(read(langfuse.load, free), "o2")["cost_usd"] == 0


def test_a_user_id_in_metadata_and_texts_is_keyed(read: Read, key: Callable[[str], str]) -> None:
    said = '{"user_id": "ann", "message": "I am a user"}'
    export = _with(
        CALL, input=said, metadata={"attributes": {"user.id": "ann", "nested": json.dumps({"userId": "ann"})}}
    )
    loaded = read(langfuse.load, export)
    for column in ("input", "output", "attributes"):
        assert not loaded.spans[column].str.contains('ann"', literal=True).any()
    assert json.loads(_span(loaded, "o2")["input"]) == {"user_id": key("ann"), "message": "I am a user"}


def test_snake_case_and_camel_case_are_the_same(read: Read) -> None:
    def snake(record: dict[str, Any]) -> dict[str, Any]:
        return {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in record.items()}

    trace: dict[str, Any] = snake(TRACE) | {"scores": [snake(score) for score in TRACE["scores"]]}
    export = {"trace": trace, "observations": [snake(CALL), snake(ROOT)]}
    first, second = read(langfuse.load, EXPORT), read(langfuse.load, export)
    assert first.spans.drop("source").equals(second.spans.drop("source"))
    assert first.signals.drop("source").equals(second.signals.drop("source"))


@pytest.mark.parametrize(
    "content",
    [
        [EXPORT],
        orjson.dumps(EXPORT) + b"\n" + orjson.dumps({"trace": {**TRACE, "id": "t2", "scores": []}}) + b"\n",
        dict(TRACE, observations=[CALL, ROOT]),
        {"trace": dict(TRACE, observations=json.dumps([CALL, ROOT])), "observations": [CALL]},
        json.dumps(EXPORT, indent=2).encode(),
    ],
    ids=["array", "lines", "bare trace", "observations in a text too", "indented"],
)
def test_every_way_to_write_an_export_gives_the_same_spans(read: Read, content: Any) -> None:
    loaded = read(langfuse.load, content)
    assert not loaded.refused
    assert loaded.signals.height == 1
    assert set(loaded.spans.filter(trace_id="t1")["content_digest"]) == set(
        read(langfuse.load, EXPORT).spans["content_digest"]
    )


def test_lone_observations_and_scores_of_a_blob_export_are_read(read: Read) -> None:
    lines = b"\n".join(orjson.dumps(record) for record in (CALL, ROOT, TRACE["scores"][0]))
    loaded = read(langfuse.load, lines)
    assert (loaded.spans.height, loaded.signals.height, len(loaded.refused)) == (2, 1, 0)


def test_a_trace_without_observations_is_one_span(read: Read) -> None:
    loaded = read(langfuse.load, {"trace": {**TRACE, "latency": 2.5}, "observations": []})
    span = _span(loaded, "t1")
    assert (span["kind"], span["name"], span["input"], span["duration_ms"]) == (
        "UNKNOWN",
        "answer",
        "What is it?",
        2500.0,
    )


def test_a_span_that_puts_out_a_tool_message_is_guessed_to_be_a_tool(read: Read) -> None:
    message = {"type": "tool", "name": "search", "tool_call_id": "c1", "content": "no network", "status": "error"}
    loaded = read(langfuse.load, _with(CALL, type="SPAN", level="DEFAULT", output=json.dumps(message)))
    span = _span(loaded, "o2")
    assert (span["kind"], span["tool_name"], span["tool_call_id"]) == ("TOOL", "search", "c1")
    assert (span["status"], span["error_message"]) == ("ERROR", "no network")
    assert loaded.guessed["a SPAN whose output is a tool message is read as a tool call"] == 1


@pytest.mark.parametrize(
    ("kind", "metadata", "expected"),
    [
        ("SPAN", {}, "UNKNOWN"),
        ("EVENT", {}, "UNKNOWN"),
        ("SPAN", {"attributes": {"openinference.span.kind": "RETRIEVER"}}, "RETRIEVER"),
        ("SPAN", {"attributes": {"openinference.span.kind": "<script>"}}, "UNKNOWN"),
        ("AGENT", {"attributes": {"openinference.span.kind": "TOOL"}}, "AGENT"),
        ("NOVELTY", {}, "UNKNOWN"),
        ("EMBEDDING", {}, "EMBEDDING"),
    ],
)
def test_the_kind_is_the_type_or_what_the_metadata_says(read: Read, kind: str, metadata: Any, expected: str) -> None:
    span = _span(read(langfuse.load, _with(CALL, type=kind, metadata=metadata)), "o2")
    assert span["kind"] == expected
    assert span["attributes"].get("type") == (kind if kind == "NOVELTY" else None)


SCORES = [
    (
        {"source": "ANNOTATION", "value": 1, "dataType": "BOOLEAN", "stringValue": "True"},
        ("evaluation", "HUMAN", 1.0, "True"),
    ),
    ({"source": "EVAL", "value": 0.25, "dataType": "NUMERIC"}, ("evaluation", "LLM", 0.25, None)),
    ({"source": "API", "value": 0.5}, ("evaluation", "CODE", 0.5, None)),
    ({"source": "API", "name": "user-feedback", "value": 1}, ("feedback", "HUMAN", 1.0, None)),
    ({"source": "ANNOTATION", "dataType": "CATEGORICAL", "value": "bad"}, ("evaluation", "HUMAN", None, "bad")),
]


@pytest.mark.parametrize(("score", "expected"), SCORES)
def test_a_score_is_a_signal(read: Read, score: dict[str, Any], expected: tuple[Any, ...]) -> None:
    base = {"id": "x", "traceId": "t1", "name": "quality", "authorUserId": None}
    loaded = read(langfuse.load, {"trace": {**TRACE, "scores": [base | score]}, "observations": [ROOT]})
    assert loaded.signals.select("kind", "annotator_kind", "value", "label").row(0) == expected


def test_scores_say_what_they_are_about_and_who_said_it(read: Read, key: Callable[[str], str]) -> None:
    scores = [
        {"name": "a", "value": 1, "source": "EVAL", "observationId": "o2", "traceId": "t1"},
        {"name": "b", "value": 1, "source": "ANNOTATION", "sessionId": "s1", "authorUserId": "ben"},
        {"name": "c", "value": 1, "source": "EVAL"},
    ]
    loaded = read(langfuse.load, {"trace": {**TRACE, "scores": []}, "observations": [ROOT], "scores": scores})
    assert loaded.signals.select("target_kind", "target_id", "trace_id", "annotator").rows() == [
        ("span", "o2", "t1", None),
        ("trace", "t1", "t1", key("ben")),
        ("trace", "t1", "t1", None),
    ]
    alone = read(langfuse.load, scores[1] | {"id": "z"})
    assert alone.signals.select("target_kind", "target_id", "trace_id").row(0) == ("session", "s1", None)


def _bad(place: int, **fields: Any) -> dict[str, Any]:
    export = deepcopy(EXPORT)
    export["observations"][place] = {**export["observations"][place], **fields}
    return export


@pytest.mark.parametrize(
    ("export", "reason"),
    [
        (_bad(0, id=None), "no_id"),
        (_bad(0, startTime="noon"), "bad_time"),
        (_bad(0, endTime=12), "bad_time"),
        (_bad(0, usageDetails={"input": -1}), "wrong_type"),
        (_bad(0, usageDetails={"input": 1.5}), "wrong_type"),
        (_bad(0, costDetails={"total": "free"}), "wrong_type"),
        (_bad(0, name={"a": 1}), "wrong_type"),
        ({"trace": TRACE, "observations": [ROOT, 7]}, "wrong_type"),
    ],
)
def test_one_bad_observation_costs_one_record_and_no_neighbour(read: Read, export: Any, reason: str) -> None:
    loaded = read(langfuse.load, export)
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert (loaded.spans["span_id"].to_list(), loaded.signals.height) == (["o1"], 1)


@pytest.mark.parametrize("trace", [7, {"name": "no id"}, {"id": ["x"]}])
def test_a_bad_trace_costs_one_record_and_no_observation(read: Read, trace: Any) -> None:
    loaded = read(langfuse.load, {"trace": trace, "observations": [CALL, ROOT]})
    assert (loaded.spans.height, len(loaded.refused)) == (2, 1)


def test_a_bad_score_costs_one_record(read: Read) -> None:
    scores = [{"name": "a", "value": {}}, {"value": 1}, {"name": "ok", "value": 1, "source": "EVAL"}]
    loaded = read(langfuse.load, {"trace": {**TRACE, "scores": scores}, "observations": [ROOT]})
    assert (loaded.signals.height, [refused.reason for refused in loaded.refused]) == (1, ["wrong_type", "no_id"])


def test_a_repeated_key_costs_only_the_observation_that_has_it(read: Read) -> None:
    raw = orjson.dumps(EXPORT).replace(b'"model":"m"', b'"model":"m","model":"n"')
    loaded = read(langfuse.load, raw)
    assert loaded.spans["span_id"].to_list() == ["o1"]
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]


def test_a_bad_line_costs_one_record(read: Read) -> None:
    loaded = read(langfuse.load, b"garbage\n" + orjson.dumps(EXPORT) + b"\n" + b'{"trace": \n')
    assert loaded.spans.height == 2
    assert [(refused.offset, refused.piece, refused.reason) for refused in loaded.refused] == [
        (0, -1, "not_json"),
        (9 + len(orjson.dumps(EXPORT)), -1, "not_json"),
    ]


@pytest.mark.parametrize("raw", [b"{", b"not json", b'"text"', b'{"a": 1}', b"\xfe\xff"])
def test_what_is_no_export_is_one_refused_record(read: Read, raw: bytes) -> None:
    loaded = read(langfuse.load, raw)
    assert (loaded.spans.height, loaded.signals.height, len(loaded.refused)) == (0, 0, 1)


# Counted by hand in the files: observations, tool calls, tokens in, tokens out, models, session, scores
REAL = [
    ("agno-2025-06-11", 6, 1, 2936, 903, {"gpt-4o-mini"}, "35cc6c90-b657-4819-b66c-c931c03ad569", 0),
    ("claude-agent-2025-12-22", 7, 2, 34, 232, {"claude-sonnet-4-5-20250929"}, None, 3),
    ("crewai-2025-07-11", 6, 0, 190, 164, {"gpt-4o-mini"}, None, 2),
    ("google-adk-2025-08-28", 5, 1, 67, 9, {"gemini-2.0-flash"}, "demo-session", 2),
    ("langgraph-python-2025-08-22", 9, 1, 168, 66, {"gpt-4o-2024-08-06"}, None, 2),
    ("llamaindex-2025-06-05", 2, 0, 13, 81, {"gpt-4o"}, "session_abc", 0),
    ("openai-agents-2025-09-30", 5, 1, 140, 44, {"gpt-4.1-2025-04-14"}, None, 2),
    ("pydantic-ai-2025-06-06", 3, 0, 31, 96, {"gpt-4o"}, "session_abc", 1),
    ("pydantic-ai-with-gemini-2025-12-24", 1, 0, 40, 159, {"gemini-2.5-flash"}, None, 0),
    ("vercel-aisdk-2025-11-17", 3, 1, 76, 128, {"gpt-5"}, None, 2),
]


@pytest.mark.parametrize(("name", "n_spans", "n_tools", "n_in", "n_out", "models", "session", "n_scores"), REAL)
def test_real_exports_have_the_counts_of_a_hand_count(
    read: Read,
    shared_data: Path,
    name: str,
    n_spans: int,
    n_tools: int,
    n_in: int,
    n_out: int,
    models: set[str],
    session: str | None,
    n_scores: int,
) -> None:
    loaded = read(langfuse.load, _real(shared_data, name))
    spans = loaded.spans
    assert (spans.height, spans.filter(kind="TOOL").height, len(loaded.refused)) == (n_spans, n_tools, 0)
    assert (spans["input_tokens"].sum(), spans["output_tokens"].sum()) == (n_in, n_out)
    assert set(spans["model"].drop_nulls()) == models
    assert set(spans["session_id"]) == {session}
    assert spans.filter(status="ERROR").height == 0
    assert loaded.signals.height == n_scores
    assert spans["trace_id"].n_unique() == spans["parent_span_id"].null_count() == 1
    assert spans.filter(kind="LLM")["cost_usd"].null_count() == 0
    assert (
        spans.filter(pl.col("kind") != "LLM")["cost_usd"].null_count() == spans.filter(pl.col("kind") != "LLM").height
    )
    assert spans.filter(kind="TOOL")["tool_name"].null_count() == 0


def test_real_tools_keep_their_names(read: Read, shared_data: Path) -> None:
    names = {
        name: read(langfuse.load, _real(shared_data, name)).spans.filter(kind="TOOL")["tool_name"].unique().to_list()
        for name, _, n_tools, *_ in REAL
        if n_tools
    }
    assert names == {
        "agno-2025-06-11": ["duckduckgo_search"],
        "claude-agent-2025-12-22": ["mcp__weather__get_weather"],
        "google-adk-2025-08-28": ["say_hello"],
        "langgraph-python-2025-08-22": ["Web-Search"],
        "openai-agents-2025-09-30": ["get_weather"],
        "vercel-aisdk-2025-11-17": ["getWeather"],
    }


def test_a_real_correction_is_an_edit_with_the_text_that_was_kept(read: Read, shared_data: Path) -> None:
    signal = read(langfuse.load, _real(shared_data, "pydantic-ai-2025-06-06")).signals.row(0, named=True)
    assert (signal["kind"], signal["name"], signal["value"], signal["annotator_kind"]) == (
        "edit",
        "output",
        None,
        "HUMAN",
    )
    assert signal["comment"].startswith("Langfuse is a tool designed for observability")
    assert signal["annotator"].startswith("usr_")


def test_real_judgements_keep_value_and_comment(read: Read, shared_data: Path) -> None:
    signals = read(langfuse.load, _real(shared_data, "crewai-2025-07-11")).signals
    assert dict(signals.select("name", "value").rows()) == {"toxicity": 0.8, "hallucination": 1.0}
    assert set(signals["annotator_kind"]) == {"LLM"}
    assert signals["comment"].null_count() == 0


def test_no_real_user_id_is_left_under_a_known_name(read: Read, shared_data: Path) -> None:
    spans = read(langfuse.load, _real(shared_data, "google-adk-2025-08-28")).spans
    assert set(spans["user_key"].str.starts_with("usr_")) == {True}
    for column in ("input", "output", "attributes"):
        assert not spans[column].str.contains("demo-user").any()


def _real(shared_data: Path, name: str) -> Path:
    return shared_data / f"framework-traces/langfuse-export/{name}.trace.json"
