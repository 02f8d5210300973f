"""MLflow traces: what its client and its server write of one run, counted by hand."""

import json
from base64 import b64encode
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import mlflow
from workbench.loaders.source import HEAD_BYTES

Read = Callable[..., Any]

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
ROOT_ID, MODEL_ID, TOOL_ID, FAILED_ID = "00f067aa0ba902b7", "00f067aa0ba902b8", "00f067aa0ba902b9", "00f067aa0ba902ba"
START_NS = 1_772_359_200_000_000_000
"""2026-03-01T10:00:00Z."""
TRACEBACK = 'Traceback (most recent call last):\n  File "app.py", line 7, in find_case\nValueError: no docket'


def _base64(identity: str) -> str:
    return b64encode(bytes.fromhex(identity)).decode()


def _span(span_id: str, name: str, kind: str, ms: tuple[int, int], **fields: Any) -> dict[str, Any]:
    """Return a span as `Trace.to_json` has it; attributes are given as values."""
    attributes = {"mlflow.traceRequestId": f"tr-{TRACE_ID}", "mlflow.spanType": kind, **fields.pop("attributes", {})}
    return {
        "trace_id": _base64(TRACE_ID),
        "span_id": _base64(span_id),
        "parent_span_id": None if span_id == ROOT_ID else _base64(ROOT_ID),
        "name": name,
        "start_time_unix_nano": START_NS + ms[0] * 1_000_000,
        "end_time_unix_nano": START_NS + ms[1] * 1_000_000,
        "events": [],
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {name: json.dumps(value) for name, value in attributes.items()},
        "links": [],
        **fields,
    }


CALL = {"id": "c1", "type": "function", "function": {"name": "find_case", "arguments": '{"docket": "X1"}'}}
USAGE = {"input_tokens": 20, "output_tokens": 5, "total_tokens": 25}
SPANS = [
    _span(
        ROOT_ID,
        "summarise",
        "AGENT",
        (0, 900),
        attributes={"mlflow.spanInputs": {"question": "Find X1"}, "mlflow.spanOutputs": "It is closed."},
    ),
    _span(
        MODEL_ID,
        "Completions",
        "CHAT_MODEL",
        (100, 300),
        attributes={
            "mlflow.spanInputs": {"messages": [{"role": "user", "content": "Find X1"}], "model": "gpt-4o", "seed": 7},
            "mlflow.spanOutputs": {
                "choices": [
                    {
                        "finish_reason": "tool_calls",
                        "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
                    }
                ]
            },
            "mlflow.chat.tokenUsage": USAGE,
            "mlflow.llm.model": "gpt-4o-2024-08-06",
            "mlflow.llm.provider": "openai",
            "mlflow.llm.cost": {"input_cost": 0.01, "output_cost": 0.02, "total_cost": 0.03},
            "mlflow.linkedPrompts": [{"name": "case-summary", "version": "3"}],
            "retries": 2,
        },
    ),
    _span(
        TOOL_ID,
        "find_case_1",
        "TOOL",
        (300, 350),
        attributes={
            "mlflow.spanInputs": {"docket": "X1"},
            "mlflow.spanOutputs": {"state": "closed"},
            "mlflow.spanFunctionName": "find_case",
        },
    ),
    _span(
        FAILED_ID,
        "find_case_2",
        "TOOL",
        (350, 352),
        attributes={"mlflow.spanInputs": {"docket": "bad"}, "mlflow.spanFunctionName": "find_case"},
        status={"code": "STATUS_CODE_ERROR", "message": "ValueError: no docket"},
        events=[
            {
                "name": "exception",
                "time_unix_nano": START_NS + 351_000_000,
                "attributes": {
                    "exception.message": "no docket",
                    "exception.type": "ValueError",
                    "exception.stacktrace": TRACEBACK,
                },
            }
        ],
    ),
]
JUDGED_AT = "2026-03-01T10:05:00.500Z"


def _assessment(name: str, source: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {
        "assessment_id": f"a-{name}",
        "assessment_name": name,
        "trace_id": f"tr-{TRACE_ID}",
        "source": {"source_type": source[0], "source_id": source[1]},
        "create_time": JUDGED_AT,
        "last_update_time": JUDGED_AT,
        "valid": True,
        **fields,
    }


ASSESSMENTS = [
    _assessment("thumb", ("HUMAN", "ann"), feedback={"value": False}, rationale="wrong court"),
    _assessment("relevance", ("LLM_JUDGE", "gpt-4o"), feedback={"value": 0.5}, span_id=TOOL_ID, metadata={"k": "v"}),
    _assessment("tone", ("CODE", "rules"), feedback={"value": "good"}),
    _assessment(
        "expected",
        ("HUMAN", "default"),
        expectation={"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '{"court": "Federal"}'}},
    ),
]
INFO: dict[str, Any] = {
    "trace_id": f"tr-{TRACE_ID}",
    "client_request_id": "req-1",
    "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "1"}},
    "request_time": "2026-03-01T10:00:00.000Z",
    "state": "OK",
    "trace_metadata": {
        "mlflow.trace.session": "s1",
        "mlflow.trace.user": "ann",
        "mlflow.user": "root",
        "mlflow.modelId": "m-7",
        "mlflow.traceInputs": '{"question": "Find X1"}',
        "mlflow.traceOutputs": '"It is closed."',
        "mlflow.trace.tokenUsage": json.dumps(USAGE),
        "mlflow.trace.cost": '{"total_cost": 0.03}',
    },
    "tags": {"mlflow.traceName": "summarise", "env": "prod"},
    "request_preview": '{"question": "Find X1"}',
    "response_preview": '"It is closed."',
    "execution_duration_ms": 900,
    "assessments": ASSESSMENTS,
}
TRACE: dict[str, Any] = {"info": INFO, "data": {"spans": SPANS}}


def _row(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def _at(ms: float) -> datetime:
    return datetime(2026, 3, 1, 10, 0, 0, int(ms * 1000), tzinfo=UTC)


def test_a_span_has_the_ids_that_it_would_have_in_otlp(read: Read) -> None:
    loaded = read(mlflow.load, TRACE)
    assert loaded.refused == []
    columns = ("span_id", "trace_id", "parent_span_id", "kind", "operation", "name", "status")
    assert loaded.spans.select(columns).rows() == [
        (ROOT_ID, TRACE_ID, None, "AGENT", "invoke_agent", "summarise", "OK"),
        (MODEL_ID, TRACE_ID, ROOT_ID, "LLM", "chat", "Completions", "OK"),
        (TOOL_ID, TRACE_ID, ROOT_ID, "TOOL", "execute_tool", "find_case_1", "OK"),
        (FAILED_ID, TRACE_ID, ROOT_ID, "TOOL", "execute_tool", "find_case_2", "ERROR"),
    ]
    root = _row(loaded, ROOT_ID)
    assert (root["started_at"], root["ended_at"], root["duration_ms"]) == (_at(0), _at(900), 900.0)


def test_what_the_info_says_is_on_every_span(read: Read, key: Callable[[str], str]) -> None:
    shared = read(mlflow.load, TRACE).spans.select("session_id", "user_key", "release", "task").unique()
    assert shared.rows() == [("s1", key("ann"), "m-7", "summarise")]


def test_tier_and_environment_are_known_where_a_tag_names_them(read: Read) -> None:
    info = {**INFO, "tags": {**INFO["tags"], "user_tier": "gold", "environment": "production"}}
    for spans in (SPANS, []):
        loaded = read(mlflow.load, {"info": info, "data": {"spans": spans}})
        assert loaded.spans.select("user_tier", "environment").unique().rows() == [("gold", "production")]


def test_totals_stay_with_the_root_and_nothing_is_counted_twice(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(mlflow.load, TRACE)
    assert (loaded.spans["input_tokens"].sum(), loaded.spans["output_tokens"].sum()) == (20, 5)
    assert loaded.spans["cost_usd"].sum() == 0.03
    assert _row(loaded, ROOT_ID)["attributes"]["trace"] == {
        "client_request_id": "req-1",
        "trace_location": INFO["trace_location"],
        "request_time": "2026-03-01T10:00:00.000Z",
        "state": "OK",
        "execution_duration_ms": 900,
        "trace_metadata": {
            "mlflow.user": key("root"),
            "mlflow.trace.tokenUsage": json.dumps(USAGE),
            "mlflow.trace.cost": '{"total_cost": 0.03}',
        },
        "tags": {"env": "prod"},
    }


def test_a_model_call_has_messages_model_tokens_cost_and_prompt(read: Read) -> None:
    call = _row(read(mlflow.load, TRACE), MODEL_ID)
    assert (call["model"], call["provider"], call["finish_reason"]) == ("gpt-4o-2024-08-06", "openai", "tool_calls")
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (20, 5, 0.03)
    assert (call["prompt_name"], call["prompt_version"]) == ("case-summary", "3")
    assert orjson.loads(call["input"]) == [{"role": "user", "content": "Find X1"}]
    assert orjson.loads(call["output"]) == {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert call["attributes"]["inputs"] == {"model": "gpt-4o", "seed": 7}
    assert (call["attributes"]["retries"], call["attributes"]["mlflow.spanType"]) == (2, "CHAT_MODEL")
    assert call["attributes"]["mlflow.chat.tokenUsage"] == USAGE


def test_a_tool_call_has_arguments_result_and_the_name_without_its_number(read: Read) -> None:
    loaded = read(mlflow.load, TRACE)
    tool, failed = _row(loaded, TOOL_ID), _row(loaded, FAILED_ID)
    assert (tool["tool_name"], tool["input"], tool["output"]) == ("find_case", '{"docket":"X1"}', '{"state":"closed"}')
    assert (failed["tool_name"], failed["output"]) == ("find_case", None)
    assert (failed["error_type"], failed["error_message"]) == ("ValueError", "no docket")
    assert failed["attributes"]["span"]["events"][0]["attributes"]["exception.stacktrace"] == TRACEBACK


def test_a_usage_that_encloses_others_is_not_counted(read: Read) -> None:
    trace = deepcopy(TRACE)
    total = {"input_tokens": 40, "output_tokens": 9}
    trace["data"]["spans"][0]["attributes"]["mlflow.chat.tokenUsage"] = json.dumps(total)
    trace["data"]["spans"][2]["attributes"]["mlflow.chat.tokenUsage"] = json.dumps(USAGE)
    loaded = read(mlflow.load, trace)
    assert loaded.spans["input_tokens"].to_list() == [None, 20, 20, None]
    assert (
        loaded.guessed["tokens or cost of a span that encloses spans with theirs are sums: they stay in the attributes"]
        == 1
    )
    assert _row(loaded, ROOT_ID)["attributes"]["mlflow.chat.tokenUsage"] == total


def test_a_usage_that_encloses_nothing_counts_whatever_the_span(read: Read) -> None:
    root = deepcopy(SPANS[0])
    root["attributes"]["mlflow.chat.tokenUsage"] = json.dumps(USAGE)
    loaded = read(mlflow.load, {"info": INFO, "data": {"spans": [root]}})
    assert loaded.spans.select("input_tokens", "output_tokens").row(0) == (20, 5)


def _wrapped(value: Any) -> dict[str, Any]:
    """Return a value as OTLP's JSON wraps it."""
    if isinstance(value, dict):
        return {"kvlist_value": {"values": _attributes(value)}}
    if isinstance(value, list):
        return {"array_value": {"values": [_wrapped(entry) for entry in value]}}
    if value is None:
        return {}
    names = {bool: "bool_value", int: "int_value", float: "double_value"}
    return {names.get(type(value), "string_value"): str(value) if type(value) is int else value}


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _wrapped(value)} for name, value in values.items()]


def _served(span: dict[str, Any]) -> dict[str, Any]:
    """Return a span as the server answers it."""
    served = {name: value for name, value in span.items() if value not in (None, [])}
    attributes = {name: json.loads(value) for name, value in span["attributes"].items()}
    events = [{**event, "attributes": _attributes(event["attributes"])} for event in span["events"]]
    return {**served, "attributes": _attributes(attributes)} | ({"events": events} if events else {})


def _in_hex(span: dict[str, Any]) -> dict[str, Any]:
    """Return a span as MLflow 3.5 had it: ids in hex, status by its plain name."""
    parent = None if span["parent_span_id"] is None else ROOT_ID
    span_id = next(
        identity for identity in (ROOT_ID, MODEL_ID, TOOL_ID, FAILED_ID) if _base64(identity) == span["span_id"]
    )
    status = {**span["status"], "code": span["status"]["code"].removeprefix("STATUS_CODE_")}
    return {**span, "trace_id": f"tr-{TRACE_ID}", "span_id": span_id, "parent_span_id": parent, "status": status}


def _in_schema_2(span: dict[str, Any]) -> dict[str, Any]:
    new = _in_hex(span)
    return {
        "name": new["name"],
        "context": {"span_id": f"0x{new['span_id']}", "trace_id": f"0x{TRACE_ID}"},
        "parent_id": new["parent_span_id"] and f"0x{new['parent_span_id']}",
        "start_time": new["start_time_unix_nano"],
        "end_time": new["end_time_unix_nano"],
        "status_code": new["status"]["code"],
        "status_message": new["status"]["message"],
        "attributes": new["attributes"],
        "events": [
            {"name": event["name"], "timestamp": event["time_unix_nano"], "attributes": event["attributes"]}
            for event in new["events"]
        ],
    }


def _pairs(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in fields.items()]


INFO_2 = {
    "request_id": f"tr-{TRACE_ID}",
    "experiment_id": "1",
    "timestamp_ms": START_NS // 1_000_000,
    "execution_time_ms": 900,
    "status": "OK",
    "request_metadata": INFO["trace_metadata"],
    "tags": INFO["tags"],
    "assessments": ASSESSMENTS,
}
SERVED = {"trace_info": {**INFO, "execution_duration": "0.900s"}, "spans": [_served(span) for span in SPANS]}
FORMS: dict[str, Any] = {
    "array": [TRACE],
    "lines": b"%s\n%s\n" % (orjson.dumps(TRACE), orjson.dumps({**TRACE, "info": {**INFO, "trace_id": "other"}})),
    "server, one": {"trace": SERVED},
    "server, many": {"traces": [SERVED]},
    "info as the server has it, spans as exported": {"info": SERVED["trace_info"], "data": TRACE["data"]},
    "ids in hex": {"info": INFO, "data": {"spans": [_in_hex(span) for span in SPANS]}},
    "schema 2": {"info": INFO_2, "data": {"spans": [_in_schema_2(span) for span in SPANS]}},
    "schema 2, server": {
        "info": {**INFO_2, "request_metadata": _pairs(INFO["trace_metadata"]), "tags": _pairs(INFO["tags"])},
        "data": TRACE["data"],
    },
    "table with the trace as text": {"trace_id": "tr", "trace": json.dumps(TRACE), "state": "OK", "spans": SPANS},
    "table": {
        **INFO,
        "request_time": 1,
        "request": {"question": "Find X1"},
        "response": "It is closed.",
        "spans": SPANS,
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_write_a_trace_gives_the_same_columns(read: Read, form: str) -> None:
    loaded, expected = read(mlflow.load, FORMS[form]), read(mlflow.load, TRACE)
    assert loaded.refused == []
    beside = ("attributes", "content_digest", "source")
    assert loaded.spans.filter(trace_id=TRACE_ID).drop(beside).equals(expected.spans.drop(beside))
    assert loaded.signals.filter(trace_id=TRACE_ID).drop("source").equals(expected.signals.drop("source"))


def test_spans_kept_as_an_artifact_are_read_without_an_info(read: Read) -> None:
    loaded = read(mlflow.load, {"spans": SPANS})
    assert loaded.spans["trace_id"].unique().to_list() == [TRACE_ID]
    assert loaded.spans["session_id"].null_count() == loaded.spans.height == 4
    alone = read(mlflow.load, SPANS[1])
    assert alone.spans["input_tokens"].to_list() == [20]


def test_another_id_of_the_trace_is_kept(read: Read) -> None:
    loaded = read(mlflow.load, {"info": {**INFO, "trace_id": "request-7"}, "data": TRACE["data"]})
    assert loaded.spans["trace_id"].unique().to_list() == ["request-7"]
    assert _row(loaded, ROOT_ID)["attributes"]["span"] == {"trace_id": TRACE_ID}
    assert loaded.signals["trace_id"].unique().to_list() == ["request-7"]


def test_a_trace_whose_spans_are_not_there_is_one_span(read: Read) -> None:
    info = {**INFO, "trace_metadata": {"mlflow.trace.user": "ann"}, "execution_duration": "0.5s"}
    info.pop("execution_duration_ms")
    loaded = read(mlflow.load, {"traces": [info]})
    span = _row(loaded, TRACE_ID)
    assert (span["kind"], span["name"], span["status"]) == ("UNKNOWN", "summarise", "OK")
    assert (span["input"], span["output"]) == ('{"question":"Find X1"}', "It is closed.")
    assert (span["started_at"], span["duration_ms"]) == (_at(0), 500.0)
    assert loaded.signals.height == 4


def test_a_trace_that_is_under_way_is_refused_until_it_is_over(read: Read) -> None:
    loaded = read(mlflow.load, {"info": {**INFO, "state": "IN_PROGRESS"}, "data": {"spans": []}})
    assert ([refused.reason for refused in loaded.refused], loaded.spans.height) == (["unfinished"], 0)


def test_a_prompt_linked_to_the_trace_is_the_roots(read: Read) -> None:
    linked = json.dumps([{"name": "qa", "version": "1"}])
    loaded = read(mlflow.load, {"info": {**INFO, "tags": {"mlflow.linkedPrompts": linked}}, "data": TRACE["data"]})
    assert loaded.spans["prompt_name"].to_list() == ["qa", "case-summary", None, None]
    several = json.dumps([{"name": "qa", "version": "1"}, {"name": "qa", "version": "2"}])
    loaded = read(mlflow.load, {"info": {**INFO, "tags": {"mlflow.linkedPrompts": several}}, "data": TRACE["data"]})
    assert loaded.spans["prompt_name"].to_list() == [None, "case-summary", None, None]
    assert loaded.guessed["of several linked prompts none is the span's own: they stay in the attributes"] == 1
    assert _row(loaded, ROOT_ID)["attributes"]["trace"]["tags"] == {"mlflow.linkedPrompts": several}


@pytest.mark.parametrize(
    ("said", "kind"),
    [("WORKFLOW", "CHAIN"), ("TASK", "CHAIN"), ("GUARDRAIL", "GUARDRAIL"), ("PARSER", "UNKNOWN"), ("own", "UNKNOWN")],
)
def test_the_kind_is_the_span_type_in_openinferences_words(read: Read, said: str, kind: str) -> None:
    span = _row(read(mlflow.load, {"spans": [_span(ROOT_ID, "s", said, (0, 1))]}), ROOT_ID)
    assert (span["kind"], span["attributes"].get("mlflow.spanType")) == (kind, None if kind == said else said)


def test_a_span_of_another_instrumentation_says_what_it_says_in_its_own_words(read: Read) -> None:
    attributes = {
        "openinference.span.kind": "LLM",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 3,
        "llm.cost.total": 0.5,
        "user.id": "ben",
        "session.id": "s2",
    }
    span = _row(read(mlflow.load, {"spans": [_span(ROOT_ID, "s", "UNKNOWN", (0, 1), attributes=attributes)]}), ROOT_ID)
    assert (span["kind"], span["model"], span["input_tokens"], span["cost_usd"]) == ("LLM", "m", 3, 0.5)
    assert (span["session_id"], span["user_key"][:4]) == ("s2", "usr_")


def test_an_assessment_is_a_signal(read: Read, key: Callable[[str], str]) -> None:
    signals = read(mlflow.load, TRACE).signals
    columns = ("target_kind", "target_id", "kind", "name", "value", "label", "annotator_kind", "annotator")
    assert signals.select(columns).rows() == [
        ("trace", TRACE_ID, "feedback", "thumb", 0.0, None, "HUMAN", key("ann")),
        ("span", TOOL_ID, "evaluation", "relevance", 0.5, None, "LLM", "gpt-4o"),
        ("trace", TRACE_ID, "evaluation", "tone", None, "good", "CODE", "rules"),
        ("trace", TRACE_ID, "evaluation", "expected", None, None, "HUMAN", None),
    ]
    assert signals["comment"].to_list() == ["wrong court", None, None, None]
    assert signals["trace_id"].unique().to_list() == [TRACE_ID]
    assert signals["at"].unique().to_list() == [datetime(2026, 3, 1, 10, 5, 0, 500_000, tzinfo=UTC)]
    kept = [orjson.loads(text) for text in signals["attributes"]]
    assert kept[1]["metadata"] == {"k": "v"}
    assert kept[3]["expectation"] == {"court": "Federal"}


def test_a_verdict_that_was_pushed_comes_back_as_no_users_feedback(read: Read) -> None:
    assessment = {
        "assessment_name": "verdict",
        "trace_id": f"tr-{TRACE_ID}",
        "source": {"source_type": "HUMAN", "source_id": "Ann"},
        "feedback": {"value": "rejected"},
        "rationale": "wrong",
    }
    for metadata, kind in (({}, "feedback"), ({"workbench_verdict": "{}"}, "evaluation")):
        (signal,) = read(mlflow.load, assessment | {"metadata": metadata}).signals.to_dicts()
        assert (signal["kind"], signal["annotator_kind"], signal["comment"]) == (kind, "HUMAN", "wrong")


def test_an_assessment_that_is_overridden_counts_for_nothing_and_is_kept(read: Read) -> None:
    loaded = read(mlflow.load, {**ASSESSMENTS[0], "valid": False})
    signal = loaded.signals.row(0, named=True)
    assert (signal["kind"], signal["value"], signal["comment"]) == ("evaluation", None, None)
    kept = orjson.loads(signal["attributes"])
    assert (kept["feedback"], kept["rationale"], kept["valid"]) == ({"value": False}, "wrong court", False)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"metadata": {"mlflow.trace.session": "s1"}}, ("session", "s1", None)),
        ({"span_id": "0x" + TOOL_ID}, ("span", TOOL_ID, TRACE_ID)),
        ({}, ("trace", TRACE_ID, TRACE_ID)),
    ],
)
def test_an_assessment_alone_says_what_it_is_about(read: Read, fields: Any, expected: tuple[Any, ...]) -> None:
    loaded = read(mlflow.load, {**ASSESSMENTS[0], **fields})
    assert loaded.signals.select("target_kind", "target_id", "trace_id").row(0) == expected


@pytest.mark.parametrize(
    "feedback", [{"value": {"a": 1}}, {"value": [1, 2]}, {"value": None, "error": {"error_code": "E"}}]
)
def test_a_feedback_that_no_column_holds_stays_whole(read: Read, feedback: Any) -> None:
    signal = read(mlflow.load, {**ASSESSMENTS[1], "feedback": feedback}).signals.row(0, named=True)
    assert (signal["value"], signal["label"], orjson.loads(signal["attributes"])["feedback"]) == (None, None, feedback)


def test_a_table_is_told_though_its_first_trace_is_longer_than_what_is_looked_at() -> None:
    row = {"trace_id": f"tr-{TRACE_ID}", "trace": json.dumps({**TRACE, "padding": "x" * HEAD_BYTES}), "state": "OK"}
    assert mlflow.recognises(json.dumps(row).encode()[:HEAD_BYTES])


def test_parquet_tables_of_traces_are_read(read: Read, tmp_path: Path) -> None:
    pl.DataFrame({"trace_id": ["x"], "trace": [json.dumps(TRACE)]}).write_parquet(tmp_path / "traces.parquet")
    loaded = read(mlflow.load, tmp_path / "traces.parquet")
    assert (loaded.spans.height, loaded.signals.height, len(loaded.refused)) == (4, 4, 0)


BAD: list[tuple[dict[str, Any] | int, str]] = [
    (7, "wrong_type"),
    ({"span_id": None}, "no_id"),
    ({"start_time_unix_nano": "noon"}, "bad_time"),
    ({"end_time_unix_nano": True}, "bad_time"),
    ({"attributes": "x"}, "wrong_type"),
    ({"attributes": [{"value": 1}]}, "wrong_type"),
    ({"attributes": {"mlflow.chat.tokenUsage": '{"input_tokens": -1}'}}, "wrong_type"),
    ({"attributes": {"mlflow.llm.cost": '{"total_cost": "free"}'}}, "wrong_type"),
    ({"name": {"a": 1}}, "wrong_type"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_one_bad_span_costs_one_record_and_no_neighbour(read: Read, change: Any, reason: str) -> None:
    bad = {**SPANS[1], **change} if isinstance(change, dict) else change
    for content in (
        {"info": INFO, "data": {"spans": [SPANS[0], bad, SPANS[2]]}},
        {"traces": [{"trace_info": INFO, "spans": [SPANS[0], bad, SPANS[2]]}]},
    ):
        loaded = read(mlflow.load, content)
        assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [(reason, bad)]
        assert (loaded.spans["span_id"].to_list(), loaded.signals.height) == ([ROOT_ID, TOOL_ID], 4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"assessment_name": None}, "no_id"),
        ({"create_time": "noon"}, "bad_time"),
        ({"feedback": {"value": float("inf")}}, "wrong_type"),
        ({"rationale": {"a": 1}}, "wrong_type"),
        (7, "wrong_type"),
    ],
)
def test_one_bad_assessment_costs_one_record(read: Read, change: Any, reason: str) -> None:
    bad = {**ASSESSMENTS[1], **change} if isinstance(change, dict) else change
    info = {**INFO, "assessments": [ASSESSMENTS[0], bad]}
    loaded = read(mlflow.load, json.dumps({"info": info, "data": {"spans": SPANS}}).encode())
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert (loaded.spans.height, loaded.signals.height) == (4, 1)


@pytest.mark.parametrize("info", [7, {"state": "OK"}, {"trace_id": ["x"]}])
def test_a_bad_info_costs_one_record_and_no_span(read: Read, info: Any) -> None:
    loaded = read(mlflow.load, {"info": info, "data": {"spans": SPANS}})
    assert (loaded.spans.height, [orjson.loads(refused.raw) for refused in loaded.refused]) == (4, [info])
    assert loaded.spans["trace_id"].unique().to_list() == [TRACE_ID]


def test_a_repeated_key_costs_only_the_span_that_has_it(read: Read) -> None:
    raw = orjson.dumps(TRACE).replace(b'"name":"Completions"', b'"name":"Completions","name":"x"')
    loaded = read(mlflow.load, raw)
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]
    assert (loaded.spans.height, loaded.signals.height) == (3, 4)


def test_a_bad_line_costs_one_record(read: Read) -> None:
    loaded = read(mlflow.load, b'{"info": \n' + orjson.dumps(TRACE) + b'\n{"a": 1}\n')
    assert [refused.reason for refused in loaded.refused] == ["not_json", "wrong_type"]
    assert loaded.spans.height == 4


def test_spans_in_a_circle_lose_nothing(read: Read) -> None:
    first, second = deepcopy(SPANS[1]), deepcopy(SPANS[1])
    first["parent_span_id"], second["span_id"] = _base64(TOOL_ID), _base64(TOOL_ID)
    second["parent_span_id"] = first["span_id"]
    loaded = read(mlflow.load, {"spans": [first, second]})
    assert (loaded.spans.height, loaded.spans["input_tokens"].to_list()) == (2, [None, None])


@pytest.mark.parametrize("form", ["client", "server, one", "schema 2", "no spans"])
def test_a_word_in_any_place_is_found_again(lost: Callable[..., list[tuple[Any, ...]]], form: str) -> None:
    """A word that the loader passed over, because it knew the field and not the word, was nowhere."""
    no_spans = {"info": INFO, "data": {"spans": []}}
    assert lost(mlflow.load, {**FORMS, "client": TRACE, "no spans": no_spans}[form]) == []
