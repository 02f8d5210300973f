"""Claude transcripts: a session, its sub-agents and the SDK's messages as they are written, counted by hand."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import claude
from workbench.loaders.claude import book, runs

Read = Callable[..., Any]

SHARED = {"userType": "external", "cwd": "/app", "sessionId": "s1", "version": "2.1.0", "gitBranch": "main"}


def _at(second: float) -> datetime:
    return datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(seconds=second)


def _line(uuid: str, parent: str | None, second: float, **fields: Any) -> dict[str, Any]:
    stamp = _at(second).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"parentUuid": parent, "isSidechain": False, "uuid": uuid, "timestamp": stamp, **SHARED, **fields}


def _user(uuid: str, parent: str | None, second: float, content: Any, **fields: Any) -> dict[str, Any]:
    return _line(uuid, parent, second, type="user", message={"role": "user", "content": content}, **fields)


def _answer(
    uuid: str, parent: str | None, second: float, name: str, block: Any, *, tokens: int = 10, **fields: Any
) -> dict[str, Any]:
    message = {
        "id": name,
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [block],
        "stop_reason": fields.pop("stop_reason", None),
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 100, "output_tokens": tokens},
    }
    return _line(uuid, parent, second, type="assistant", message=message, requestId=f"req_{name}", **fields)


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _use(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def _result(call_id: str, content: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": call_id, "content": content, **fields}]


THOUGHT = {"type": "thinking", "thinking": "Two tools.", "signature": "Eq=="}
SUMMARY = {"type": "summary", "summary": "Weather", "leafUuid": "a0"}
SNAPSHOT = {"type": "file-history-snapshot", "messageId": "u1", "snapshot": {"trackedFileBackups": {"x": 1}}}
SESSION: list[dict[str, Any]] = [
    SUMMARY,
    SNAPSHOT,
    _user("u1", None, 0, "Weather in Oslo?"),
    # One answer, three lines: the tokens of the first two are not final.
    _answer("a1", "u1", 2, "msg_1", THOUGHT, tokens=1),
    _answer("a2", "a1", 3, "msg_1", _use("toolu_1", "Bash", command="date"), tokens=1),
    _answer("a3", "a2", 3.5, "msg_1", _use("toolu_2", "Read", file_path="/x"), tokens=42, stop_reason="tool_use"),
    _user("u2", "a2", 5, _result("toolu_1", "Monday", is_error=False), toolUseResult={"stdout": "Monday"}),
    _user("u3", "a3", 6, _result("toolu_2", "No such file", is_error=True), toolUseResult="No such file"),
    _answer("a4", "u3", 8, "msg_2", _text("It rains."), tokens=7, stop_reason="end_turn"),
    _line("y1", "a4", 8.5, type="system", subtype="turn_duration", durationMs=8500),
    _user("u4", "a4", 60, "Thanks. And now?"),
    _answer("a5", "u4", 62, "msg_3", _text("Nothing."), tokens=5, stop_reason="end_turn"),
]


def _jsonl(lines: list[Any]) -> bytes:
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def _load(read: Read, lines: list[Any]) -> Any:
    return read(claude.load, _jsonl(lines))


def _span(loaded: Any, span_id: str) -> dict[str, Any]:
    row: dict[str, Any] = loaded.spans.row(by_predicate=pl.col("span_id") == span_id, named=True)
    return row | {"attributes": orjson.loads(row["attributes"])}


def test_each_prompt_is_a_trace_of_its_session(read: Read) -> None:
    loaded = _load(read, SESSION)
    assert loaded.refused == []
    assert loaded.spans.select("trace_id", "span_id", "parent_span_id", "kind").rows() == [
        ("u1", "u1", None, "AGENT"),
        ("u1", "msg_1", "u1", "LLM"),
        ("u1", "msg_2", "u1", "LLM"),
        ("u1", "toolu_1", "u1", "TOOL"),
        ("u1", "toolu_2", "u1", "TOOL"),
        ("u4", "u4", None, "AGENT"),
        ("u4", "msg_3", "u4", "LLM"),
    ]
    assert set(loaded.spans.select("session_id", "release", "user_key", "provider").rows()) == {
        ("s1", "2.1.0", None, None)
    }
    assert loaded.guessed["a trace begins at each prompt, and is named after it"] == 2


def test_the_run_has_prompt_last_words_and_both_times(read: Read) -> None:
    run = _span(_load(read, SESSION), "u1")
    assert (run["input"], run["output"]) == ("Weather in Oslo?", "It rains.")
    assert (run["started_at"], run["ended_at"], run["duration_ms"]) == (_at(0), _at(8), 8000.0)
    assert (run["operation"], run["status"], run["finish_reason"]) == ("invoke_agent", "UNSET", None)
    assert (run["attributes"]["cwd"], run["attributes"]["gitBranch"]) == ("/app", "main")


def test_an_answer_on_several_lines_is_counted_once_with_its_final_tokens(read: Read) -> None:
    loaded = _load(read, SESSION)
    answer = _span(loaded, "msg_1")
    assert (answer["input_tokens"], answer["output_tokens"], answer["finish_reason"]) == (3, 42, "tool_use")
    assert (loaded.spans["input_tokens"].sum(), loaded.spans["output_tokens"].sum()) == (3 * 3, 42 + 7 + 5)
    assert answer["attributes"]["message"]["usage"]["cache_read_input_tokens"] == 100
    assert [line["message"]["usage"]["output_tokens"] for line in answer["attributes"]["earlier_lines"]] == [1, 1]
    assert [line["uuid"] for line in answer["attributes"]["earlier_lines"]] == ["a1", "a2"]
    assert answer["attributes"]["thinking"] == [THOUGHT]
    assert [block["id"] for block in orjson.loads(answer["output"])["content"]] == ["toolu_1", "toolu_2"]


def test_tokens_that_may_not_be_final_are_said(read: Read) -> None:
    """Some versions write what was known when an answer began on all of its lines, and no reason to stop."""
    begun = [_answer("a9", "u4", 61, "m9", _text("So"), tokens=1), _answer("b9", "a9", 62, "m9", _text("so"), tokens=1)]
    loaded = _load(read, [*SESSION[:-1], *begun])
    assert _span(loaded, "m9")["output_tokens"] == 1
    name = "an answer without a stop reason: its output tokens may be those of its beginning"
    assert (loaded.guessed[name], _load(read, SESSION).guessed[name]) == (1, 0)


def test_how_long_an_answer_took_is_not_invented(read: Read) -> None:
    loaded = _load(read, SESSION)
    answer = _span(loaded, "msg_1")
    assert (answer["started_at"], answer["ended_at"], answer["duration_ms"]) == (_at(2), _at(3.5), None)
    assert loaded.spans.filter(kind="LLM")["duration_ms"].null_count() == 3
    assert loaded.guessed["an answer is put at the time of its first line; when the call began is not recorded"] == 3


def test_an_answer_was_given_to_what_came_before_it(read: Read) -> None:
    loaded = _load(read, SESSION)
    assert orjson.loads(_span(loaded, "msg_1")["input"]) == [{"role": "user", "content": "Weather in Oslo?"}]
    assert [message["content"][0]["content"] for message in orjson.loads(_span(loaded, "msg_2")["input"])] == [
        *("Monday", "No such file")
    ]
    assert (_span(loaded, "msg_2")["output"], _span(loaded, "msg_2")["model"]) == ("It rains.", "claude-x")


def test_a_tool_lasts_from_its_call_to_its_result(read: Read) -> None:
    loaded = _load(read, SESSION)
    done, failed = _span(loaded, "toolu_1"), _span(loaded, "toolu_2")
    assert (done["started_at"], done["ended_at"], done["duration_ms"]) == (_at(3), _at(5), 2000.0)
    assert (done["tool_name"], done["tool_call_id"], done["name"]) == ("Bash", "toolu_1", "execute_tool Bash")
    assert (done["input"], done["output"], done["status"]) == ('{"command":"date"}', "Monday", "OK")
    assert done["attributes"]["toolUseResult"] == {"stdout": "Monday"}
    assert (failed["status"], failed["error_message"], failed["duration_ms"]) == ("ERROR", "No such file", 2500.0)


def test_lines_that_are_no_part_of_a_span_are_kept_with_the_request_in_whose_midst_they_lie(read: Read) -> None:
    loaded = _load(read, SESSION)
    kept = _span(loaded, "u1")["attributes"]["lines"]
    assert [line["type"] for line in kept] == ["summary", "file-history-snapshot", "system"]
    assert kept[1] == SNAPSHOT
    assert {name: n for name, n in loaded.left.items() if name.startswith("line of")} == {
        "line of type summary": 1,
        "line of type file-history-snapshot": 1,
        "line of type system": 1,
    }


@pytest.mark.parametrize(
    "line",
    [
        _user("x", "u1", 1, "<command-message>skill</command-message>", isMeta=True),
        _user("x", "u1", 1, "This session is being continued.", isCompactSummary=True),
        _user("x", "u1", 1, "<local-command-stdout>ok</local-command-stdout>"),
        _user("x", "u1", 1, ""),
        {"type": "queue-operation", "operation": "enqueue", "sessionId": "s1", "content": "And now?"},
        {"type": "tomorrow", "sessionId": "s1", "size": 3},
    ],
)
def test_what_nobody_asked_begins_no_request(read: Read, line: dict[str, Any]) -> None:
    loaded = _load(read, [*SESSION[2:3], line, *SESSION[3:10]])
    assert loaded.spans["trace_id"].unique().to_list() == ["u1"]
    kept = _span(loaded, "u1")["attributes"]["lines"]
    assert {name: value for name, value in line.items() if value is not None} in kept


def test_prompts_of_one_prompt_id_are_one_request_named_after_it(read: Read) -> None:
    more = [_user("u1", None, 0, "Look:", promptId="p1"), _user("u9", "u1", 1, [_text("at this")], promptId="p1")]
    loaded = _load(read, [*more, _answer("a1", "u9", 2, "msg_1", _text("Yes."))])
    assert loaded.spans.select("trace_id", "span_id").rows() == [("p1", "p1"), ("p1", "msg_1")]
    assert len(orjson.loads(_span(loaded, "msg_1")["input"])) == 2


def test_an_interruption_ends_the_request_and_begins_none(read: Read) -> None:
    stop = _user("u9", "a2", 4, [_text("[Request interrupted by user for tool use]")])
    loaded = _load(read, [*SESSION[2:5], stop])
    assert (_span(loaded, "u1")["finish_reason"], loaded.spans["trace_id"].n_unique()) == ("interrupted", 1)
    open_call = _span(loaded, "toolu_1")
    assert (open_call["output"], open_call["ended_at"], open_call["status"]) == (None, None, "UNSET")
    assert loaded.guessed["a note that the user interrupted is read as the end of the request"] == 1


def test_an_error_of_the_api_is_an_error_of_the_answer_and_of_the_request(read: Read) -> None:
    failed = _answer("a9", "u4", 62, "m9", _text("API Error: Overloaded"), isApiErrorMessage=True, error="overloaded")
    failed["message"]["model"] = "<synthetic>"
    loaded = _load(read, [*SESSION[:-1], failed])
    for span_id in ("m9", "u4"):
        row = _span(loaded, span_id)
        assert (row["status"], row["error_type"], row["error_message"], row["model"]) == (
            *("ERROR", "overloaded", "API Error: Overloaded"),
            None,
        )


@pytest.mark.parametrize(
    ("error", "error_type", "message"),
    [
        (
            {"status": 529, "error": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}},
            *("overloaded_error", "Overloaded"),
        ),
        ({"cause": {"code": "ECONNRESET"}}, "ECONNRESET", '{"cause":{"code":"ECONNRESET"}}'),
        ({"status": 503, "message": "busy"}, "503", "busy"),
        ("lost", None, "lost"),
        (None, None, None),
    ],
)
def test_a_call_that_is_tried_again_is_a_failed_span(
    read: Read, error: Any, error_type: str | None, message: str | None
) -> None:
    retry = _line("y9", "u1", 1, type="system", subtype="api_error", error=error, retryAttempt=1)
    row = _span(_load(read, [*SESSION[2:3], retry, *SESSION[3:]]), "y9")
    assert (row["trace_id"], row["parent_span_id"], row["kind"], row["status"]) == ("u1", "u1", "LLM", "ERROR")
    assert (row["error_type"], row["error_message"], row["started_at"]) == (error_type, message, _at(1))
    assert row["attributes"]["retryAttempt"] == 1


TASK = _use("toolu_9", "Task", subagent_type="Explore", prompt="Find it.")
MAIN: list[dict[str, Any]] = [
    _user("u1", None, 0, "Where?", promptId="p1"),
    _answer("a1", "u1", 1, "msg_1", TASK, stop_reason="tool_use"),
    _user(
        "u9", "a1", 9, _result("toolu_9", "Here."), promptId="p1", toolUseResult={"agentId": "ag1", "totalTokens": 9}
    ),
    _answer("a9", "u9", 10, "msg_9", _text("There."), stop_reason="end_turn"),
]


def _sub(agent_id: str | None = None, prompt: str = "Find it.", **fields: Any) -> list[dict[str, Any]]:
    side = {"isSidechain": True, **({"agentId": agent_id} if agent_id else {}), **fields}
    return [
        _user("s1", None, 2, prompt, **side),
        _answer("s2", "s1", 3, "msg_s1", _use("toolu_s", "Grep", pattern="x"), **side),
        _user("s3", "s2", 4, _result("toolu_s", "x.py"), **side),
        _answer("s4", "s3", 5, "msg_s2", _text("Here."), **side),
    ]


PLACED = [
    # lines of the sub-agent, its span, the span above it, what was assumed
    (_sub(), "s1", "toolu_9", "a sub-agent is put under the call that was given its prompt"),
    (_sub("ag1"), "ag1", "toolu_9", None),
    (_sub("ag1", prompt="Otherwise."), "ag1", "toolu_9", None),
    (_sub("ag7", "Else."), "ag7", "p1", "a sub-agent that names no call is put under the request in whose midst"),
]


@pytest.mark.parametrize(("lines", "span_id", "above", "assumed"), PLACED)
def test_a_sub_agent_lies_below_the_call_that_started_it(
    read: Read, lines: list[dict[str, Any]], span_id: str, above: str, assumed: str | None
) -> None:
    loaded = _load(read, [*MAIN[:2], *lines, *MAIN[2:]])
    assert loaded.spans["trace_id"].unique().to_list() == ["p1"]
    sub = _span(loaded, span_id)
    assert (sub["kind"], sub["parent_span_id"], sub["output"]) == ("AGENT", above, "Here.")
    assert (sub["started_at"], sub["duration_ms"]) == (_at(2), 3000.0)
    assert sub["agent"] == ("Explore" if above == "toolu_9" else None)
    assert {row["parent_span_id"] for row in (_span(loaded, name) for name in ("msg_s1", "msg_s2", "toolu_s"))} == {
        span_id
    }
    assert _span(loaded, "msg_9")["parent_span_id"] == "p1"
    told = [n for name, n in loaded.guessed.items() if name.startswith("a sub-agent")]
    assert told == ([1] if assumed else [])
    assert assumed is None or any(name.startswith(assumed) for name in loaded.guessed)


def test_sub_agents_that_write_between_each_other_are_kept_apart(read: Read) -> None:
    second = [{**line, "uuid": f"t{n}", "agentId": "ag2"} for n, line in enumerate(deepcopy(_sub("ag1")))]
    for line, parent, name in zip(second, [None, "t0", "t1", "t2"], ["", "m_t1", "", "m_t2"], strict=True):
        line["parentUuid"] = parent
        line["message"] |= {"id": name} if name else {}
    second[1]["message"]["content"] = [_use("toolu_t", "Grep", pattern="y")]
    second[2]["message"]["content"] = _result("toolu_t", "y.py")
    mixed = [line for pair in zip(_sub("ag1"), second, strict=True) for line in pair]
    loaded = _load(read, [*MAIN[:2], *mixed, *MAIN[2:]])
    below = loaded.spans.filter(pl.col("span_id").str.contains("toolu_s|toolu_t|msg_s|m_t"))
    assert sorted(below.select("parent_span_id", "span_id").rows()) == [
        *(("ag1", name) for name in ("msg_s1", "msg_s2", "toolu_s")),
        *(("ag2", name) for name in ("m_t1", "m_t2", "toolu_t")),
    ]


def test_a_sub_agent_in_a_file_of_its_own_is_part_of_the_request_of_its_prompt_id(read: Read) -> None:
    loaded = _load(read, _sub("ag1", promptId="p1", attributionAgent="Explore"))
    sub = _span(loaded, "ag1")
    assert (sub["trace_id"], sub["parent_span_id"], sub["session_id"], sub["agent"]) == ("p1", "p1", "s1", "Explore")
    assert set(loaded.spans["trace_id"]) == {"p1"}


def test_a_sub_agent_whose_request_is_not_known_is_a_trace_of_its_own(read: Read) -> None:
    loaded = _load(read, _sub("ag1"))
    assert (_span(loaded, "ag1")["trace_id"], _span(loaded, "ag1")["parent_span_id"]) == ("ag1", None)


def test_an_answer_without_a_prompt_in_the_file_is_not_lost(read: Read) -> None:
    loaded = _load(read, SESSION[5:9])
    assert loaded.spans["trace_id"].unique().to_list() == ["a3"]
    orphan = _span(loaded, "toolu_1")
    assert (orphan["tool_name"], orphan["output"], orphan["started_at"], orphan["duration_ms"]) == (
        *(None, "Monday"),
        *(_at(5), None),
    )
    assert loaded.guessed["a tool result whose call is not in the file"] == 1
    assert loaded.guessed["a request whose prompt is not in the file is named after its first line"] == 1


def test_a_session_that_goes_back_belongs_to_the_request_that_it_goes_on_from(read: Read) -> None:
    late = _answer("a8", "u3", 70, "msg_8", _text("It snows."))
    loaded = _load(read, [*SESSION, late])
    assert (_span(loaded, "msg_8")["trace_id"], _span(loaded, "u1")["ended_at"]) == ("u1", _at(70))


def test_sessions_of_one_file_are_kept_apart(read: Read) -> None:
    other = [{**line, "sessionId": "s2"} for line in SESSION[2:]]
    for line in other:
        line["uuid"], line["parentUuid"] = f"o{line['uuid']}", line["parentUuid"] and f"o{line['parentUuid']}"
        line["message"] = {**line.get("message", {})}
        if "id" in line["message"]:
            line["message"]["id"] = f"o{line['message']['id']}"
    mixed = [line for pair in zip(SESSION[2:], other, strict=True) for line in pair]
    loaded = _load(read, mixed)
    assert loaded.spans.group_by("session_id", "trace_id").len().sort("trace_id").rows() == [
        *[("s2", "ou1", 5), ("s2", "ou4", 2)],
        *[("s1", "u1", 5), ("s1", "u4", 2)],
    ]


def test_a_line_that_comes_twice_is_read_once(read: Read) -> None:
    loaded = _load(read, [*SESSION, *SESSION[2:]])
    assert loaded.spans.equals(_load(read, SESSION).spans)
    assert (loaded.refused, loaded.guessed["a line that comes twice is read once"]) == ([], len(SESSION) - 2)


def test_another_line_of_the_same_uuid_is_refused(read: Read) -> None:
    other = _user("u1", None, 0, "Weather in Bergen?")
    loaded = _load(read, [*SESSION, other])
    assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [("duplicate_id", other)]
    assert loaded.spans.equals(_load(read, SESSION).spans)


def test_a_second_result_of_a_call_is_kept_beside_the_first(read: Read) -> None:
    again = _user("u7", "a4", 9, _result("toolu_1", "Tuesday"))
    row = _span(_load(read, [*SESSION, again]), "toolu_1")
    assert (row["output"], row["attributes"]["later_results"][0]["output"]) == ("Monday", "Tuesday")


def test_what_was_said_after_the_last_answer_is_kept(read: Read) -> None:
    run = _span(_load(read, SESSION[2:8]), "u1")
    assert [message["content"][0]["content"] for message in run["attributes"]["unanswered"]] == [
        *("Monday", "No such file")
    ]


STREAM: list[dict[str, Any]] = [
    {"type": "system", "subtype": "init", "session_id": "s1", "cwd": "/app", "tools": ["Bash"], "model": "claude-x"},
    {"type": "assistant", "session_id": "s1", "uuid": "a1", "parent_tool_use_id": None}
    | {
        "message": _answer("", None, 0, "msg_1", _use("toolu_1", "Task", prompt="Go", subagent_type="Explore"))[
            "message"
        ]
    },
    {"type": "assistant", "session_id": "s1", "uuid": "b1", "parent_tool_use_id": "toolu_1"}
    | {"message": _answer("", None, 0, "msg_s", _text("Went."))["message"]},
    {"type": "user", "session_id": "s1", "uuid": "u1", "parent_tool_use_id": None}
    | {"message": {"role": "user", "content": _result("toolu_1", [_text("Went.")])}},
    {"type": "assistant", "session_id": "s1", "uuid": "a2", "parent_tool_use_id": None}
    | {"message": _answer("", None, 0, "msg_2", _text("Done."))["message"]},
    {
        "type": "result",
        "subtype": "success",
        "session_id": "s1",
        "uuid": "r1",
        "is_error": False,
        "duration_ms": 2500,
        "duration_api_ms": 2000,
        "num_turns": 2,
        "result": "Done.",
        "total_cost_usd": 0.25,
        "usage": {"input_tokens": 9, "output_tokens": 30},
    },
]


@pytest.mark.parametrize("write_down", [_jsonl, lambda lines: lines])
def test_the_messages_of_the_sdk_are_read_without_times(read: Read, write_down: Callable[[Any], Any]) -> None:
    loaded = read(claude.load, write_down(STREAM))
    assert loaded.spans.select("trace_id", "span_id", "parent_span_id", "kind", "agent").rows() == [
        ("a1", "a1", None, "AGENT", None),
        ("a1", "msg_1", "a1", "LLM", None),
        ("a1", "msg_2", "a1", "LLM", None),
        ("a1", "toolu_1", "a1", "TOOL", None),
        ("a1", "b1", "toolu_1", "AGENT", "Explore"),
        ("a1", "msg_s", "b1", "LLM", "Explore"),
    ]
    assert loaded.spans["time_known"].to_list() == [False] * 6
    run = _span(loaded, "a1")
    assert (run["cost_usd"], run["duration_ms"], run["output"]) == (0.25, 2500.0, "Done.")
    assert (run["finish_reason"], run["status"], run["input_tokens"]) == ("success", "UNSET", None)
    assert run["attributes"]["outcome"]["num_turns"] == 2
    assert run["attributes"]["lines"][0]["tools"] == ["Bash"]


def test_a_run_of_the_sdk_that_failed_says_why_and_the_next_is_another(read: Read) -> None:
    failed = {**STREAM[-1], "subtype": "error_max_turns", "is_error": True, "result": None}
    later = {**STREAM[1], "uuid": "c1", "message": {**STREAM[4]["message"], "id": "msg_c"}}
    loaded = _load(read, [*STREAM[:-1], failed, later])
    run = _span(loaded, "a1")
    assert (run["status"], run["error_type"], run["finish_reason"]) == ("ERROR", *["error_max_turns"] * 2)
    assert _span(loaded, "msg_c")["trace_id"] == "c1"


BAD: list[tuple[Any, str]] = [
    (7, "wrong_type"),
    ({"sessionId": "s1"}, "wrong_type"),
    ({"type": "user", "sessionId": "s1"}, "wrong_type"),
    ({"type": "user", "sessionId": "s1", "message": {"content": {"text": "Hi"}}}, "wrong_type"),
    (_user("x", "u1", 1, "Hi") | {"timestamp": "noon"}, "bad_time"),
    (_user("x", "u1", 1, "Hi") | {"sessionId": ["s1"]}, "wrong_type"),
    (_answer("x", "u1", 1, "m", _text("Hi")) | {"costUSD": "much"}, "wrong_type"),
    (_answer("x", "u1", 1, "m", _text("Hi"), tokens=-1), "wrong_type"),
    (_answer("x", "u1", 1, "m", {"type": "tool_use", "name": "Bash", "input": {}}), "no_id"),
    (_user("x", "u1", 1, [{"type": "tool_result", "content": "?"}]), "no_id"),
    ({**STREAM[-1], "total_cost_usd": "free"}, "wrong_type"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
@pytest.mark.parametrize("is_log", [True, False])
def test_one_bad_line_costs_one_record_and_no_neighbour(read: Read, bad: Any, reason: str, is_log: bool) -> None:
    lines = [*SESSION[:4], bad, *SESSION[4:]]
    loaded = read(claude.load, _jsonl(lines) if is_log else lines)
    assert [(refused.reason, orjson.loads(refused.raw)) for refused in loaded.refused] == [(reason, bad)]
    assert loaded.spans.drop("source").equals(_load(read, SESSION).spans.drop("source"))


def test_a_damaged_line_costs_one_record(read: Read) -> None:
    loaded = read(claude.load, _jsonl(SESSION[:4]) + b'{"type": "user", \n' + _jsonl(SESSION[4:]))
    assert [refused.reason for refused in loaded.refused] == ["not_json"]
    assert loaded.spans.height == 7


@pytest.mark.parametrize("raw", [b"", b"{", b"[1, 2]", b'{"type": 7}', b"\xff" * 10])
def test_what_is_no_transcript_is_refused(read: Read, raw: bytes) -> None:
    loaded = read(claude.load, raw)
    assert (loaded.spans.height, len(loaded.refused)) == (0, {b"": 0, b"[1, 2]": 2}.get(raw, 1))


def test_lines_of_a_file_without_a_request_are_refused(read: Read) -> None:
    loaded = _load(read, [SUMMARY, SNAPSHOT, SESSION[9]])
    assert ([refused.reason for refused in loaded.refused], loaded.spans.height) == (["no_request"] * 3, 0)


def test_other_lines_are_kept_up_to_a_limit_and_refused_beyond_it(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress alone can be larger than all the rest of a session: in one cell of the table it would be too much."""
    progress = [{"type": "progress", "sessionId": "s1", "data": {"output": "x" * 100, "n": n}} for n in range(20)]
    monkeypatch.setattr(runs, "MAX_OTHER_BYTES", 10 * len(orjson.dumps(progress[-1])))
    loaded = _load(read, [*SESSION[2:], *progress])
    kept = [line for line in _span(loaded, "u4")["attributes"]["lines"] if line["type"] == "progress"]
    assert len(kept) + len(loaded.refused) == 20
    assert (len(kept), {refused.reason for refused in loaded.refused}) == (10, {"too_large"})


def test_lines_before_any_request_are_held_up_to_a_limit(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of nothing but progress was held in memory as a whole, however long, to be refused at its end."""
    progress = [{"type": "progress", "sessionId": f"s{n}", "data": {"output": "x" * 100}} for n in range(10, 30)]
    monkeypatch.setattr(book, "MAX_WAITING_BYTES", 5 * len(orjson.dumps(progress[0])))
    loaded = _load(read, progress)
    assert Counter(refused.reason for refused in loaded.refused) == {"too_large": 15, "no_request": 5}


def test_a_file_of_many_sessions_is_given_away_session_by_session(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    many = []
    for number in range(30):
        for line in SESSION[2:]:
            parent = line["parentUuid"] and f"{number}.{line['parentUuid']}"
            many.append({**line, "sessionId": f"s{number}", "uuid": f"{number}.{line['uuid']}", "parentUuid": parent})
    expected = _load(read, many).spans.sort("trace_id", "span_id")
    monkeypatch.setattr(claude, "HELD_LINES", 15)
    loaded = read(claude.load, _jsonl(many), batch_records=20)
    assert loaded.spans.height == 30 * 7
    assert loaded.spans.sort("trace_id", "span_id").equals(expected)


def test_a_file_that_has_grown_is_read_from_its_beginning(read: Read) -> None:
    whole, part = _jsonl(SESSION), _jsonl(SESSION[:6])
    assert read(claude.load, whole, start=len(part)).spans.equals(read(claude.load, whole).spans)
    assert read(claude.load, whole, start=len(whole)).spans.height == 0


def test_of_a_growing_transcript_the_later_reading_of_a_span_ends_later(read: Read) -> None:
    """Which of two contents of one span stands is decided by its end: the complete one must win."""
    before, after = (_load(read, lines).spans for lines in (SESSION[:5], SESSION))
    both = before.join(after, on=["trace_id", "span_id"], suffix="_after").filter(
        pl.col("content_digest") != pl.col("content_digest_after")
    )
    assert sorted(both["span_id"]) == ["msg_1", "toolu_1", "u1"]
    assert both.select((pl.col("ended_at_after") > pl.col("ended_at").fill_null(_at(0))).all()).item()


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
words = texts.map("so {}".format)
turns = st.fixed_dictionaries(
    {
        "prompt": words,
        "tools": st.lists(
            st.tuples(texts, st.dictionaries(texts, texts, max_size=2), words, st.booleans()), max_size=3
        ),
        "answer": words,
        "tokens": st.tuples(st.integers(0, 1 << 62), st.integers(0, 1 << 62)),
        "gap": st.integers(0, 10_000),
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(made=st.lists(turns, min_size=1, max_size=3))
def test_turns_survive_a_round_trip(read: Read, made: list[dict[str, Any]]) -> None:
    lines: list[dict[str, Any]] = []
    second = 0.0

    def add(make: Callable[..., dict[str, Any]], *args: Any, **fields: Any) -> None:
        nonlocal second
        second += 1
        lines.append(make(f"l{len(lines)}", lines[-1]["uuid"] if lines else None, second, *args, **fields))

    expected: list[tuple[Any, ...]] = []
    for number, turn in enumerate(made):
        second += turn["gap"]
        add(_user, turn["prompt"])
        trace_id, began = lines[-1]["uuid"], second
        for place, (name, arguments, result, is_error) in enumerate(turn["tools"]):
            call_id = f"toolu_{number}_{place}"
            add(_answer, f"m{number}_{place}", _use(call_id, name, **arguments))
            add(_user, _result(call_id, result, is_error=is_error))
            status = "ERROR" if is_error else "OK"
            expected.append((trace_id, call_id, "TOOL", name, result, status, 1000.0, _at(second - 1)))
        add(_answer, f"m{number}", _text(turn["answer"]))
        usage = dict(zip(("input_tokens", "output_tokens"), turn["tokens"], strict=True))
        lines[-1]["message"]["usage"] = usage
        expected.append((trace_id, f"m{number}", "LLM", None, turn["answer"], "UNSET", None, _at(second)))
        lasted = (second - began) * 1000
        expected.append((trace_id, trace_id, "AGENT", None, turn["answer"], "UNSET", lasted, _at(began)))
    loaded = _load(read, lines)
    assert loaded.refused == []
    columns = ("trace_id", "span_id", "kind", "tool_name", "output", "status", "duration_ms", "started_at")
    found = {(row[0], row[1]): row for row in loaded.spans.select(columns).rows()}
    assert [found[row[0], row[1]] for row in expected] == expected
    assert loaded.spans.height == len(expected) + sum(len(turn["tools"]) for turn in made)
    for number, turn in enumerate(made):
        answer = _span(loaded, f"m{number}")
        assert (answer["input_tokens"], answer["output_tokens"]) == turn["tokens"]


def test_sub_agents_nested_as_deep_as_the_file_is_long_are_one_trace(read: Read) -> None:
    """Walking up from each of them anew takes the square of their number: hours, for a file that was made to hurt."""
    lines = [STREAM[1] | {"message": {"id": "m", "content": [_use("t0", "Task")]}}]
    for number in range(5000):
        message = {"id": f"m{number}", "content": [_use(f"t{number + 1}", "Task")]}
        below = {"uuid": f"b{number}", "parent_tool_use_id": f"t{number}", "message": message}
        lines.append(STREAM[1] | below)
    spans = _load(read, lines).spans
    assert (spans.height, spans["trace_id"].unique().to_list()) == (3 * 5001, ["a1"])
