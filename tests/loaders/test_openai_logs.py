"""Logs of OpenAI's APIs in the shapes that teams have, each written by the API's schema and counted by hand."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import choose, openai_logs
from workbench.loaders.source import HEAD_BYTES, Source

Read = Callable[..., Any]

CREATED = 1767607200
CREATED_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
MESSAGES = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Weather in Oslo?"}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
REQUEST: dict[str, Any] = {
    "model": "gpt-4.1-mini",
    "messages": MESSAGES,
    "tools": TOOLS,
    "temperature": 0.2,
    "user": "ann",
    "metadata": {"session_id": "chat_7", "tier": "gold"},
}
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": CREATED,
    "model": "gpt-4.1-mini-2025-04-14",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": [CALL]},
            "logprobs": None,
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {
        "prompt_tokens": 82,
        "completion_tokens": 17,
        "total_tokens": 99,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": CREATED,
    "completed_at": CREATED + 2,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": "Help.",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "model": "gpt-5-2025-08-07",
    "output": [
        {"id": "rs_1", "type": "reasoning", "summary": []},
        {
            "id": "msg_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It rains.", "annotations": []}],
        },
    ],
    "previous_response_id": None,
    "prompt": {"id": "pmpt_1", "version": "3", "variables": {"city": "Oslo"}},
    "safety_identifier": "ben",
    "store": True,
    "usage": {
        "input_tokens": 31,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 12,
        "output_tokens_details": {"reasoning_tokens": 8},
        "total_tokens": 43,
    },
    "metadata": {},
}
RECORD: dict[str, Any] = {"timestamp": "2026-01-05T09:59:58.5Z", "request": REQUEST, "response": COMPLETION}


def _only(loaded: Any) -> dict[str, Any]:
    assert loaded.refused == []
    row: dict[str, Any] = loaded.spans.row(0, named=True)
    assert loaded.spans.height == 1
    return row | {"attributes": orjson.loads(row["attributes"])}


def _lines(records: list[Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def _with(value: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**deepcopy(value), **fields}


def test_a_call_is_a_trace_of_one_span(read: Read, key: Callable[[str], str]) -> None:
    loaded = read(openai_logs.load, _lines([RECORD]))
    row = _only(loaded)
    assert (row["trace_id"], row["span_id"], row["parent_span_id"]) == ("chatcmpl-1", "chatcmpl-1", None)
    assert (row["kind"], row["operation"], row["name"]) == ("LLM", "chat", "chat gpt-4.1-mini-2025-04-14")
    assert (row["model"], row["provider"]) == ("gpt-4.1-mini-2025-04-14", None)
    assert (row["session_id"], row["user_key"]) == ("chat_7", key("ann"))
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (82, 17, None)
    assert (row["finish_reason"], row["status"], row["error_type"]) == ("tool_calls", "UNSET", None)
    assert orjson.loads(row["input"]) == MESSAGES
    assert orjson.loads(row["output"]) == {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert row["started_at"] == datetime(2026, 1, 5, 9, 59, 58, 500_000, tzinfo=UTC)
    assert (row["ended_at"], row["duration_ms"], row["time_known"]) == (None, None, True)
    assert loaded.guessed == {"a call names no trace: it is one of its own, named after the response": 1}


def test_what_has_no_column_is_kept(read: Read) -> None:
    assert _only(read(openai_logs.load, _lines([RECORD])))["attributes"] == {
        "request": {
            "model": "gpt-4.1-mini",
            "tools": TOOLS,
            "temperature": 0.2,
            "metadata": {"session_id": "chat_7", "tier": "gold"},
        },
        "response": {
            "created": CREATED,
            "usage": COMPLETION["usage"],
            "service_tier": "default",
            "system_fingerprint": "fp_1",
        },
    }


def test_a_record_of_the_data_flywheel_has_its_workload_as_task_and_its_client_keyed(
    read: Read, key: Callable[[str], str]
) -> None:
    record = {"timestamp": CREATED + 3, "workload_id": "router", "client_id": "shop-7"}
    record |= {"request": _with(REQUEST, user=None, metadata=None), "response": COMPLETION}
    loaded = read(openai_logs.load, _lines([record]))
    row = _only(loaded)
    assert (row["task"], row["user_key"], row["session_id"]) == ("router", key("shop-7"), None)
    assert row["started_at"] == datetime(2026, 1, 5, 10, 0, 3, tzinfo=UTC)
    assert loaded.guessed["a number without a unit is read as a time in s"] == 1
    assert loaded.guessed["client_id is read as the user, for want of one"] == 1


def test_a_response_has_its_words_reasoning_and_both_times(read: Read, key: Callable[[str], str]) -> None:
    record = {"request": {"model": "gpt-5", "input": "Weather in Oslo?"}, "response": RESPONSE}
    row = _only(read(openai_logs.load, _lines([record])))
    assert (row["trace_id"], row["model"]) == ("resp_1", "gpt-5-2025-08-07")
    assert (row["input"], row["output"], row["finish_reason"]) == ("Weather in Oslo?", "It rains.", "completed")
    assert (row["input_tokens"], row["output_tokens"]) == (31, 12)
    assert (row["started_at"], row["duration_ms"]) == (CREATED_AT, 2000.0)
    assert (row["prompt_name"], row["prompt_version"], row["user_key"]) == ("pmpt_1", "3", key("ben"))
    assert row["attributes"]["response"]["reasoning"] == [{"id": "rs_1", "type": "reasoning"}]
    assert row["attributes"]["response"]["instructions"] == "Help."


def test_calls_of_a_response_stay_in_its_output(read: Read) -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
    row = _only(read(openai_logs.load, _lines([_with(RESPONSE, output=[*RESPONSE["output"], call])])))
    assert [item["type"] for item in orjson.loads(row["output"])] == ["message", "function_call"]


def test_words_with_citations_stay_json(read: Read) -> None:
    part = {"type": "output_text", "text": "It rains.", "annotations": [{"type": "url_citation", "url": "u"}]}
    message = {**RESPONSE["output"][1], "content": [part]}
    row = _only(read(openai_logs.load, _lines([_with(RESPONSE, output=[message])])))
    assert orjson.loads(row["output"])[0]["content"] == [part]


BATCH_ID = "batch_req_1"
BATCH: list[dict[str, Any]] = [
    {
        "id": BATCH_ID,
        "custom_id": "row-1",
        "response": {"status_code": 200, "request_id": "req_1", "body": COMPLETION},
        "error": None,
    },
    {
        "id": "batch_req_2",
        "custom_id": "row-2",
        "response": {
            "status_code": 400,
            "request_id": "req_2",
            "body": {
                "error": {
                    "message": "This model's maximum context length is 128000 tokens.",
                    "type": "invalid_request_error",
                    "param": "messages",
                    "code": "context_length_exceeded",
                }
            },
        },
        "error": None,
    },
    {
        "id": "batch_req_3",
        "custom_id": "row-3",
        "response": None,
        "error": {"code": "batch_expired", "message": "This request could not be executed in time."},
    },
]


def test_a_batch_output_file_is_read_with_its_errors(read: Read) -> None:
    loaded = read(openai_logs.load, _lines(BATCH))
    assert loaded.refused == []
    assert loaded.spans.select("trace_id", "status", "error_type", "input_tokens").rows() == [
        ("chatcmpl-1", "UNSET", None, 82),
        ("batch_req_2", "ERROR", "context_length_exceeded", None),
        ("batch_req_3", "ERROR", "batch_expired", None),
    ]
    assert loaded.spans["error_message"].to_list()[1:] == [
        "This model's maximum context length is 128000 tokens.",
        "This request could not be executed in time.",
    ]
    attributes = [orjson.loads(text) for text in loaded.spans["attributes"]]
    assert [kept["custom_id"] for kept in attributes] == ["row-1", "row-2", "row-3"]
    assert (attributes[0]["id"], attributes[0]["response_http"]) == (
        BATCH_ID,
        {"status_code": 200, "request_id": "req_1"},
    )
    assert attributes[1]["error"] == {"type": "invalid_request_error", "param": "messages"}
    assert loaded.guessed["a call without a response id: its trace is named after the record's id"] == 2
    assert loaded.spans["started_at"].to_list() == [CREATED_AT, None, None]


def test_an_http_error_without_words_is_an_error_all_the_same(read: Read) -> None:
    row = _only(read(openai_logs.load, _lines([_with(BATCH[0], response={"status_code": 503, "body": ""})])))
    assert (row["status"], row["error_type"], row["error_message"]) == ("ERROR", "503", None)


def test_a_stored_completion_has_what_was_sent_beside_its_choices(read: Read) -> None:
    stored = _with(COMPLETION, messages=MESSAGES, metadata={"conversation_id": "c9"}, tools=None, input_user=None)
    loaded = read(openai_logs.load, {"object": "list", "data": [stored], "first_id": "chatcmpl-1", "has_more": False})
    row = _only(loaded)
    assert (orjson.loads(row["input"]), row["session_id"]) == (MESSAGES, "c9")
    assert (row["started_at"], row["input_tokens"]) == (CREATED_AT, 82)


@pytest.mark.parametrize(
    "write_down", [lambda record: [record], lambda record: record, lambda record: _lines([record])]
)
def test_a_call_is_the_same_however_it_is_written_down(read: Read, write_down: Callable[[Any], Any]) -> None:
    expected = read(openai_logs.load, _lines([RECORD])).spans.drop("source")
    assert read(openai_logs.load, write_down(RECORD)).spans.drop("source").equals(expected)


@pytest.mark.parametrize(
    "record",
    [
        {"request": json.dumps(REQUEST), "response": json.dumps(COMPLETION)},
        {
            "request": {"url": "/v1/chat/completions", "body": REQUEST},
            "response": {"status_code": 200, "body": COMPLETION},
        },
        {**REQUEST, "response": COMPLETION},
        {**COMPLETION, "request": REQUEST},
    ],
)
def test_request_and_response_are_found_where_teams_put_them(read: Read, record: dict[str, Any]) -> None:
    expected = _only(read(openai_logs.load, _lines([{"request": REQUEST, "response": COMPLETION}])))
    row = _only(read(openai_logs.load, _lines([record])))
    for name in set(expected) - {"attributes", "source", "content_digest"}:
        assert row[name] == expected[name], name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "max_output_tokens"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "in_progress", "output": []}, "in_progress"),
    ],
)
def test_why_a_response_ended_is_its_finish_reason(read: Read, changes: dict[str, Any], reason: str) -> None:
    row = _only(read(openai_logs.load, _lines([_with(RESPONSE, **changes)])))
    assert (row["finish_reason"], row["status"]) == (reason, "UNSET")


@pytest.mark.parametrize(
    ("record", "error_type", "message"),
    [
        (
            _with(RESPONSE, status="failed", output=[], error={"code": "server_error", "message": "Sorry."}),
            *("server_error", "Sorry."),
        ),
        ({"request": REQUEST, "response": None, "error": "timed out"}, None, "timed out"),
        ({"request": REQUEST, "response": {"error": {"type": "rate_limit", "code": None}}}, "rate_limit", None),
        ({"request": REQUEST, "response": COMPLETION, "error_details": "cut"}, None, "cut"),
    ],
)
def test_an_error_is_told_wherever_it_stands(
    read: Read, record: dict[str, Any], error_type: str | None, message: str | None
) -> None:
    row = _only(read(openai_logs.load, _lines([record])))
    assert (row["status"], row["error_type"]) == ("ERROR", error_type)
    assert row["error_message"] == (message or '{"type":"rate_limit","code":null}')


def test_several_choices_are_all_kept(read: Read) -> None:
    choices = [
        {"index": n, "message": {"role": "assistant", "content": word}, "finish_reason": reason, "logprobs": {"n": n}}
        for n, (word, reason) in enumerate([("Yes", "stop"), ("No", "length"), ("So", "stop")])
    ]
    row = _only(read(openai_logs.load, _lines([_with(COMPLETION, choices=choices)])))
    assert [message["content"] for message in orjson.loads(row["output"])] == ["Yes", "No", "So"]
    assert row["finish_reason"] == "stop,length"
    assert row["attributes"]["response"]["choices"] == [{"logprobs": {"n": n}} for n in range(3)]


def test_the_older_and_the_other_apis_are_read(read: Read) -> None:
    completion = {"id": "cmpl-1", "object": "text_completion", "model": "m", "choices": [{"text": "there", "index": 0}]}
    row = _only(read(openai_logs.load, _lines([{"request": {"model": "m", "prompt": "Hi"}, "response": completion}])))
    assert (row["operation"], row["input"], row["output"]) == ("text_completion", "Hi", "there")
    vectors = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
    embeddings = {"object": "list", "data": vectors, "model": "e", "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    row = _only(read(openai_logs.load, _lines([{"request": {"model": "e", "input": "Hi"}, "response": embeddings}])))
    assert (row["kind"], row["operation"], row["input"], row["input_tokens"]) == ("EMBEDDING", "embeddings", "Hi", 4)
    assert orjson.loads(row["output"]) == vectors


def test_a_message_of_another_api_in_the_same_records_is_read(read: Read) -> None:
    """A gateway logs what passes it: the record was taken for a call, and its answer stood in no column."""
    content = [{"type": "text", "text": "It rains."}]
    usage = {"input_tokens": 9, "output_tokens": 4}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": content}
    response = {**message, "stop_reason": "end_turn", "usage": usage}
    row = _only(read(openai_logs.load, _lines([{"request": REQUEST, "response": response}])))
    assert (row["output"], row["finish_reason"], row["model"]) == ("It rains.", "end_turn", "claude-x")
    assert (row["input_tokens"], row["output_tokens"]) == (9, 4)


def _response(name: str, previous: str | None, **fields: Any) -> dict[str, Any]:
    return _with(RESPONSE, id=name, previous_response_id=previous, **fields)


def test_a_chain_of_responses_is_one_session_in_any_order(read: Read) -> None:
    chain = [_response("r1", None), _response("r2", "r1"), _response("r3", "r2"), _response("x1", None)]
    for order in permutations(chain):
        loaded = read(openai_logs.load, _lines(list(order)))
        assert dict(loaded.spans.select("trace_id", "session_id").rows()) == {
            **dict.fromkeys(("r1", "r2", "r3"), "r1"),
            "x1": "x1",
        }
    assert [n for assumed, n in loaded.guessed.items() if "follow one another" in assumed] == [4]


def test_a_chain_that_began_elsewhere_is_named_after_the_first_that_is_known(read: Read) -> None:
    loaded = read(openai_logs.load, _lines([_response("r3", "r2"), _response("r4", "r3")]))
    assert loaded.spans["session_id"].to_list() == ["r2", "r2"]


def test_a_later_part_of_a_log_knows_the_chain_before_it(read: Read) -> None:
    before = _lines([_response("r1", None), _response("r2", "r1")])
    loaded = read(openai_logs.load, before + _lines([_response("r3", "r2")]), start=len(before))
    assert loaded.spans.select("trace_id", "session_id").rows() == [("r3", "r1")]


def test_a_response_that_is_not_kept_begins_no_session(read: Read) -> None:
    assert _only(read(openai_logs.load, _lines([_response("r1", None, store=False)])))["session_id"] is None


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_of_the_api_is_the_session(read: Read, conversation: Any) -> None:
    record = _response("r2", "r1", conversation=conversation)
    assert _only(read(openai_logs.load, _lines([record])))["session_id"] == "conv_1"


def test_a_ring_of_responses_and_a_long_chain_end(read: Read) -> None:
    """Walking back from each response anew takes hours on a long chain, and never ends in a ring."""
    n_long = 20_000
    chain = [{"object": "response", "id": f"r{n}", "previous_response_id": f"r{n - 1}"} for n in range(1, n_long)]
    ring = [{"object": "response", "id": f"o{n}", "previous_response_id": f"o{(n + 1) % 3}"} for n in range(3)]
    sessions = read(openai_logs.load, _lines([*chain, *ring])).spans["session_id"]
    assert sessions.value_counts().sort("count").rows() == [("o0", 3), ("r0", n_long - 1)]


def test_a_record_that_names_trace_and_span_keeps_them(read: Read) -> None:
    loaded = read(openai_logs.load, _lines([{**RECORD, "trace_id": "t", "span_id": "s"}]))
    assert (_only(loaded)["trace_id"], _only(loaded)["span_id"]) == ("t", "s")
    assert loaded.guessed == {}


def test_equal_calls_without_id_and_time_are_two(read: Read) -> None:
    record = {"request": REQUEST, "response": {"choices": []}, "error": "timed out"}
    loaded = read(openai_logs.load, _lines([record, record]))
    assert loaded.spans["trace_id"].n_unique() == loaded.spans.height == 2
    assert loaded.spans["trace_id"].str.starts_with("trc_").all()
    assert read(openai_logs.load, _lines([record, record])).spans.equals(loaded.spans)


def test_several_users_of_a_call_are_all_keyed(read: Read, key: Callable[[str], str]) -> None:
    request = _with(REQUEST, safety_identifier="hash-1", metadata={"user_id": "dan"})
    row = _only(read(openai_logs.load, _lines([{"request": request, "response": COMPLETION, "client_id": "eve"}])))
    assert row["user_key"] == key("hash-1")
    assert row["attributes"]["users"] == {
        "request.safety_identifier": key("hash-1"),
        "request.user": key("ann"),
        "request.metadata.user_id": key("dan"),
        "client_id": key("eve"),
    }
    assert row["attributes"]["request"]["metadata"] == {"user_id": key("dan")}


BAD: list[tuple[Any, str]] = [
    (7, "wrong_type"),
    ({"x": 1}, "wrong_type"),
    ({"request": REQUEST, "response": "Hello"}, "wrong_type"),
    ({"request": [1], "response": COMPLETION}, "wrong_type"),
    ({"request": REQUEST, "response": _with(COMPLETION, choices=[7])}, "wrong_type"),
    ({"request": REQUEST, "response": _with(COMPLETION, created="noon")}, "bad_time"),
    ({"request": REQUEST, "response": _with(COMPLETION, usage={"prompt_tokens": 1.5})}, "wrong_type"),
    ({"request": REQUEST, "response": _with(COMPLETION, id=["x"])}, "wrong_type"),
    ({"request": REQUEST, "response": _with(RESPONSE, output="Hi")}, "wrong_type"),
    ({"timestamp": "yesterday", "request": REQUEST, "response": COMPLETION}, "bad_time"),
    ({"latency_ms": "fast", "request": REQUEST, "response": COMPLETION}, "wrong_type"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
@pytest.mark.parametrize("form", ["log", "array", "list"])
def test_one_bad_call_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str, form: str) -> None:
    records = [RECORD, bad, BATCH[0]]
    content = {"log": _lines(records), "array": records, "list": {"object": "list", "data": records}}[form]
    loaded = read(openai_logs.load, content)
    assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [(reason, bad)]
    assert loaded.spans.height == 2


def test_a_repeated_key_costs_only_the_call_that_has_it(read: Read) -> None:
    raw = _lines([RECORD]).replace(b'"model":', b'"model":"x","model":', 1) + _lines([BATCH[0]])
    loaded = read(openai_logs.load, raw)
    assert ([refused.reason for refused in loaded.refused], loaded.spans.height) == (["duplicate_key"], 1)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1, 2]", b'{"object": "list"}', b"\xff" * 10])
def test_what_is_no_log_of_calls_is_refused(read: Read, raw: bytes) -> None:
    loaded = read(openai_logs.load, raw)
    assert (loaded.spans.height, len(loaded.refused)) == (0, {b"": 0, b"[1, 2]": 2}.get(raw, 1))


def test_a_request_that_is_longer_than_the_head_is_still_told(write: Callable[..., Any], read: Read) -> None:
    """The response is not seen: the call was read as a plain chat log, without its answer and tokens."""
    long = {"request": _with(REQUEST, messages=[{"role": "user", "content": "x" * HEAD_BYTES}]), "response": COMPLETION}
    name, load = choose(Source(write(_lines([long]))))
    assert (name, _only(read(load, _lines([long])))["input_tokens"]) == ("openai_logs", 82)


def test_batches_of_one_log_hold_the_same_rows(read: Read) -> None:
    lines = _lines([*BATCH, RECORD, RESPONSE])
    assert read(openai_logs.load, lines, batch_records=2).spans.equals(read(openai_logs.load, lines).spans)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
counts = st.integers(0, (1 << 63) - 1)
calls = st.fixed_dictionaries(
    {
        "span_id": texts,
        "input": texts,
        "output": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        "model": texts,
        "finish_reason": st.none() | st.sampled_from(["stop", "length"]),
        "input_tokens": counts,
        "output_tokens": counts,
        "started_at": st.integers(86_400, 4_000_000_000),
        "session_id": st.none() | texts,
        "error_message": st.none() | texts,
    }
)


def _chat(call: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": call["output"]}
    usage = {"prompt_tokens": call["input_tokens"], "completion_tokens": call["output_tokens"]}
    return {
        "id": call["span_id"],
        "object": "chat.completion",
        "created": call["started_at"],
        "model": call["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": call["finish_reason"]}],
        "usage": usage,
        "error": call["error_message"] and {"message": call["error_message"]},
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(made=st.lists(calls, min_size=1, max_size=5, unique_by=lambda call: call["span_id"]), is_log=st.booleans())
def test_columns_survive_a_round_trip(read: Read, made: list[dict[str, Any]], is_log: bool) -> None:
    records = [
        {"session_id": call["session_id"], "request": {"model": "m", "input": call["input"]}, "response": _chat(call)}
        for call in made
    ]
    loaded = read(openai_logs.load, _lines(records) if is_log else records)
    assert loaded.refused == []
    for row, call in zip(loaded.spans.rows(named=True), made, strict=True):
        expected = {**call, "trace_id": call["span_id"], "status": "ERROR" if call["error_message"] else "UNSET"}
        expected["started_at"] = datetime.fromtimestamp(call["started_at"], UTC)
        assert {name: row[name] for name in expected} == expected


def test_a_table_of_calls_is_read_from_parquet(read: Read, tmp_path: Any) -> None:
    cells = [{"request": json.dumps(REQUEST), "response": json.dumps(COMPLETION), "timestamp": CREATED_AT}]
    pl.DataFrame(cells).write_parquet(tmp_path / "calls.parquet")
    name, load = choose(Source(tmp_path / "calls.parquet"))
    row = _only(read(load, tmp_path / "calls.parquet"))
    assert (name, row["trace_id"], row["started_at"]) == ("openai_logs", "chatcmpl-1", CREATED_AT)


def test_nothing_that_a_choice_says_is_lost(read: Read) -> None:
    """Words beside a message that is null were dropped, and which of two answers broke off could not be told."""
    second = {"role": "assistant", "content": "second"}
    choices = [
        {"index": 0, "message": None, "text": "first", "finish_reason": "stop"},
        {"index": 1, "message": second, "text": "beside", "finish_reason": "length"},
        {"index": 2, "message": second, "finish_reason": "stop"},
    ]
    row = _only(read(openai_logs.load, [{"object": "chat.completion", "id": "r", "choices": choices}]))
    assert orjson.loads(row["output"]) == [{"content": "first"}, second, second]
    assert row["attributes"]["response"] == {
        "choices": [{}, {"text": "beside"}, {}],
        "finish_reasons": ["stop", "length", "stop"],
    }
