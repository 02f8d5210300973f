"""LangSmith exports: runs and feedback as its SDK and its API write them, counted by hand."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import langsmith
from workbench.loaders.langsmith.errors import read_error
from workbench.loaders.source import HEAD_BYTES

Read = Callable[..., Any]

ROOT_ID, MODEL_ID, TOOL_ID, FAILED_ID, DOCS_ID = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(1, 6))
PROJECT = "99999999-0000-7000-8000-000000000000"


def _serialized(kind: str, **kwargs: Any) -> dict[str, Any]:
    """Return a message as LangChain's tracer serializes it."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind], "kwargs": kwargs}


def _run(run_id: str, run_type: str, name: str, seconds: tuple[float, float], **fields: Any) -> dict[str, Any]:
    start, end = (f"2026-03-01T10:00:{second:06.3f}+00:00" for second in seconds)
    order = f"20260301T100000000000Z{ROOT_ID}"
    return {
        "id": run_id,
        "trace_id": ROOT_ID,
        "parent_run_id": None if run_id == ROOT_ID else ROOT_ID,
        "dotted_order": order if run_id == ROOT_ID else f"{order}.20260301T100001000000Z{run_id}",
        "name": name,
        "run_type": run_type,
        "start_time": start,
        "end_time": end,
        "status": "success",
        "error": None,
        "session_id": PROJECT,
        "extra": {"metadata": {"thread_id": "th-1", "user_id": "ann", "revision_id": "r7"}},
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 0,
        "total_cost": None,
        **fields,
    }


CALL = {"name": "find_case", "args": {"docket": "X1"}, "id": "c1", "type": "tool_call"}
ANSWER = _serialized(
    "AIMessage",
    content="",
    type="ai",
    id="m1",
    tool_calls=[CALL],
    invalid_tool_calls=[],
    usage_metadata={"input_tokens": 20, "output_tokens": 5, "total_tokens": 25},
    response_metadata={"finish_reason": "tool_calls", "model_name": "gpt-4o-2024-08-06"},
)
TRACEBACK = (
    "ValueError('no docket')Traceback (most recent call last):\n\n\n"
    '  File "app/tools.py", line 7, in find_case\n    raise ValueError("no docket")\n\n\nValueError: no docket'
)
ROOT = _run(
    ROOT_ID,
    "chain",
    "LangGraph",
    (0, 9),
    inputs={"messages": [{"type": "human", "content": "Find X1", "additional_kwargs": {}, "id": "h1"}]},
    outputs={"output": "It is closed."},
    total_tokens=60,
    prompt_tokens=50,
    completion_tokens=10,
    total_cost="0.0030",
    tags=["rag"],
    feedback_stats={"user_score": {"n": 1, "avg": 0.0}},
)
MODEL = _run(
    MODEL_ID,
    "llm",
    "ChatOpenAI",
    (1, 3),
    inputs={
        "messages": [
            [_serialized("SystemMessage", content="Be brief."), _serialized("HumanMessage", content="Find X1")]
        ]
    },
    outputs={"generations": [[{"text": "", "message": ANSWER, "type": "ChatGeneration"}]], "llm_output": None},
    prompt_tokens=20,
    completion_tokens=5,
    total_tokens=25,
    total_cost="0.0010",
    extra={
        "invocation_params": {"model": "gpt-4o", "temperature": 0},
        "metadata": {
            **ROOT["extra"]["metadata"],
            "ls_model_name": "gpt-4o",
            "ls_provider": "openai",
            "lc_hub_repo": "case-summary",
            "lc_hub_commit_hash": "0a1b2c",
        },
    },
)
TOOL = _run(
    TOOL_ID,
    "tool",
    "find_case",
    (3, 4),
    inputs={"docket": "X1"},
    outputs={
        "output": {"content": "closed", "type": "tool", "name": "find_case", "tool_call_id": "c1", "status": "success"}
    },
)
FAILED = _run(
    FAILED_ID,
    "tool",
    "find_case",
    (4, 4.5),
    inputs={"input": "{'docket': 'bad'}"},
    outputs=None,
    status="error",
    error=TRACEBACK,
    extra={"tool_call_id": "c2", "metadata": {"thread_id": "th-1", "user_id": "ann"}},
)
DOCS = _run(
    DOCS_ID,
    "retriever",
    "Retriever",
    (5, 5.25),
    inputs={"query": "X1"},
    outputs={"documents": [{"page_content": "d", "metadata": {"a": 1}, "type": "Document"}]},
)
RUNS = [ROOT, MODEL, TOOL, FAILED, DOCS]
FEEDBACK: dict[str, Any] = {
    "id": "f1",
    "run_id": ROOT_ID,
    "trace_id": ROOT_ID,
    "session_id": PROJECT,
    "key": "user_score",
    "score": 0,
    "value": None,
    "comment": "wrong court",
    "correction": {"desired": "Federal"},
    "created_at": "2026-03-01T10:05:00+00:00",
    "modified_at": "2026-03-01T10:06:00+00:00",
    "feedback_source": {"type": "api", "metadata": {"page": 2}, "user_id": "ann", "user_name": "Ann Lee"},
}


def _lines(records: list[Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def _at(second: float) -> datetime:
    return datetime(2026, 3, 1, 10, 0, int(second), int(second % 1 * 1_000_000), tzinfo=UTC)


def test_a_run_is_a_span_with_its_place_in_the_trace_and_its_times(read: Read) -> None:
    loaded = read(langsmith.load, _lines(RUNS))
    assert loaded.refused == []
    assert loaded.spans.select("span_id", "trace_id", "parent_span_id", "kind", "operation", "name").rows() == [
        (ROOT_ID, ROOT_ID, None, "CHAIN", None, "LangGraph"),
        (MODEL_ID, ROOT_ID, ROOT_ID, "LLM", "chat", "ChatOpenAI"),
        (TOOL_ID, ROOT_ID, ROOT_ID, "TOOL", "execute_tool", "find_case"),
        (FAILED_ID, ROOT_ID, ROOT_ID, "TOOL", "execute_tool", "find_case"),
        (DOCS_ID, ROOT_ID, ROOT_ID, "RETRIEVER", "retrieval", "Retriever"),
    ]
    failed = _span(loaded, FAILED_ID)
    assert (failed["started_at"], failed["ended_at"], failed["duration_ms"]) == (_at(4), _at(4.5), 500.0)
    assert loaded.spans["time_known"].all()


def test_the_conversation_is_the_session_and_the_project_is_not(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(langsmith.load, _lines(RUNS))
    assert loaded.spans.select("session_id", "user_key").unique().rows() == [("th-1", key("ann"))]
    assert _span(loaded, ROOT_ID)["attributes"]["session_id"] == PROJECT
    assert _span(loaded, ROOT_ID)["release"] == "r7"


def test_tier_and_environment_are_known_where_the_metadata_names_them(read: Read) -> None:
    metadata = {"user_tier": "gold", "environment": "production"}
    loaded = read(langsmith.load, [{**ROOT, "extra": {"metadata": metadata}}])
    assert loaded.spans.select("user_tier", "environment").row(0) == ("gold", "production")


@pytest.mark.parametrize("name", ["thread_id", "session_id", "conversation_id"])
def test_each_name_of_a_conversation_is_known(read: Read, name: str) -> None:
    assert _span(read(langsmith.load, [{**ROOT, "extra": {"metadata": {name: 7}}}]), ROOT_ID)["session_id"] == "7"


def test_a_model_call_has_messages_model_tokens_cost_and_prompt(read: Read) -> None:
    call = _span(read(langsmith.load, _lines(RUNS)), MODEL_ID)
    assert (call["model"], call["provider"], call["finish_reason"]) == ("gpt-4o-2024-08-06", "openai", "tool_calls")
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (20, 5, 0.001)
    assert (call["prompt_name"], call["prompt_version"], call["status"]) == ("case-summary", "0a1b2c", "OK")
    assert orjson.loads(call["input"]) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Find X1"},
    ]
    function = {"name": "find_case", "arguments": '{"docket":"X1"}'}
    assert orjson.loads(call["output"]) == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    said = call["attributes"]["outputs"]["generations"]["message"]
    assert said == {name: ANSWER["kwargs"][name] for name in ("id", "usage_metadata", "response_metadata")}
    assert call["attributes"]["extra"]["invocation_params"] == {"model": "gpt-4o", "temperature": 0}


def test_sums_over_model_calls_are_not_counted_again(read: Read) -> None:
    loaded = read(langsmith.load, _lines(RUNS))
    assert (loaded.spans["input_tokens"].sum(), loaded.spans["output_tokens"].sum()) == (20, 5)
    assert loaded.spans["cost_usd"].sum() == 0.001
    root = _span(loaded, ROOT_ID)
    assert (root["attributes"]["total_tokens"], root["attributes"]["total_cost"]) == (60, "0.0030")
    assert (
        loaded.guessed["tokens and cost of a run that calls no model are sums over others: they stay in the attributes"]
        == 1
    )
    assert root["attributes"]["feedback_stats"] == ROOT["feedback_stats"]
    assert root["attributes"]["tags"] == ["rag"]


def test_a_chain_that_takes_messages_shows_them_as_a_model_call_does(read: Read) -> None:
    root = _span(read(langsmith.load, _lines(RUNS)), ROOT_ID)
    assert (root["input"], root["output"]) == ('[{"role":"user","content":"Find X1"}]', "It is closed.")
    assert root["attributes"]["inputs"] == {"messages": [{"id": "h1"}]}


def test_a_tool_call_has_arguments_result_name_and_call(read: Read) -> None:
    loaded = read(langsmith.load, _lines(RUNS))
    tool, failed = _span(loaded, TOOL_ID), _span(loaded, FAILED_ID)
    assert (tool["tool_name"], tool["tool_call_id"], tool["input"], tool["output"]) == (
        *("find_case", "c1"),
        *('{"docket":"X1"}', "closed"),
    )
    assert (failed["tool_call_id"], failed["input"], failed["output"]) == ("c2", "{'docket': 'bad'}", None)
    assert (failed["status"], failed["error_type"], failed["error_message"]) == ("ERROR", "ValueError", "no docket")
    assert failed["attributes"]["error"] == TRACEBACK


def test_arguments_of_a_tool_are_no_message_though_they_look_like_one(read: Read) -> None:
    arguments = {"role": "admin", "content": "Make Ann one", "name": "promote"}
    span = _span(read(langsmith.load, [{**TOOL, "inputs": arguments, "outputs": arguments}]), TOOL_ID)
    assert orjson.loads(span["input"]) == orjson.loads(span["output"]) == arguments


def test_a_tool_message_that_says_error_is_a_failed_call(read: Read) -> None:
    outputs = {"output": {**TOOL["outputs"]["output"], "status": "error", "content": "no network"}}
    loaded = read(langsmith.load, [{**TOOL, "outputs": outputs}])
    assert loaded.spans.select("status", "error_message", "output").row(0) == ("ERROR", *("no network",) * 2)
    assert loaded.guessed["a tool message that says status error is read as a failed call"] == 1


def test_documents_are_the_output_of_a_retriever(read: Read) -> None:
    docs = _span(read(langsmith.load, _lines(RUNS)), DOCS_ID)
    assert (docs["input"], orjson.loads(docs["output"])) == ("X1", DOCS["outputs"])


OPENAI = {
    "choices": [{"finish_reason": "stop", "index": 0, "message": {"role": "assistant", "content": "Hello"}}],
    "model": "gpt-4o-mini-2024-07-18",
    "usage_metadata": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
}
ANTHROPIC = {
    "role": "assistant",
    "content": [{"type": "text", "text": "Hello"}],
    "model": "claude",
    "stop_reason": "end_turn",
    "usage_metadata": {"input_tokens": 3, "output_tokens": 2},
}
OLDER = {
    "generations": [[{"text": "Hello", "generation_info": {"finish_reason": "stop"}}]],
    "llm_output": {"token_usage": {"prompt_tokens": 3, "completion_tokens": 2}, "model_name": "davinci"},
}


@pytest.mark.parametrize(
    ("outputs", "model", "reason"),
    [(OPENAI, "gpt-4o-mini-2024-07-18", "stop"), (ANTHROPIC, "claude", "end_turn"), (OLDER, "davinci", "stop")],
    ids=["OpenAI", "Anthropic", "LangChain's older output"],
)
def test_an_answer_says_what_the_run_does_not(read: Read, outputs: Any, model: str, reason: str) -> None:
    run = {**MODEL, "outputs": outputs, "prompt_tokens": 0, "completion_tokens": 0, "total_cost": 0}
    call = _span(read(langsmith.load, [run]), MODEL_ID)
    assert (call["output"], call["model"], call["finish_reason"]) == ("Hello", model, reason)
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (3, 2, 0.0)


def test_a_usage_of_zero_throughout_is_not_recorded_rather_than_free(read: Read) -> None:
    run = {**MODEL, "outputs": {"output": "Hi"}, "prompt_tokens": 0, "completion_tokens": 0, "total_cost": 0}
    loaded = read(langsmith.load, [run])
    assert loaded.spans.select("input_tokens", "output_tokens", "cost_usd").row(0) == (None, None, None)
    assert loaded.guessed["a usage of 0 throughout is read as not recorded"] == 1
    assert loaded.guessed["a cost of 0 without tokens is read as not recorded"] == 1


def _as_parquet(path: Path, records: list[dict[str, Any]]) -> Path:
    """Write records as the bulk export does: a column a field, times as times, objects as JSON text."""
    rows = [
        {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in record.items()}
        for record in records
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    times = [name for name in ("start_time", "end_time") if name in frame.columns]
    frame.with_columns(pl.col(times).str.to_datetime(time_unit="us", time_zone="UTC")).write_parquet(path)
    return path


def test_parquet_says_what_lines_say(read: Read, tmp_path: Path) -> None:
    said, expected = (
        read(langsmith.load, _as_parquet(tmp_path / "runs.parquet", RUNS)),
        read(langsmith.load, _lines(RUNS)),
    )
    assert said.refused == []
    assert said.spans.drop("source").equals(expected.spans.drop("source"))
    assert (said.mapped, said.guessed, said.left) == (expected.mapped, expected.guessed, expected.left)


def _nested() -> dict[str, Any]:
    """Return the runs as one, the tools below the model call that asked for them."""
    return {**ROOT, "child_runs": [{**MODEL, "child_runs": [TOOL, FAILED]}, DOCS]}


@pytest.mark.parametrize(
    "content",
    [RUNS, {"runs": RUNS, "cursors": {}}, {"items": RUNS}, _nested()],
    ids=["array", "API", "API 2", "nested"],
)
def test_every_way_to_write_runs_gives_the_same_spans(read: Read, content: Any) -> None:
    loaded = read(langsmith.load, content)
    assert loaded.refused == []
    assert loaded.spans.drop("source").equals(read(langsmith.load, _lines(RUNS)).spans.drop("source"))


def test_runs_are_told_though_the_inputs_of_the_first_are_longer_than_what_is_looked_at() -> None:
    """The API orders its fields by name: inputs come before what only runs have, but for the dotted order."""
    run = dict(sorted({**MODEL, "inputs": {"input": "x" * HEAD_BYTES}}.items()))
    assert langsmith.recognises(json.dumps(run).encode()[:HEAD_BYTES])


def test_a_run_without_ids_of_its_trace_has_those_of_its_dotted_order_or_of_what_it_is_in(read: Read) -> None:
    bare = {name: value for name, value in MODEL.items() if name not in {"trace_id", "parent_run_id"}}
    without = {name: value for name, value in bare.items() if name != "dotted_order"}
    for content in (bare, {**ROOT, "child_runs": [without]}):
        span = _span(read(langsmith.load, content), MODEL_ID)
        assert (span["trace_id"], span["parent_span_id"]) == (ROOT_ID, ROOT_ID)
    lost = read(langsmith.load, {**without, "parent_run_id": ROOT_ID})
    assert [refused.reason for refused in lost.refused] == ["no_id"]
    alone = read(langsmith.load, without)
    assert alone.spans.select("trace_id", "parent_span_id").row(0) == (MODEL_ID, None)
    assert alone.guessed["a run without a trace and a parent is a trace of its own"] == 1


def test_a_run_of_a_kind_without_a_name_keeps_its_type(read: Read) -> None:
    span = _span(read(langsmith.load, {**ROOT, "run_type": "parser"}), ROOT_ID)
    assert (span["kind"], span["attributes"]["run_type"]) == ("UNKNOWN", "parser")


def test_a_run_that_is_not_over_has_no_end_and_no_status(read: Read) -> None:
    span = _span(read(langsmith.load, {**ROOT, "end_time": None, "status": "pending"}), ROOT_ID)
    assert (span["ended_at"], span["duration_ms"], span["status"]) == (None, None, "UNSET")
    assert span["attributes"]["status"] == "pending"


def test_times_in_milliseconds_are_read_and_said(read: Read) -> None:
    start = int(_at(0).timestamp() * 1000)
    loaded = read(langsmith.load, {**ROOT, "start_time": start, "end_time": start + 1500})
    assert loaded.spans.select("started_at", "duration_ms").row(0) == (_at(0), 1500.0)
    assert loaded.guessed["a time that is a number is in ms"] == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TRACEBACK, ("ValueError", "no docket")),
        (
            "openai.APIError('x')Traceback (most recent call last):\n  File\nopenai.APIError: x\n  y",
            ("openai.APIError", "x\n  y"),
        ),
        ("Traceback (most recent call last):\n  File\nKeyboardInterrupt", ("KeyboardInterrupt", "KeyboardInterrupt")),
        ("TimeoutError()", ("TimeoutError", "TimeoutError()")),
        ("KeyError('a')Traceback (most recent call last):\n  File", ("KeyError", "KeyError('a')")),
        ("Something broke: badly", (None, "Something broke: badly")),
        ("Traceback (most recent call last):", (None, "Traceback (most recent call last):")),
    ],
)
def test_an_error_text_says_class_and_message(text: str, expected: tuple[str | None, str]) -> None:
    assert read_error(text) == expected


def test_a_feedback_is_a_signal(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(langsmith.load, _lines([FEEDBACK]))
    signal = loaded.signals.row(0, named=True)
    assert (signal["target_kind"], signal["target_id"], signal["trace_id"]) == ("trace", ROOT_ID, ROOT_ID)
    assert (signal["kind"], signal["name"], signal["value"], signal["comment"]) == (
        *("feedback", "user_score"),
        *(0.0, "wrong court"),
    )
    assert (signal["annotator_kind"], signal["annotator"]) == ("HUMAN", key("ann"))
    assert signal["at"] == datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
    assert orjson.loads(signal["attributes"]) == {
        "id": "f1",
        "session_id": PROJECT,
        "correction": {"desired": "Federal"},
        "modified_at": "2026-03-01T10:06:00+00:00",
        "feedback_source": {"metadata": {"page": 2}, "user_name": key("Ann Lee")},
    }


FEEDBACKS = [
    ({"feedback_source": {"type": "app"}, "score": 1}, ("evaluation", "HUMAN", 1.0, None)),
    ({"feedback_source": {"type": "model"}, "score": True}, ("evaluation", "LLM", 1.0, None)),
    ({"feedback_source": {"type": "api"}, "key": "toxicity", "score": 0.25}, ("evaluation", "CODE", 0.25, None)),
    ({"feedback_source": {"type": "api"}, "key": "thumbs_up", "score": False}, ("feedback", "HUMAN", 0.0, None)),
    ({"feedback_source": {"type": "auto_eval"}, "score": None, "value": "bad"}, ("evaluation", "LLM", None, "bad")),
    ({"feedback_source": None, "score": None, "value": 3}, ("evaluation", None, 3.0, None)),
    ({"feedback_source": None, "key": "user-feedback", "score": 1}, ("feedback", "HUMAN", 1.0, None)),
    ({"feedback_source": {"type": "app"}, "key": "thumb", "score": 1}, ("evaluation", "HUMAN", 1.0, None)),
    ({"feedback_source": {"type": "novelty"}, "score": 1, "value": {"a": 1}}, ("evaluation", None, 1.0, None)),
]


@pytest.mark.parametrize(("fields", "expected"), FEEDBACKS)
def test_the_source_of_a_feedback_tells_who_said_it(read: Read, fields: Any, expected: tuple[Any, ...]) -> None:
    loaded = read(langsmith.load, _lines([{**FEEDBACK, "key": "quality", **fields}]))
    assert loaded.signals.select("kind", "annotator_kind", "value", "label").row(0) == expected
    kept = orjson.loads(loaded.signals["attributes"][0])
    assert kept.get("value") == ({"a": 1} if fields.get("value") == {"a": 1} else None)
    assert kept.get("feedback_source") == (
        {"type": "novelty"} if expected[1] is None and fields["feedback_source"] else None
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"run_id": TOOL_ID}, ("span", TOOL_ID, ROOT_ID)),
        ({"trace_id": None}, ("trace", ROOT_ID, ROOT_ID)),
        ({"run_id": None}, ("trace", ROOT_ID, ROOT_ID)),
        ({"run_id": None, "trace_id": None, "feedback_thread_id": "th-1"}, ("session", "th-1", None)),
    ],
)
def test_a_feedback_is_about_a_run_a_trace_or_a_thread(read: Read, fields: Any, expected: tuple[Any, ...]) -> None:
    loaded = read(langsmith.load, _lines([{**FEEDBACK, **fields}]))
    assert loaded.signals.select("target_kind", "target_id", "trace_id").row(0) == expected


def test_feedback_in_parquet_and_beside_runs_is_read(read: Read, tmp_path: Path) -> None:
    rows = _as_parquet(tmp_path / "feedback.parquet", [FEEDBACK])
    alone = read(langsmith.load, _lines([FEEDBACK])).signals.drop("source")
    assert read(langsmith.load, rows).signals.drop("source").equals(alone)
    mixed = read(langsmith.load, _lines([*RUNS, FEEDBACK]))
    assert (mixed.spans.height, mixed.signals.height, len(mixed.refused)) == (len(RUNS), 1, 0)


BAD: list[tuple[Any, str]] = [
    ({**MODEL, "id": None}, "no_id"),
    ({**MODEL, "start_time": "noon"}, "bad_time"),
    ({**MODEL, "end_time": True}, "bad_time"),
    ({**MODEL, "prompt_tokens": -1}, "wrong_type"),
    ({**MODEL, "total_cost": "free"}, "wrong_type"),
    ({**MODEL, "total_cost": "NaN"}, "wrong_type"),
    ({**MODEL, "name": {"a": 1}}, "wrong_type"),
    ({**FEEDBACK, "key": None}, "no_id"),
    ({**FEEDBACK, "run_id": None, "trace_id": None}, "no_id"),
    ({**FEEDBACK, "score": {}}, "wrong_type"),
    ({**FEEDBACK, "created_at": 7}, "bad_time"),
    (7, "wrong_type"),
    ({"a": 1}, "wrong_type"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
def test_one_bad_record_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    for content in ([ROOT, bad, TOOL], {"runs": [ROOT, bad, TOOL]}, [{**ROOT, "child_runs": [bad, TOOL]}]):
        loaded = read(langsmith.load, content)
        assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [(reason, bad)]
        assert loaded.spans["span_id"].to_list() == [ROOT_ID, TOOL_ID]
    lines = read(langsmith.load, _lines([ROOT, TOOL]) + b"garbage\n" + b'{"id": "x", "id": "y"}\n')
    assert [refused.reason for refused in lines.refused] == ["not_json", "duplicate_key"]
    assert lines.spans.height == 2


def test_a_repeated_key_costs_only_the_child_run_that_has_it(read: Read) -> None:
    raw = orjson.dumps(_nested()).replace(b'"name":"Retriever"', b'"name":"Retriever","name":"r"')
    loaded = read(langsmith.load, raw)
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]
    assert set(loaded.spans["span_id"]) == {ROOT_ID, MODEL_ID, TOOL_ID, FAILED_ID}


def test_a_bad_parquet_row_is_refused_alone_and_kept(read: Read, tmp_path: Path) -> None:
    runs = deepcopy(RUNS)
    runs[1]["prompt_tokens"] = -1
    loaded = read(langsmith.load, _as_parquet(tmp_path / "runs.parquet", runs))
    assert (loaded.spans.height, [refused.reason for refused in loaded.refused]) == (4, ["wrong_type"])
    assert orjson.loads(loaded.refused[0].raw)["id"] == MODEL_ID


def _is_wrapping(place: tuple[Any, ...]) -> bool:
    """Return whether a place is the class around a serialized message: the role of the message says the same."""
    return any(name in place for name in ("message", "messages")) and ("id" in place[-2:-1] or place[-1:] == ("type",))


@pytest.mark.parametrize(
    "document",
    [_nested(), FEEDBACK, {**MODEL, "outputs": OPENAI}, {**MODEL, "outputs": ANTHROPIC}, {**MODEL, "outputs": OLDER}],
    ids=["runs", "feedback", "OpenAI", "Anthropic", "LangChain's older output"],
)
def test_a_word_in_any_place_is_found_again(lost: Callable[..., list[tuple[Any, ...]]], document: Any) -> None:
    """A word that the loader passed over, because it knew the field and not the word, was nowhere."""
    missing = lost(langsmith.load, document)
    assert [place for place in missing if not _is_wrapping(place)] == []
