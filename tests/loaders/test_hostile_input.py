"""Whatever stands where, a loader gives spans, signals and refused records; it never fails, nor loses a neighbour."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import reduce
from itertools import cycle
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import (
    LOADERS,
    adk,
    adk_analytics,
    agentrx,
    claude,
    langfuse,
    langsmith,
    mapped,
    mlflow,
    openai_agents,
    openai_logs,
    signals,
    swe_agent,
    tau2_bench,
    tau_bench,
    who_and_when,
)
from workbench.loaders.batch import Load
from workbench.loaders.mapped.mapping import mapping_of

Read = Callable[..., Any]

TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi", "timestamp": "2025-01-01T00:00:01", "cost": 0.5, "usage": {"prompt_tokens": 1}},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "name": "f", "arguments": {"a": 1}}],
        "timestamp": "2025-01-01T00:00:02",
        "cost": 0.5,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        "raw_data": {"finish_reason": "stop", "model": "m"},
    },
    {"role": "tool", "id": "c", "content": "Error", "error": True, "timestamp": "2025-01-01T00:00:03"},
]
DOCUMENTS: dict[str, tuple[Load, Any]] = {
    "tau2_bench": (
        tau2_bench.load,
        {
            "info": {"agent_info": {"implementation": "a", "llm": "m"}, "environment_info": {"domain_name": "d"}},
            "tasks": [{"id": "1"}],
            "simulations": [
                {
                    "id": "r",
                    "task_id": "1",
                    "start_time": "2025-01-01T00:00:00",
                    "end_time": "2025-01-01T00:00:09",
                    "termination_reason": "user_stop",
                    "agent_cost": 1.0,
                    "reward_info": {"reward": 1.0},
                    "messages": TURNS,
                }
            ],
        },
    ),
    "tau_bench": (
        tau_bench.load,
        [{"task_id": 1, "reward": 1.0, "info": {"task": {"user_id": "u"}, "reward_info": {"x": 1}}, "traj": TURNS}],
    ),
    "langfuse": (
        langfuse.load,
        {
            "trace": {
                "id": "t",
                "userId": "u",
                "timestamp": "2025-01-01T00:00:00Z",
                "input": '"q"',
                "metadata": '{"user_id": "u"}',
                "scores": [{"name": "s", "value": 1, "source": "EVAL", "timestamp": "2025-01-01T00:00:00Z"}],
            },
            "observations": [
                {
                    "id": "o",
                    "type": "GENERATION",
                    "startTime": "2025-01-01T00:00:00Z",
                    "metadata": {"attributes": {"user.id": "u"}, "resourceAttributes": {"service.name": "s"}},
                    "usageDetails": {"input": 1, "output": 1},
                    "costDetails": {"total": 1},
                    "modelParameters": {"finishReason": "stop"},
                    "output": '{"choices": [{"finish_reason": "stop"}]}',
                },
                {"id": "p", "type": "SPAN", "output": {"type": "tool", "tool_call_id": "c", "status": "error"}},
            ],
        },
    ),
    "openai_agents": (
        openai_agents.load,
        [
            {"object": "trace", "id": "t", "workflow_name": "w", "group_id": "g", "metadata": {"user_id": "u"}},
            {
                "object": "trace.span",
                "id": "s",
                "trace_id": "t",
                "parent_id": "p",
                "started_at": "2025-01-01T00:00:00Z",
                "ended_at": "2025-01-01T00:00:01Z",
                "span_data": {
                    "type": "generation",
                    "input": [TURNS[1]],
                    "output": [{"output": [{"type": "message", "content": [{"type": "output_text", "text": "x"}]}]}],
                    "model": "m",
                    "usage": {"input_tokens": 1},
                },
                "error": {"message": "m", "data": {"error": "e"}},
            },
            {
                "object": "trace.span",
                "id": "p",
                "trace_id": "t",
                "span_data": {"type": "custom", "data": {"sdk_span_type": "turn", "agent_name": "a"}},
            },
        ],
    ),
    "openai_logs": (
        openai_logs.load,
        [
            {
                "timestamp": 1.7e9,
                "latency_ms": 5,
                "client_id": "c",
                "request": {"model": "m", "messages": [TURNS[1]], "user": "u", "metadata": {"session_id": "s"}},
                "response": {
                    "object": "chat.completion",
                    "id": "r",
                    "created": 1767607200,
                    "choices": [{"message": TURNS[2], "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1},
                },
            },
            {
                "object": "response",
                "id": "r2",
                "previous_response_id": "r1",
                "conversation": {"id": "v"},
                "prompt": {"id": "p", "version": "1"},
                "status": "incomplete",
                "incomplete_details": {"reason": "max_output_tokens"},
                "output": [{"type": "message", "content": [{"type": "output_text", "text": "x"}]}],
            },
            {
                "id": "b",
                "custom_id": "1",
                "response": {"status_code": 400, "body": {"error": {"code": "c"}}},
                "error": None,
            },
        ],
    ),
    "langsmith": (
        langsmith.load,
        [
            {
                "id": "r",
                "run_type": "llm",
                "dotted_order": f"20250101T000000000000Z{'0' * 36}",
                "start_time": "2025-01-01T00:00:00Z",
                "error": "KeyError('a')Traceback (most recent call last):\n  File\nKeyError: a",
                "inputs": {"messages": [[{"lc": 1, "id": ["m", "HumanMessage"], "kwargs": {"content": "q"}}]]},
                "outputs": {
                    "generations": [
                        [{"message": {"type": "ai", "content": [], "tool_calls": [{"name": "f", "args": {}}]}}]
                    ],
                    "llm_output": {"token_usage": {"prompt_tokens": 1}},
                },
                "extra": {"metadata": {"user_id": "u", "thread_id": "t"}, "invocation_params": {"model": "m"}},
                "total_cost": "0.5",
            },
            {
                "id": "p",
                "run_type": "chain",
                "start_time": 1.7e12,
                "child_runs": [
                    {
                        "id": "c",
                        "run_type": "tool",
                        "outputs": {"output": {"type": "tool", "content": "x", "tool_call_id": "c", "status": "error"}},
                    }
                ],
            },
            {"run_id": "r", "key": "k", "score": 1, "feedback_source": {"type": "api", "user_id": "u"}},
        ],
    ),
    "mlflow": (
        mlflow.load,
        {
            "info": {
                "trace_id": "tr-1",
                "request_time": "2025-01-01T00:00:00Z",
                "execution_duration": "0.5s",
                "trace_metadata": {"mlflow.trace.user": "u", "mlflow.traceInputs": '"q"'},
                "tags": [{"key": "mlflow.linkedPrompts", "value": '[{"name": "p", "version": 1}]'}],
                "assessments": [
                    {
                        "assessment_name": "a",
                        "source": {"source_type": "HUMAN", "source_id": "u"},
                        "feedback": {"value": 1},
                        "create_time": 1.7e12,
                    },
                    {"assessment_name": "e", "expectation": {"serialized_value": {"value": '{"a": 1}'}}},
                ],
            },
            "data": {
                "spans": [
                    {
                        "span_id": "APBnqgupArc=",
                        "start_time_unix_nano": 1735689600000000000,
                        "status": {"code": "STATUS_CODE_ERROR", "message": "m"},
                        "attributes": {"mlflow.spanType": '"LLM"', "mlflow.chat.tokenUsage": '{"input_tokens": 1}'},
                        "events": [{"name": "exception", "attributes": {"exception.type": "E"}}],
                    },
                    {
                        "context": {"span_id": "0x1", "trace_id": "0x2"},
                        "parent_id": "0x3",
                        "attributes": [
                            {"key": "a", "value": {"kvlist_value": {"values": [{"key": "b", "value": {}}]}}}
                        ],
                    },
                ]
            },
        },
    ),
    "claude": (
        claude.load,
        [
            {
                "type": "user",
                "uuid": "u",
                "parentUuid": None,
                "sessionId": "s",
                "promptId": "p",
                "timestamp": "2025-01-01T00:00:00Z",
                "version": "2",
                "message": {"role": "user", "content": "Hi"},
            },
            {
                "type": "assistant",
                "uuid": "a",
                "parentUuid": "u",
                "sessionId": "s",
                "timestamp": "2025-01-01T00:00:01Z",
                "message": {
                    "id": "m",
                    "model": "c",
                    "stop_reason": "tool_use",
                    "usage": {"input_tokens": 1, "cache_read_input_tokens": 2},
                    "content": [{"type": "tool_use", "id": "t", "name": "Task", "input": {"prompt": "Go"}}],
                },
            },
            {
                "type": "user",
                "uuid": "b",
                "isSidechain": True,
                "agentId": "g",
                "sessionId": "s",
                "message": {"content": [{"type": "text", "text": "Go"}]},
            },
            {
                "type": "user",
                "uuid": "r",
                "sessionId": "s",
                "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": "x", "is_error": True}]},
                "toolUseResult": {"agentId": "g"},
            },
            {
                "type": "system",
                "subtype": "api_error",
                "uuid": "y",
                "sessionId": "s",
                "error": {"status": 5, "error": {"type": "e"}},
            },
            {"type": "result", "subtype": "success", "session_id": "s", "total_cost_usd": 0.5, "duration_ms": 1},
        ],
    ),
    "signals": (
        signals.load,
        [
            {
                "target_kind": "trace",
                "target_id": "t",
                "kind": "edit",
                "name": "n",
                "value": 1,
                "at": "2025-01-01T00:00:00Z",
            }
        ],
    ),
    "agentrx": (
        agentrx.load,
        [
            {"task_id": 1, "reward": 1.0, "traj": [{**turn, "index": n} for n, turn in enumerate(TURNS)]},
            {
                "trajectory_id": 1,
                "failures": [{"failure_id": 1, "step_number": 3, "failed_agent": "A", "failure_category": "c"}],
                "root_cause": {"failure_id": 1, "reason_for_root_cause": "r"},
            },
        ],
    ),
    "who_and_when": (
        who_and_when.load,
        {
            "is_correct": False,
            "question_ID": "q",
            "history": [
                {"content": "x", "name": "A", "role": "user"},
                {"content": "exitcode: 1", "role": "ComputerTerminal"},
            ],
            "mistake_agent": "A",
            "mistake_step": "0",
        },
    ),
    "swe_agent": (
        swe_agent.load,
        [
            {
                "instance_id": "i",
                "info": {
                    "exit_status": "Submitted",
                    "model_stats": {"instance_cost": 1.0},
                    "config": {"model": {"model_name": "m"}},
                },
                "messages": [
                    {
                        "role": "assistant",
                        "content": "```bash\nls\n```",
                        "extra": {
                            "response": {
                                "model": "m",
                                "usage": {"prompt_tokens": 1, "cost": 1.0},
                                "choices": [{"finish_reason": "stop", "message": {"content": "x"}}],
                            }
                        },
                    },
                    {"role": "user", "content": "<returncode>1</returncode>"},
                ],
            },
            {"instance_id": "i", "report": {"resolved": True}},
        ],
    ),
    "adk": (
        adk.load,
        [
            {
                "id": "s",
                "app_name": "a",
                "user_id": "u",
                "state": {"n": 1},
                "events": [
                    {
                        "id": "e",
                        "invocation_id": "i",
                        "author": "a",
                        "timestamp": 1.7e9,
                        "content": {
                            "role": "model",
                            "parts": [{"text": "x"}, {"function_call": {"id": "c", "name": "f", "args": {"n": 1}}}],
                        },
                        "usage_metadata": {"prompt_token_count": 1},
                        "actions": {"state_delta": {"n": 1}},
                    },
                    {
                        "id": "r",
                        "invocation_id": "i",
                        "author": "user",
                        "content": {"parts": [{"function_response": {"id": "c", "response": {"error": "x"}}}]},
                    },
                ],
            },
            {"session_id": "s", "invocation_id": "j", "id": "x", "event_data": '{"author": "a", "timestamp": 1.7e9}'},
        ],
    ),
    "adk_analytics": (
        adk_analytics.load,
        [
            {
                "timestamp": "2026-01-05T10:00:00Z",
                "event_type": "LLM_RESPONSE",
                "span_id": "s",
                "trace_id": "t",
                "user_id": "u",
                "content": {"response": "text: 'x'", "usage": {"prompt": 1}},
                "attributes": '{"adk": {"app_name": "a"}, "model_version": "m"}',
                "latency_ms": {"total_ms": 1},
                "status": "OK",
            },
            {"invocation_id": "i", "event_type": "TOOL_STARTING", "content": {"tool": "f", "args": {"n": 1}}},
        ],
    ),
    "mapped": (
        mapped.loader(
            mapping_of(
                {
                    "format": "jsonl",
                    "columns": {
                        "trace_id": "id",
                        "user_id": "u.id",
                        "started_at": "t",
                        "cost_usd": "c",
                        "model": "m",
                        "duration_ms": "d",
                    },
                    "messages": {"path": "turns"},
                    "signals": [{"name": "n", "value": "v.x", "comment": "v.y", "at": "t", "values": {"up": 1}}],
                }
            )
        ),
        [{"id": "t", "u": {"id": 1}, "t": 1.7e9, "c": 1, "m": "m", "d": 1, "turns": TURNS, "v": {"x": "up", "y": "z"}}],
    ),
}
JUNK: list[Any] = [
    *(None, True, -1, 1.5, float("nan"), 10**400, "", "2025-13-40", "\ud800", "\x00<img src=x onerror=alert(1)>"),
    *("{", '{"user_id": ', "9" * 400, [], {}, [None], {"\ud800": 1}, [1, "a", {}]),
]
A_KIND_EACH: list[Any] = [None, True, 10**400, "", "\ud800", [], [None], {"\ud800": 1}]
"""Of the junk, what is told apart where a format is recognised by the kinds of its values."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        yield from _places(entry, (*path, name))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    return reduce(lambda inner, name: inner[name], path, document)


def _with_junk(document: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    changed = deepcopy(document)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = junk
    return changed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_junk_in_any_place_stops_a_loader(read: Read, name: str) -> None:
    """All junk for a place as lines of one file, and some of it, in turn, alone."""
    load, document = DOCUMENTS[name]
    for path, alone in zip(_places(document), cycle(JUNK), strict=False):
        lines = [json.dumps(_with_junk(document, path, junk)) for junk in JUNK]
        for raw in ("\n".join(lines), json.dumps(_with_junk(document, path, alone))):
            loaded = read(load, raw.encode())
            assert loaded.spans["trace_id"].null_count() == loaded.spans["span_id"].null_count() == 0
            assert loaded.signals["target_id"].null_count() == 0
            assert all(refused.reason and refused.detail for refused in loaded.refused)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_number_is_too_large_for_a_loader(read: Read, name: str) -> None:
    """A duration or time that leads beyond all dates raised where the table was made, and ended the whole ingest."""
    load, document = DOCUMENTS[name]
    for path in _places(document):
        if isinstance(_at(document, path), int | float):
            for number in (1e308, -1e308, 1e17, 10**17, -(10**17)):
                loaded = read(load, json.dumps(_with_junk(document, path, number)).encode())
                years = loaded.spans.select(pl.col("started_at", "ended_at").dt.year()).rows()
                assert all(1 <= year <= 9999 for row in years for year in row if year is not None)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_junk_in_any_place_stops_the_choice_of_a_loader(name: str) -> None:
    """A list where a word is looked up among words raised, and the file stopped the whole ingest."""
    _, document = DOCUMENTS[name]
    for path in _places(document):
        for junk in A_KIND_EACH:
            raw = json.dumps(_with_junk(document, path, junk)).encode()
            assert all(known.recognises(raw) in (True, False) for known in LOADERS)


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damaged_bytes_stop_a_loader(read: Read, name: str, data: st.DataObject) -> None:
    load, document = DOCUMENTS[name]
    raw = bytearray(json.dumps(document).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    loaded = read(load, bytes(raw[: data.draw(st.integers(1, len(raw)))]))
    assert loaded.spans.height + loaded.signals.height + len(loaded.refused) >= 1


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "tau2_bench"])
def test_a_bad_neighbour_changes_nothing_of_a_good_record(read: Read, name: str) -> None:
    load, document = DOCUMENTS[name]
    good = document if isinstance(document, list) else [document]
    alone, among = read(load, good), read(load, [7, *good, {"x": 1}, *(json.loads("[[]]"))])
    assert among.spans.drop("source").equals(alone.spans.drop("source"))
    assert among.signals.drop("source").equals(alone.signals.drop("source"))
    assert len(among.refused) == len(alone.refused) + 3
