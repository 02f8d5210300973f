"""Sessions of Google ADK: what its services dump becomes traces, spans and tool calls, however it is written down."""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench.loaders import adk
from workbench.loaders.adk import invocations

Read = Callable[..., Any]

AT = 1_767_607_200.0
"""2026-01-05 10:00:00 UTC."""
ACTIONS: dict[str, Any] = {
    "state_delta": {},
    "artifact_delta": {},
    "requested_auth_configs": {},
    "requested_tool_confirmations": {},
}
USAGE = {"prompt_token_count": 11, "candidates_token_count": 5, "total_token_count": 16}


def _event(event_id: str, second: float, author: str, role: str, parts: list[Any], **fields: Any) -> dict[str, Any]:
    """Return an event with the fields that ADK 2.13 writes; `None` stands where it writes null."""
    return {
        "model_version": None,
        "content": {"parts": parts, "role": role} if parts else None,
        "partial": None,
        "error_code": None,
        "invocation_id": "e-1",
        "author": author,
        "actions": ACTIONS,
        "branch": None,
        "node_info": {"path": ""},
        "id": event_id,
        "timestamp": AT + second,
        **fields,
    }


def _call(call_id: str | None, city: str) -> dict[str, Any]:
    call = {"args": {"city": city}, "name": "get_weather"}
    return {"function_call": call if call_id is None else {"id": call_id, **call}, "text": None}


def _response(call_id: str | None, response: dict[str, Any]) -> dict[str, Any]:
    said = {"name": "get_weather", "response": response}
    return {"function_response": said if call_id is None else {"id": call_id, **said}, "text": None}


ANSWERED = {"model_version": "gemini-x-001", "finish_reason": "STOP", "usage_metadata": USAGE}
SESSION: dict[str, Any] = {
    "id": "s1",
    "app_name": "weather",
    "user_id": "ann",
    "state": {"tier": "gold"},
    "last_update_time": AT + 9,
    "events": [
        _event("u1", 0, "user", "user", [{"text": "Weather in Oslo and Rome?", "thought": None}]),
        _event("m1", 1, "helper", "model", [_call("c1", "Oslo"), _call("c2", "Rome")], **ANSWERED),
        _event(
            *(
                "r1",
                3,
                "helper",
                "user",
                [_response("c1", {"report": "rain"}), _response("c2", {"error": "no station"})],
            ),
            actions=ACTIONS | {"state_delta": {"lastCity": "Rome"}},
        ),
        _event("m2", 4, "helper", "model", [{"text": "It rains in Oslo."}], **ANSWERED),
        _event("u2", 5, "user", "user", [{"text": "Boom"}], invocation_id="e-2"),
        _event("m3", 7, "helper", "model", [], invocation_id="e-2", error_code="SAFETY", error_message="blocked"),
    ],
}


def camel(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session as ADK writes it by alias: the framework's names in camelCase, users' as they are."""
    named = {re.sub("_([a-z])", lambda found: found[1].upper(), name): entry for name, entry in value.items()}
    users_own = ("args", "response", "state", "stateDelta")
    return {name: entry if name in users_own else _camel_inner(entry) for name, entry in named.items()}


def _camel_inner(value: Any) -> Any:
    if isinstance(value, dict):
        return camel(value)
    return [_camel_inner(entry) for entry in value] if isinstance(value, list) else value


def table_rows(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the session's events as rows of the table of ADK's database services."""
    owner = {"app_name": session["app_name"], "user_id": session["user_id"], "session_id": session["id"]}
    return [
        {
            **owner,
            "id": event["id"],
            "invocation_id": event["invocation_id"],
            "timestamp": datetime.fromtimestamp(event["timestamp"], UTC).isoformat(),
            "event_data": json.dumps(event),
        }
        for event in session["events"]
    ]


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def _with(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**SESSION, "events": list(events), **fields}


def test_an_invocation_is_a_trace_and_its_root_says_what_was_asked_and_answered(
    read: Read, key: Callable[[str], str]
) -> None:
    loaded = read(adk.load, SESSION)
    root = _span(loaded, "e-1")
    assert loaded.spans.group_by("trace_id").len().sort("trace_id").rows() == [("e-1", 5), ("e-2", 2)]
    assert (root["kind"], root["operation"], root["agent"], root["parent_span_id"]) == (
        *("AGENT", "invoke_agent", "helper"),
        None,
    )
    assert (root["input"], root["output"]) == ("Weather in Oslo and Rome?", "It rains in Oslo.")
    assert (root["started_at"], root["ended_at"], root["duration_ms"]) == (
        datetime(2026, 1, 5, 10, tzinfo=UTC),
        datetime(2026, 1, 5, 10, 0, 4, tzinfo=UTC),
        4000.0,
    )
    shared = loaded.spans.select("session_id", "service", "user_key").unique().rows()
    assert shared == [("s1", "weather", key("ann"))]
    assert set(loaded.spans.filter(pl.col("span_id") != pl.col("trace_id"))["parent_span_id"]) == {"e-1", "e-2"}


def test_an_answer_of_a_model_is_a_model_call(read: Read) -> None:
    loaded = read(adk.load, SESSION)
    call, answer = _span(loaded, "m1"), _span(loaded, "m2")
    assert (call["kind"], call["operation"], call["name"]) == (
        *("LLM", "generate_content"),
        "generate_content gemini-x-001",
    )
    assert (call["model"], call["finish_reason"], call["agent"]) == ("gemini-x-001", "STOP", "helper")
    assert (call["input_tokens"], call["output_tokens"], call["cost_usd"]) == (11, 5, None)
    assert json.loads(call["input"]) == [{"role": "user", "content": "Weather in Oslo and Rome?"}]
    assert [part["function_call"]["args"] for part in json.loads(call["output"])["parts"]] == [
        {"city": "Oslo"},
        {"city": "Rome"},
    ]
    assert call["duration_ms"] == 1000.0
    assert answer["output"] == "It rains in Oslo."
    assert [message["role"] for message in json.loads(answer["input"])] == ["tool"]
    assert call["attributes"]["usage_metadata"] == USAGE


def test_a_function_response_is_a_tool_call_with_the_arguments_that_were_asked_for(read: Read) -> None:
    loaded = read(adk.load, SESSION)
    tools = loaded.spans.filter(kind="TOOL")
    assert tools.select(
        "span_id", "tool_name", "tool_call_id", "input", "output", "status", "error_message"
    ).rows() == [
        ("r1", "get_weather", "c1", '{"city":"Oslo"}', '{"report":"rain"}', "UNSET", None),
        ("r1:1", "get_weather", "c2", '{"city":"Rome"}', '{"error":"no station"}', "ERROR", "no station"),
    ]
    assert tools["duration_ms"].to_list() == [2000.0, 2000.0]
    assert _span(loaded, "r1")["attributes"]["actions"] == {"state_delta": {"lastCity": "Rome"}}
    assert loaded.guessed["a function response with an error in it is read as a failed call"] == 1


def test_an_error_of_a_model_has_its_code_and_message(read: Read) -> None:
    failed = _span(read(adk.load, SESSION), "m3")
    assert (failed["kind"], failed["status"], failed["error_type"], failed["error_message"], failed["output"]) == (
        *("LLM", "ERROR", "SAFETY", "blocked"),
        None,
    )


def test_what_a_session_says_of_itself_is_on_its_last_root(read: Read) -> None:
    loaded = read(adk.load, SESSION)
    assert _span(loaded, "e-2")["attributes"]["session"] == {"state": {"tier": "gold"}, "last_update_time": AT + 9}
    assert _span(loaded, "e-1")["attributes"] == {"user_events": [{"id": "u1"}]}


@pytest.mark.parametrize(
    "content",
    [
        camel(SESSION),
        [SESSION],
        orjson.dumps(SESSION) + b"\n" + orjson.dumps(camel({**SESSION, "id": "s2"})) + b"\n",
        json.dumps(camel(SESSION), indent=1).encode(),
    ],
    ids=["camelCase", "array", "lines", "indented"],
)
def test_every_way_to_dump_a_session_gives_the_same_spans(read: Read, content: Any) -> None:
    loaded = read(adk.load, content)
    assert not loaded.refused
    of_session = loaded.spans.filter(session_id="s1")
    assert set(of_session["content_digest"]) == set(read(adk.load, SESSION).spans["content_digest"])


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.parquet"])
def test_rows_of_an_events_table_in_any_order_are_the_session(read: Read, tmp_path: Path, name: str) -> None:
    rows = table_rows(SESSION)[::-1]
    path = tmp_path / name
    if name.endswith("jsonl"):
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    elif name.endswith("csv"):
        pl.DataFrame(rows).write_csv(path)
    else:
        pl.DataFrame(rows).write_parquet(path)
    loaded = read(adk.load, path)
    without_state = read(adk.load, {**SESSION, "state": {}, "last_update_time": None})
    assert not loaded.refused
    assert set(loaded.spans["content_digest"]) == set(without_state.spans["content_digest"])


def test_events_of_two_sessions_may_alternate(read: Read) -> None:
    other = {**SESSION, "id": "s2", "user_id": "ben"}
    mixed = [row for pair in zip(table_rows(SESSION), table_rows(other), strict=True) for row in pair]
    loaded = read(adk.load, b"".join(orjson.dumps(row) + b"\n" for row in mixed), batch_records=3)
    assert loaded.spans.group_by("session_id").len().sort("session_id").rows() == [("s1", 7), ("s2", 7)]


def test_a_call_without_an_id_is_answered_in_order_of_its_name(read: Read) -> None:
    loaded = read(
        adk.load,
        _with(
            _event("m", 1, "a", "model", [_call(None, "Oslo"), _call(None, "Rome")]),
            _event("r", 2, "a", "user", [_response(None, {"n": 1})]),
            _event("q", 3, "a", "user", [_response(None, {"n": 2})]),
            _event("p", 4, "a", "user", [_response(None, {"n": 3})]),
        ),
    )
    assert loaded.spans.filter(kind="TOOL").select("span_id", "input").rows() == [
        ("r", '{"city":"Oslo"}'),
        ("q", '{"city":"Rome"}'),
        ("p", None),
    ]
    assert loaded.guessed["a function response without a call id answers the oldest open call of its name"] == 2
    assert loaded.guessed["a function response whose call is not in the session"] == 1
    assert (
        loaded.guessed["an event of role model that names no model, usage or reason to stop is read as a model call"]
        == 1
    )


def test_what_an_agent_heard_before_a_failure_it_does_not_hear_again(read: Read) -> None:
    """After an answer without content the next message was taken for one that the agent had heard."""
    failed = _event("m1", 1, "a", "model", [], error_code="TIMEOUT")
    answers = [
        _event("u1", 0, "user", "user", [{"text": "One"}]),
        failed,
        _event("u2", 2, "user", "user", [{"text": "Two"}]),
        _event("m2", 3, "a", "model", [{"text": "Yes."}], **ANSWERED),
    ]
    spans = read(adk.load, _with(*answers)).spans.filter(kind="LLM")
    assert [json.loads(heard) for heard in spans["input"]] == [
        [{"role": "user", "content": "One"}],
        [{"role": "user", "content": "Two"}],
    ]


def test_rows_of_one_moment_are_in_the_order_of_their_ids(read: Read) -> None:
    """Their order in the table is not known: it depended on that of the file."""
    events = [_event(name, 1, "a", "model", [{"text": name}], **ANSWERED) for name in ("x", "y", "z")]
    rows = table_rows(_with(*events))
    first, second = (read(adk.load, order).spans for order in (rows, rows[::-1]))
    assert set(first["content_digest"]) == set(second["content_digest"])


def test_a_tool_that_runs_long_is_answered_again_by_the_user_of_a_later_invocation(read: Read) -> None:
    loaded = read(
        adk.load,
        _with(
            _event("m", 1, "a", "model", [_call("c", "Oslo")], long_running_tool_ids=["c"]),
            _event("r", 2, "a", "user", [_response("c", {"status": "pending"})]),
            _event("u", 60, "user", "user", [_response("c", {"report": "rain"})], invocation_id="e-2"),
        ),
    )
    assert loaded.spans.filter(kind="TOOL").select("trace_id", "span_id", "input", "agent").rows() == [
        ("e-1", "r", '{"city":"Oslo"}', "a"),
        ("e-2", "u:0", '{"city":"Oslo"}', None),
    ]


def test_a_piece_of_a_streamed_answer_is_no_model_call_of_its_own(read: Read) -> None:
    loaded = read(
        adk.load,
        _with(
            _event("u", 0, "user", "user", [{"text": "Hi"}]),
            _event("p", 1, "a", "model", [{"text": "Hel"}], partial=True, usage_metadata=USAGE),
            _event("m", 2, "a", "model", [{"text": "Hello"}], **ANSWERED),
        ),
    )
    assert loaded.spans.select("span_id", "kind", "input_tokens", "duration_ms", "output").rows() == [
        ("p", "UNKNOWN", None, 1000.0, "Hel"),
        ("m", "LLM", 11, 2000.0, "Hello"),
        ("e-1", "AGENT", None, 2000.0, "Hello"),
    ]


def test_transfers_and_escalations_stay_in_the_attributes(read: Read) -> None:
    done = _event("x", 1, "loop", "", [], actions={"escalate": True, "transferToAgent": "b", "stateDelta": {"n": 1}})
    span = _span(read(adk.load, _with(done)), "x")
    assert (span["kind"], span["name"], span["agent"], span["status"]) == ("AGENT", "loop", "loop", "UNSET")
    assert span["attributes"]["actions"] == {"escalate": True, "transfer_to_agent": "b", "state_delta": {"n": 1}}


def test_agents_beside_one_another_start_where_their_branch_was(read: Read) -> None:
    loaded = read(
        adk.load,
        _with(
            _event("u", 0, "user", "user", [{"text": "Hi"}]),
            _event("a", 3, "a", "model", [{"text": "A"}], branch="both.a", **ANSWERED),
            _event("b", 4, "b", "model", [{"text": "B"}], branch="both.b", **ANSWERED),
            _event("c", 5, "a", "model", [{"text": "C"}], branch="both.a", **ANSWERED),
        ),
    )
    assert dict(loaded.spans.filter(kind="LLM").select("span_id", "duration_ms").rows()) == {
        "a": 3000.0,
        "b": 4000.0,
        "c": 2000.0,
    }


def test_thoughts_are_kept_but_are_no_answer(read: Read) -> None:
    thought = _event("m", 1, "a", "model", [{"text": "Hm.", "thought": True}, {"text": "Yes."}], **ANSWERED)
    loaded = read(adk.load, _with(thought))
    assert json.loads(_span(loaded, "m")["output"])["parts"] == [{"text": "Hm.", "thought": True}, {"text": "Yes."}]
    assert _span(loaded, "e-1")["output"] == "Yes."


GOOD = _event("m", 1, "a", "model", [{"text": "Yes."}], **ANSWERED)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "wrong_type"),
        ({**GOOD, "id": None}, "no_id"),
        ({**GOOD, "invocation_id": ""}, "no_id"),
        ({**GOOD, "author": None}, "no_id"),
        ({**GOOD, "timestamp": "noon"}, "bad_time"),
        ({**GOOD, "timestamp": 1e15}, "bad_time"),
        ({**GOOD, "content": [1]}, "wrong_type"),
        ({**GOOD, "content": {"parts": "words"}}, "wrong_type"),
        ({**GOOD, "content": {"parts": [{"function_call": "f"}]}}, "wrong_type"),
        ({**GOOD, "usage_metadata": {"prompt_token_count": -1}}, "wrong_type"),
        ({**GOOD, "model_version": {"a": 1}}, "wrong_type"),
    ],
)
def test_one_bad_event_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str) -> None:
    loaded = read(adk.load, _with(bad, {**GOOD, "id": "ok"}))
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert "ok" in loaded.spans["span_id"].to_list()


def test_a_repeated_key_costs_only_the_event_that_has_it(read: Read) -> None:
    raw = orjson.dumps(SESSION).replace(b'"finish_reason":"STOP"', b'"finish_reason":"STOP","finish_reason":"X"', 1)
    loaded = read(adk.load, raw)
    assert [refused.reason for refused in loaded.refused] == ["duplicate_key"]
    assert b'"finish_reason":"X"' in loaded.refused[0].raw
    assert loaded.spans.height == 6


@pytest.mark.parametrize("raw", [b"{", b"not json", b'{"events": []}', b'{"a": 1}', b'{"events": [{}]}'])
def test_what_is_no_session_is_one_refused_record(read: Read, raw: bytes) -> None:
    loaded = read(adk.load, raw)
    assert (loaded.spans.height, len(loaded.refused)) == (0, 1)


def test_a_session_without_a_time_has_none(read: Read) -> None:
    loaded = read(adk.load, _with({**GOOD, "timestamp": None}))
    assert loaded.spans["time_known"].to_list() == [False, False]
    assert loaded.spans["started_at"].null_count() == 2


def test_the_real_session_has_the_counts_of_a_hand_count(read: Read, shared_data: Path) -> None:
    """Nine events of one invocation: one of the user, six answers of models, two responses of one tool."""
    loaded = read(adk.load, shared_data / "framework-traces/adk/flow_complex_spark.session.json")
    spans = loaded.spans
    assert not loaded.refused
    assert dict(spans["kind"].value_counts().rows()) == {"LLM": 6, "TOOL": 2, "AGENT": 1}
    assert set(spans["trace_id"]) == {"UfYAgiCT"}
    assert set(spans["session_id"]) == {"683bcc98-7359-4b65-9cdb-307f85ae62c0"}
    assert spans.filter(kind="TOOL").select("tool_name", "input").rows() == [
        ("transfer_to_other_agent", '{"agent_name":"research_assistant"}'),
        ("transfer_to_other_agent", '{"agent_name":"spark_assistant"}'),
    ]
    assert dict(spans.filter(kind="LLM")["agent"].value_counts().rows()) == {
        "spark_assistant": 2,
        "research_plan_agent": 1,
        "question_generation_agent": 1,
        "information_retrieval_agent": 1,
        "summary_agent": 1,
    }
    root = spans.filter(kind="AGENT").row(0, named=True)
    assert root["input"] == "Research on the factors that affect floods in Florida. "
    assert root["output"].startswith("## Flooding in Florida")
    assert root["started_at"] == datetime(2024, 12, 15, 19, 51, 10, 899412, tzinfo=UTC)
    assert root["ended_at"] == datetime(2024, 12, 15, 19, 51, 31, 453157, tzinfo=UTC)


def test_as_many_calls_and_branches_as_events_take_linear_time(read: Read) -> None:
    """Each response was looked for among all open calls, and each branch among all: a hostile file took hours."""
    n = 10_000
    asked = _event("m", 1, "helper", "model", [_call(None, "Oslo")] * n, **ANSWERED)
    other = {"function_response": {"name": "another", "response": {}}}
    told = [_event(f"e{place}", 2, "helper", "user", [other], branch=f"b{place}") for place in range(n)]
    start = time.process_time()
    loaded = read(adk.load, [_with(asked, *told)])
    assert time.process_time() - start < 15
    assert (loaded.spans.filter(kind="TOOL").height, len(loaded.refused)) == (n, 0)


def test_a_session_in_which_everyone_speaks_once_does_not_grow_beyond_a_limit(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each agent that had not spoken heard all from the beginning: 10,000 authors of 1 kB made 50 GB of one file."""
    events = [
        _event(f"m{place}", place, f"agent {place}", "model", [{"text": "x" * 100}], **ANSWERED) for place in range(20)
    ]
    n_characters = len('{"role":"assistant","name":"agent 0","content":""}') + 100
    monkeypatch.setattr(invocations, "MAX_HEARD_CHARACTERS", (1 + 2 + 3 + 4) * n_characters)
    loaded = read(adk.load, [_with(*events)])
    assert loaded.spans.filter(kind="LLM")["span_id"].to_list() == ["m0", "m1", "m2", "m3", "m4"]
    assert [refused.reason for refused in loaded.refused] == ["too_large"] * 15
