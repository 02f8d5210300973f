"""Traces of the OpenAI Agents SDK: one run as the SDK exports it, in every order, and what may be wrong with it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import openai_agents

Read = Callable[..., Any]

T1, T2 = "trace_8bb6", "trace_f742"
TRACE: dict[str, Any] = {
    "object": "trace",
    "id": T1,
    "workflow_name": "Support",
    "group_id": "chat_7",
    "metadata": {"user_id": "ann", "tier": "gold"},
}
ASKED = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Weather in Oslo?"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
SUMS = {"input_tokens": 205, "output_tokens": 30, "cached_input_tokens": 5}


def _span(number: int, parent: int | None, data: dict[str, Any], error: Any = None, trace: str = T1) -> dict[str, Any]:
    """Return a span that lasts from second `number` to half a second after it."""
    return {
        "object": "trace.span",
        "id": f"span_{number}",
        "trace_id": trace,
        "parent_id": None if parent is None else f"span_{parent}",
        "started_at": f"2026-01-05T10:00:0{number}.000000+00:00",
        "ended_at": f"2026-01-05T10:00:0{number}.500000+00:00",
        "span_data": data,
        "error": error,
    }


def _custom(sdk_type: str, **data: Any) -> dict[str, Any]:
    return {"type": "custom", "name": sdk_type, "data": {"sdk_span_type": sdk_type, **data}}


def _usage(input_tokens: int, output_tokens: int) -> dict[str, Any]:
    details = {"input_tokens_details": {"cached_tokens": 5}}
    return {"requests": 1, "input_tokens": input_tokens, "output_tokens": output_tokens, **details}


RUN = _span(0, None, _custom("task", name="Agent workflow", usage=SUMS))
AGENT = _span(1, 0, {"type": "agent", "name": "support", "handoffs": ["billing"], "tools": ["get_weather"]})
TURN = _span(2, 1, _custom("turn", turn=1, agent_name="support", usage=SUMS))
ASK = _span(
    3,
    2,
    {
        "type": "generation",
        "input": ASKED,
        "output": [{"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]}],
        "model": "gpt-4.1-mini",
        "model_config": {"temperature": 0.2, "top_p": None},
        "usage": _usage(100, 20),
    },
)
TOOL = _span(
    4,
    2,
    {"type": "function", "name": "get_weather", "input": '{"city":"Oslo"}', "output": "Try again.", "mcp_data": None},
    {"message": "Error running tool (non-fatal)", "data": {"tool_name": "get_weather", "error": "no such station"}},
)
ANSWER = _span(
    5,
    2,
    {
        "type": "generation",
        "input": ASKED,
        "output": [{"role": "assistant", "content": "It rains."}],
        "model": "gpt-4.1-mini",
        "model_config": {},
        "usage": _usage(105, 10),
    },
)
GUARD = _span(6, 2, {"type": "guardrail", "name": "polite", "triggered": True})
HANDOFF = _span(7, 2, {"type": "handoff", "from_agent": "support", "to_agent": "billing"})
SPANS = [GUARD, ASK, TOOL, ANSWER, HANDOFF, TURN, AGENT, RUN]
"""In the order in which they end, which is that of the SDK's processors."""
EXPORT = {"data": [TRACE, *SPANS, TRACE]}


def _row(loaded: Any, number: int) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == f"span_{number}", named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def _lines(objects: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in objects)


def test_each_exported_span_is_a_span_of_its_kind(read: Read) -> None:
    loaded = read(openai_agents.load, EXPORT)
    assert dict(loaded.spans.select("span_id", "kind").rows()) == {
        "span_0": "CHAIN",
        "span_1": "AGENT",
        "span_2": "CHAIN",
        "span_3": "LLM",
        "span_4": "TOOL",
        "span_5": "LLM",
        "span_6": "GUARDRAIL",
        "span_7": "CHAIN",
    }
    assert (loaded.refused, loaded.signals.height) == ([], 0)
    assert [_row(loaded, number)["operation"] for number in range(8)] == [
        *("invoke_workflow", "invoke_agent", None, "chat", "execute_tool", "chat", None, None)
    ]


def test_a_model_call_has_its_messages_model_tokens_and_agent(read: Read) -> None:
    loaded = read(openai_agents.load, EXPORT)
    ask, answer = _row(loaded, 3), _row(loaded, 5)
    assert orjson.loads(ask["input"]) == ASKED
    assert orjson.loads(ask["output"]) == {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert (ask["model"], ask["input_tokens"], ask["output_tokens"], ask["agent"]) == (
        "gpt-4.1-mini",
        100,
        20,
        "support",
    )
    assert (answer["output"], answer["input_tokens"], answer["output_tokens"]) == ("It rains.", 105, 10)
    assert (ask["started_at"], ask["duration_ms"]) == (datetime(2026, 1, 5, 10, 0, 3, tzinfo=UTC), 500.0)
    assert ask["attributes"]["span_data"]["model_config"] == {"temperature": 0.2, "top_p": None}
    assert ask["attributes"]["span_data"]["usage"]["input_tokens_details"] == {"cached_tokens": 5}
    assert (ask["provider"], ask["cost_usd"]) == (None, None)


def test_a_tool_call_has_name_arguments_result_and_the_error_behind_the_general_one(read: Read) -> None:
    tool = _row(read(openai_agents.load, EXPORT), 4)
    assert (tool["tool_name"], tool["input"], tool["output"]) == ("get_weather", '{"city":"Oslo"}', "Try again.")
    assert (tool["status"], tool["error_message"]) == ("ERROR", "Error running tool (non-fatal): no such station")
    assert tool["attributes"]["error"] == {"data": TOOL["error"]["data"]}
    assert (tool["parent_span_id"], tool["agent"]) == ("span_2", "support")


def test_tokens_that_add_up_others_are_not_counted_twice(read: Read) -> None:
    loaded = read(openai_agents.load, EXPORT)
    assert (loaded.spans["input_tokens"].sum(), loaded.spans["output_tokens"].sum()) == (100 + 105, 20 + 10)
    assert _row(loaded, 0)["attributes"]["span_data"]["data"]["usage"] == SUMS


def test_guardrails_and_handoffs_say_what_came_of_them(read: Read) -> None:
    loaded = read(openai_agents.load, EXPORT)
    assert (_row(loaded, 6)["name"], _row(loaded, 6)["output"]) == ("polite", "true")
    handoff = _row(loaded, 7)
    assert (handoff["input"], handoff["output"], handoff["agent"]) == ("support", "billing", "support")


def test_what_the_trace_object_says_is_on_every_span(read: Read, key: Callable[[str], str]) -> None:
    spans = read(openai_agents.load, EXPORT).spans
    assert set(spans.select("trace_id", "session_id", "task", "user_key").rows()) == {
        (T1, "chat_7", "Support", key("ann"))
    }
    assert all(
        orjson.loads(text)["trace"] == {"metadata": {"user_id": key("ann"), "tier": "gold"}}
        for text in spans["attributes"]
    )


def test_order_within_a_file_makes_no_difference(read: Read) -> None:
    objects = [TRACE, TURN, TOOL, {**TRACE, "group_id": None}]
    expected = read(openai_agents.load, objects).spans.drop("source").sort("span_id")
    assert expected["session_id"].to_list() == ["chat_7", "chat_7"]
    for order in permutations(objects):
        spans = read(openai_agents.load, _lines(list(order))).spans.drop("source").sort("span_id")
        assert spans.equals(expected)


def test_trace_objects_that_differ_are_all_kept_and_counted(read: Read) -> None:
    loaded = read(openai_agents.load, [TRACE, {**TRACE, "workflow_name": "Sales"}, TOOL])
    kept = _row(loaded, 4)["attributes"]["trace"]
    assert sorted(said["workflow_name"] for said in kept) == ["Sales", "Support"]
    assert [n for assumed, n in loaded.guessed.items() if "say different things" in assumed] == [1]


@pytest.mark.parametrize("n_times", [1, 3])
def test_a_trace_without_spans_in_the_file_is_kept_as_one_span_without_a_time(read: Read, n_times: int) -> None:
    lone = {**TRACE, "id": T2}
    loaded = read(openai_agents.load, [*[lone] * n_times, TRACE, TOOL])
    row = loaded.spans.row(by_predicate=pl.col("trace_id") == T2, named=True)
    assert loaded.spans.height == 2
    assert (row["span_id"], row["name"], row["session_id"], row["task"]) == (T2, "Support", "chat_7", "Support")
    assert (row["time_known"], row["started_at"], row["parent_span_id"]) == (False, None, None)
    assert orjson.loads(row["attributes"])["trace"]["metadata"]["tier"] == "gold"


def test_spans_without_their_trace_object_are_read_as_they_are(read: Read) -> None:
    row = _row(read(openai_agents.load, _lines([TOOL])), 4)
    assert (row["trace_id"], row["session_id"], row["task"], row["user_key"]) == (T1, None, None, None)


def test_a_response_span_has_its_tokens_and_no_words_of_its_own(read: Read) -> None:
    data = {"type": "response", "response_id": "resp_1", "usage": _usage(11, 3)}
    row = _row(read(openai_agents.load, _lines([_span(3, None, data)])), 3)
    assert (row["kind"], row["input_tokens"], row["output_tokens"]) == ("LLM", 11, 3)
    assert (row["input"], row["output"]) == (None, None)
    assert row["attributes"]["span_data"]["response_id"] == "resp_1"


RESPONSE = {
    "object": "response",
    "id": "resp_1",
    "model": "gpt-5-2025",
    "status": "completed",
    "output": [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
    ],
}


@pytest.mark.parametrize(
    "data",
    [
        {"type": "response", "input": "Hello", "response": RESPONSE},
        {"type": "generation", "input": "Hello", "output": [RESPONSE], "model": "gpt-5"},
    ],
)
def test_a_whole_response_gives_words_model_and_reason(read: Read, data: dict[str, Any]) -> None:
    row = _row(read(openai_agents.load, _lines([_span(3, None, data)])), 3)
    assert (row["input"], row["output"], row["model"], row["finish_reason"]) == (
        "Hello",
        "Hi",
        "gpt-5-2025",
        "completed",
    )
    assert row["attributes"]["span_data"]["reasoning"] == [{"type": "reasoning", "id": "rs_1"}]


OTHERS: list[tuple[dict[str, Any], str, str | None, str | None, dict[str, Any]]] = [
    # type and its fields, kind, input, output, what stays in the attributes
    ({"type": "mcp_tools", "server": "files", "result": ["ls"]}, "CHAIN", None, '["ls"]', {"server": "files"}),
    (
        {"type": "transcription", "input": {"data": "UklG", "format": "pcm"}, "output": "Hello", "model": "whisper-1"},
        *("LLM", None, "Hello"),
        {"input": {"data": "UklG", "format": "pcm"}},
    ),
    (
        {"type": "speech", "input": "Hello", "output": {"data": "UklG", "format": "pcm"}, "model": "tts-1"},
        *("LLM", "Hello", None),
        {"output": {"data": "UklG", "format": "pcm"}},
    ),
    ({"type": "speech_group", "input": "Hello"}, "CHAIN", "Hello", None, {}),
    ({"type": "custom", "name": "save", "data": {"rows": 3}}, "CHAIN", None, None, {"data": {"rows": 3}}),
    ({"type": "tomorrow", "name": "x", "size": 3}, "UNKNOWN", None, None, {"size": 3}),
]


@pytest.mark.parametrize(("data", "kind", "asked", "answered", "left"), OTHERS)
def test_every_type_keeps_what_it_says(
    read: Read, data: dict[str, Any], kind: str, asked: str | None, answered: str | None, left: dict[str, Any]
) -> None:
    row = _row(read(openai_agents.load, _lines([_span(3, None, data)])), 3)
    assert (row["kind"], row["input"], row["output"], row["model"]) == (kind, asked, answered, data.get("model"))
    assert row["name"] == data.get("name", data["type"])
    assert row["attributes"].get("span_data", {}) == left


def test_an_error_without_words_is_an_error_all_the_same(read: Read) -> None:
    loaded = read(openai_agents.load, _lines([_span(3, None, {"type": "agent", "name": "a"}, {"data": {"x": 1}})]))
    assert (_row(loaded, 3)["status"], _row(loaded, 3)["error_message"]) == ("ERROR", '{"data":{"x":1}}')


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "wrong_type"),
        ({"object": "trace.spam"}, "wrong_type"),
        ({**TOOL, "id": None}, "no_id"),
        ({**TOOL, "trace_id": None}, "no_id"),
        ({**TOOL, "started_at": "noon"}, "bad_time"),
        ({**TOOL, "span_data": []}, "wrong_type"),
        ({**TOOL, "error": "broken"}, "wrong_type"),
        ({**ASK, "span_data": {**ASK["span_data"], "usage": {"input_tokens": -1}}}, "wrong_type"),
        ({**TRACE, "id": None}, "no_id"),
        ({**TRACE, "group_id": ["x"]}, "wrong_type"),
    ],
)
@pytest.mark.parametrize("is_log", [True, False])
def test_one_bad_object_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str, is_log: bool) -> None:
    objects = [TRACE, AGENT, bad, RUN]
    loaded = read(openai_agents.load, _lines(objects) if is_log else {"data": objects})
    assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [(reason, bad)]
    assert loaded.spans["span_id"].to_list() == ["span_1", "span_0"]
    assert set(loaded.spans["session_id"]) == {"chat_7"}


def test_a_trace_whose_only_span_is_refused_is_still_kept(read: Read) -> None:
    loaded = read(openai_agents.load, [TRACE, {**TOOL, "ended_at": 5}])
    assert (loaded.spans["span_id"].to_list(), [refused.reason for refused in loaded.refused]) == ([T1], ["bad_time"])


@pytest.mark.parametrize("raw", [b"", b"{", b"[1, 2]", b'{"data": 7}', b'{"object": "trace.span"', b"\xff" * 10])
def test_what_is_no_export_is_refused(read: Read, raw: bytes) -> None:
    loaded = read(openai_agents.load, raw)
    assert (loaded.spans.height, len(loaded.refused)) == (0, {b"": 0, b"[1, 2]": 2}.get(raw, 1))


def test_a_later_part_of_a_file_knows_the_traces_before_it(read: Read) -> None:
    first = _lines([TRACE])
    loaded = read(openai_agents.load, first + _lines([TOOL]), start=len(first))
    assert loaded.spans.select("span_id", "session_id").rows() == [("span_4", "chat_7")]


def test_batches_of_one_file_hold_the_same_rows(read: Read) -> None:
    lines = _lines([*SPANS, TRACE])
    assert read(openai_agents.load, lines, batch_records=2).spans.equals(read(openai_agents.load, lines).spans)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
made = st.fixed_dictionaries(
    {
        "trace_id": st.sampled_from(["t1", "t2"]),
        "span_id": texts,
        "parent_span_id": st.none() | texts,
        "tool_name": texts,
        "input": texts,
        "output": texts,
        "started_at": moments,
        "ended_at": st.none() | moments,
        "error_message": st.none() | texts,
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(made, min_size=1, max_size=5, unique_by=lambda row: (row["trace_id"], row["span_id"])),
    groups=st.fixed_dictionaries({"t1": st.none() | texts, "t2": st.none() | texts}),
    is_log=st.booleans(),
    rng=st.randoms(),
)
def test_columns_survive_a_round_trip(
    read: Read, rows: list[dict[str, Any]], groups: dict[str, str | None], is_log: bool, rng: Any
) -> None:
    objects: list[dict[str, Any]] = [
        {
            "object": "trace.span",
            "id": row["span_id"],
            "trace_id": row["trace_id"],
            "parent_id": row["parent_span_id"],
            "started_at": row["started_at"].isoformat(),
            "ended_at": row["ended_at"] and row["ended_at"].isoformat(),
            "span_data": {"type": "function", "name": row["tool_name"], "input": row["input"], "output": row["output"]},
            "error": row["error_message"] and {"message": row["error_message"], "data": None},
        }
        for row in rows
    ]
    traces = [
        {"object": "trace", "id": name, "workflow_name": "w", "group_id": group} for name, group in groups.items()
    ]
    objects += [trace for trace in traces if any(row["trace_id"] == trace["id"] for row in rows)]
    rng.shuffle(objects)
    loaded = read(openai_agents.load, _lines(objects) if is_log else json.dumps({"data": objects}).encode())
    assert loaded.refused == []
    found = {(row["trace_id"], row["span_id"]): row for row in loaded.spans.rows(named=True)}
    assert len(found) == len(rows)
    for row in rows:
        expected = {
            **row,
            "session_id": groups[row["trace_id"]],
            "status": "ERROR" if row["error_message"] else "UNSET",
        }
        assert {name: found[row["trace_id"], row["span_id"]][name] for name in expected} == expected
