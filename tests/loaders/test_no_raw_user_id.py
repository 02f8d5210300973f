"""What is stored names no user: one raw id in every place of every format that names one, and none of it is left."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench import loop
from workbench.ids import key_user
from workbench.schemas import SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

RAW = "zyx_o'quux_5901"
"""The raw id; with a quote inside, at which a careless search would stop."""
PROSE = "told_in_words_77"
"""The id of the positive control: it stands in the words that a user wrote."""
NOW = datetime(2026, 2, 1, tzinfo=UTC)

USER: dict[str, Any] = {
    "user_id": RAW,
    "userId": RAW,
    "user.id": RAW,
    "enduser.id": RAW,
    "end_user_id": RAW,
    "langfuse_user_id": RAW,
    "langfuse.user.id": RAW,
    "user_ids": [RAW, RAW],
    "user_email": RAW,
    "email": RAW,
    "user": {"id": RAW, "email": RAW, "tier": "gold"},
    "request": {"model": "m", "user": RAW, "messages": []},
    "inner": json.dumps({"userId": RAW, "deeper": json.dumps({"user": {"id": RAW}})}),
    "shown": json.dumps(f"User(user_id={RAW!r})"),
    "pairs": [{"key": "user.id", "value": RAW}],
}
"""Every place where an object names a user."""
JSON = json.dumps(USER)
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Help.", "metadata": USER},
    {"role": "user", "content": f"I am {PROSE}.", "metadata": USER},
    {"role": "assistant", "content": None, "metadata": USER}
    | {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": JSON}}]},
    {"role": "tool", "tool_call_id": "c1", "name": "find", "content": JSON, "error": True, "metadata": USER},
    {"role": "assistant", "content": "Done.", "metadata": USER},
    {"role": "user", "content": JSON, "metadata": USER},
]


def _signals() -> list[dict[str, Any]]:
    about = {"target_kind": "trace", "target_id": "t1", "kind": "feedback", "name": "thumb", "annotator_kind": "HUMAN"}
    return [
        {**about, "value": 0, "user_id": RAW, "comment": f"I am {PROSE}.", "attributes": USER, **_others()},
        {**about, "value": 1, "annotator": f"{RAW}@example.com", "comment": JSON},
    ]


def _others() -> dict[str, Any]:
    return {name: value for name, value in USER.items() if name != "user_id"}


def _langfuse() -> dict[str, Any]:
    at, later = "2026-01-05T10:00:00Z", "2026-01-05T10:00:01Z"
    tool = {"id": "o1", "traceId": "t1", "type": "TOOL", "name": "find", "startTime": at, "endTime": later}
    score = {"id": "s1", "traceId": "t1", "name": "thumb", "value": 0, "source": "ANNOTATION", "timestamp": at}
    return {
        "trace": {"id": "t1", "timestamp": at, "userId": RAW, "metadata": USER, "input": f"I am {PROSE}."},
        "observations": [
            {**tool, "userId": RAW, "input": JSON, "output": USER, "metadata": JSON, "modelParameters": {"user": RAW}},
            {**tool, "id": "o2", "level": "ERROR", "statusMessage": JSON, "metadata": {"attributes": USER}},
        ],
        "scores": [{**score, "authorUserId": RAW, "metadata": USER, "comment": JSON}],
    }


def _langsmith() -> list[dict[str, Any]]:
    at, later = "2026-01-05T10:00:00Z", "2026-01-05T10:00:01Z"
    run = {"id": "r1", "trace_id": "r1", "run_type": "chain", "name": "find", "start_time": at, "end_time": later}
    said = {"type": "human", "content": f"I am {PROSE}.", "additional_kwargs": USER, "response_metadata": USER}
    answer = {"lc": 1, "type": "constructor", "id": ["m", "AIMessage"], "kwargs": {"content": JSON, **USER}}
    extra = {"metadata": {**USER, "ls_invocation_params": {"user": RAW}}, "invocation_params": {"user": RAW}}
    feedback = {"run_id": "r1", "trace_id": "r1", "key": "user_score", "score": 0, "comment": JSON, "created_at": at}
    return [
        {**run, "inputs": {"messages": [[said]]}, "outputs": USER, "extra": extra, "feedback_stats": USER, **USER},
        {**run, "id": "r2", "run_type": "llm", "inputs": JSON, "outputs": {"messages": [answer]}, "extra": extra},
        {**run, "id": "r3", "run_type": "tool", "inputs": {"input": JSON}, "error": JSON, "extra": json.dumps(extra)},
        {**run, "id": "r4", "child_runs": [{**run, "id": "r5", "inputs": USER, "serialized": USER, "events": [USER]}]},
        {**feedback, "correction": USER, "extra": USER, "feedback_source": {"type": "api", "metadata": USER, **USER}},
        {**feedback, "key": "k", "feedback_source": {"type": "app", "user_name": RAW, "ls_user_id": RAW}},
    ]


def _mlflow() -> dict[str, Any]:
    metadata = {"mlflow.trace.user": RAW, "mlflow.user": RAW, "mlflow.traceInputs": JSON, "mlflow.auth.userId": RAW}
    contents = {
        "mlflow.traceRequestId": "tr-1",
        "mlflow.spanInputs": USER,
        "mlflow.spanOutputs": f"I am {PROSE}.",
        **USER,
    }
    attributes = {name: json.dumps(value) for name, value in contents.items()}
    times = {"start_time_unix_nano": 1767225600000000000, "end_time_unix_nano": 1767225601000000000}
    event = {"name": "exception", "attributes": {"exception.message": JSON, **USER}}
    span = {"span_id": "1", "name": "find", **times, "attributes": attributes, "events": [event], "links": [USER]}
    plain = {**span, "span_id": "2", "attributes": _attributes({"mlflow.spanInputs": JSON, "user.id": RAW})}
    failed = {"status": {"code": "STATUS_CODE_ERROR", "message": JSON}}
    about = {"trace_id": "tr-1", "feedback": {"value": {"says": JSON}}, "rationale": JSON, "metadata": USER}
    sources = [{"source_type": "HUMAN", "source_id": RAW}, {"source_type": "CODE", "source_id": f"{RAW}@example.com"}]
    assessments = [{"assessment_name": "thumb", **about, "source": {**source, **USER}} for source in sources]
    info = {"trace_id": "tr-1", "trace_metadata": metadata, "tags": {**USER, "mlflow.trace.user": RAW}, **USER}
    unread = {"trace_info": {**info, "trace_id": "tr-2", "request_preview": JSON}}
    return {
        "traces": [{"trace_info": {**info, "assessments": assessments}, "spans": [span, {**plain, **failed}]}, unread]
    }


def _tau2() -> dict[str, Any]:
    simulation = {"id": "t1", "task_id": "1", "start_time": "2026-01-05T10:00:00", "end_time": "2026-01-05T10:01:00"}
    return {
        "info": {"agent_info": {"implementation": "a", "llm": "m"}, "environment_info": {"domain_name": "d"}, **USER},
        "tasks": [{"id": "1", "metadata": USER}],
        "simulations": [
            {**simulation, "messages": MESSAGES, "reward_info": {"reward": 0.0, "info": USER}, "metadata": USER}
        ],
    }


def _tau() -> list[dict[str, Any]]:
    info = {"task": {"user_id": RAW, "actions": [{"kwargs": USER}]}, "reward_info": {"actions": [{"kwargs": USER}]}}
    return [{"task_id": 1, "reward": 0.0, "info": info, "traj": MESSAGES}]


def _langfuse_tables() -> list[dict[str, Any]]:
    """Return what Langfuse's blob export writes in files of their own: a trace, observations, a score."""
    at, shared = "2026-01-05 10:00:00.000000", {"trace_id": "t1", "metadata": USER}
    observation = {**shared, "type": "TOOL", "start_time": at, "input": JSON, "output": USER}
    score = {**shared, "name": "thumb", "value": 0, "source": "ANNOTATION", "author_user_id": RAW, "comment": JSON}
    return [
        {"id": "t1", "timestamp": at, "user_id": RAW, "input": f"I am {PROSE}.", "output": JSON, "metadata": JSON},
        {**observation, "id": "o1", "parent_observation_id": None},
        {**observation, "id": "o2", "user_id": RAW, "trace_name": "n"},
        {**score, "id": "s1"},
    ]


def _agentrx() -> list[dict[str, Any]]:
    (run,) = _tau()
    numbered = [{**message, "index": number} for number, message in enumerate(MESSAGES, start=1)]
    failure = {"failure_id": 1, "step_number": 3, "failed_agent": "Assistant", "step_reason": JSON, "metadata": USER}
    return [
        {**run, "traj": numbered},
        {"trajectory_id": 1, "failures": [failure], "root_cause": {"failure_id": 1, **USER}, "metadata": USER},
    ]


def _who_and_when() -> dict[str, Any]:
    said = [{"content": content, "name": "A_Expert", "role": "user"} for content in (f"I am {PROSE}.", JSON)]
    labels = {"mistake_agent": "A_Expert", "mistake_step": "1", "mistake_reason": JSON}
    return {"is_correct": False, "question_ID": "q", "history": said, **labels, **USER}


def _swe_agent() -> list[dict[str, Any]]:
    answer = {"role": "assistant", "content": "```bash\nls\n```", "extra": {"response": {"user": RAW, **USER}}}
    asked, result = ({"role": "user", "content": content} for content in (f"I am {PROSE}.", JSON))
    info = {"exit_status": "Submitted", "submission": "", "config": USER}
    return [
        {"instance_id": "t1", "info": info, "messages": [asked, answer, result], **USER},
        {"instance_id": "t1", "report": {"resolved": True, "metadata": USER}},
    ]


def _adk() -> list[dict[str, Any]]:
    about = {
        "invocation_id": "t1",
        "timestamp": 1767607200.0,
        "custom_metadata": USER,
        "actions": {"state_delta": USER},
    }
    call, response = {"id": "c", "name": "find", "args": USER}, {"id": "c", "name": "find", "response": USER}
    events = [
        {"id": "a", "author": "user", "content": {"parts": [{"text": f"I am {PROSE}."}]}, **about},
        {"id": "b", "author": "helper", "content": {"role": "model", "parts": [{"function_call": call}]}, **about},
        {"id": "c", "author": "helper", "content": {"parts": [{"function_response": response}]}, **about},
        {"id": "d", "author": "helper", "content": {"role": "model", "parts": [{"text": JSON}]}, **about},
    ]
    owner = {"app_name": "w", "user_id": RAW}
    row = {"session_id": "s2", "id": "e", "invocation_id": "t2", "event_data": json.dumps(events[3])}
    return [{"id": "s1", **owner, "state": USER, "events": events}, {**owner, **row}]


def _adk_analytics() -> list[dict[str, Any]]:
    about = {
        "timestamp": "2026-01-05T10:00:00Z",
        "session_id": "s",
        "invocation_id": "e",
        "trace_id": "t",
        "user_id": RAW,
    }
    metadata = json.dumps({"session_metadata": {"user_id": RAW, "state": USER}, "custom_metadata": USER})
    rows = [
        ("USER_MESSAGE_RECEIVED", "i", {"text_summary": f"I am {PROSE}."}),
        ("LLM_REQUEST", "l", {"prompt": [{"role": "user", "content": JSON}], "system_prompt": JSON}),
        ("LLM_RESPONSE", "l", {"response": JSON}),
        ("TOOL_STARTING", "w", {"tool": "find", "args": USER}),
        ("TOOL_COMPLETED", "w", {"tool": "find", "result": USER}),
        ("STATE_DELTA", "i", USER),
    ]
    return [
        {
            **about,
            "event_type": kind,
            "span_id": span,
            "content": content,
            "attributes": metadata,
            "error_message": JSON,
        }
        for kind, span, content in rows
    ]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(entry) for entry in value]}}
    return {"stringValue": value}


def _attributes(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in fields.items()]


def _otlp() -> dict[str, Any]:
    said = {"gen_ai.evaluation.name": "thumb", "gen_ai.evaluation.score.value": "0", **USER}
    contents = {
        "input.value": JSON,
        "output.value": json.dumps([{"role": "user", "content": f"I am {PROSE}."}, {"content": JSON}]),
        "gen_ai.tool.call.arguments": JSON,
        "metadata": JSON,
        "app.payload": JSON,
        "app.object": USER,
        "llm.invocation_parameters": json.dumps({"user": RAW}),
        "gen_ai.request.user": RAW,
        "annotations.0.annotation.name": "thumb",
        "annotations.0.annotation.user_id": RAW,
    }
    span = {
        "traceId": "a" * 32,
        "spanId": "b" * 16,
        "name": "find",
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": "1767225601000000000",
        "attributes": _attributes({**USER, **contents}),
        "events": [
            {"name": "exception", "attributes": _attributes({"exception.message": JSON, **USER})},
            {"name": "gen_ai.evaluation.result", "attributes": _attributes(said)},
        ],
        "links": [{"traceId": "a" * 32, "spanId": "c" * 16, "attributes": _attributes(USER)}],
        "status": {"code": 2, "message": JSON},
        "tomorrow": USER,
    }
    plain = {**span, "spanId": "d" * 16, "attributes": _attributes({"user.id": RAW, "input.value": JSON})}
    plain = {name: value for name, value in plain.items() if name not in ("events", "links", "tomorrow")}
    record = {"eventName": "gen_ai.evaluation.result", "traceId": "a" * 32, "attributes": _attributes(said)}
    shared = {"resource": {"attributes": _attributes(USER), "more": USER}}
    scope = {"scope": {"name": "s", "attributes": _attributes(USER)}}
    return {
        "resourceSpans": [{**shared, "scopeSpans": [{**scope, "spans": [span, plain], "more": USER}]}],
        "resourceLogs": [{**shared, "scopeLogs": [{**scope, "logRecords": [{**record, "body": _value(USER)}]}]}],
    }


def _openai_agents() -> dict[str, Any]:
    at = "2026-01-05T10:00:00Z"
    span = {"object": "trace.span", "trace_id": "t1", "parent_id": None, "started_at": at, "ended_at": at}
    error = {"message": JSON, "data": {"error": JSON, **USER}}
    called = {
        "type": "generation",
        "input": MESSAGES,
        "output": [MESSAGES[2]],
        "model_config": {"extra_args": {"user": RAW}},
    }
    return {
        "data": [
            {"object": "trace", "id": "t1", "workflow_name": "w", "metadata": USER},
            {"object": "trace", "id": "t2", "workflow_name": "w", "metadata": USER},
            {**span, "id": "s1", "span_data": {"type": "function", "name": "f", "input": JSON, "output": JSON}},
            {**span, "id": "s2", "span_data": called, "error": error},
            {**span, "id": "s3", "span_data": {"type": "custom", "name": "c", "data": USER}, "metadata": USER},
        ]
    }


def _openai_logs() -> list[dict[str, Any]]:
    request = {"model": "m", "messages": MESSAGES, "user": RAW, "safety_identifier": RAW, "metadata": USER}
    message = {"role": "assistant", "content": JSON, "tool_calls": MESSAGES[2]["tool_calls"]}
    completion = {"object": "chat.completion", "id": "c1", "choices": [{"message": message, "extra": USER}]}
    response = {"object": "response", "id": "r1", "model": "m", "user": RAW, "output": MESSAGES, "metadata": USER}
    failed = {"status_code": 400, "headers": USER, "body": {"error": {"message": JSON, "param": USER}}}
    return [
        {**USER, "client_id": RAW, "request": request, "response": completion},
        {"request": {"model": "m", "user": RAW}, "response": {**completion, "id": "c2", "user": RAW}},
        {**response, "error": {"message": JSON}, "prompt": {"id": "p", "variables": USER}, "user_id": RAW},
        {"custom_id": "1", "client_id": RAW, "response": failed, "error": None},
    ]


def _claude() -> list[dict[str, Any]]:
    shared = {"sessionId": "s1", "timestamp": "2026-01-05T10:00:00Z", **USER}
    use = {"type": "tool_use", "id": "t1", "name": "find", "input": USER, "caller": USER}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": JSON, "is_error": True}
    answer = {"id": "m1", "model": "m", "content": [{"type": "thinking", "thinking": JSON, **USER}, use], "usage": USER}
    asked = {"role": "user", "content": f"I am {PROSE}."}
    return [
        {"type": "system", "subtype": "init", **shared},
        {"type": "user", "uuid": "u1", "message": asked, **shared},
        {"type": "assistant", "uuid": "a1", "parentUuid": "u1", "message": answer, **shared},
        {"type": "user", "uuid": "u2", "message": {"content": [result]}, "toolUseResult": USER, **shared},
        {"type": "system", "subtype": "api_error", "uuid": "y1", "error": {"message": JSON, **USER}, **shared},
        {
            "type": "assistant",
            "uuid": "a2",
            "message": {"id": "m2", "content": [{"type": "text", "text": JSON}]},
            **shared,
        },
        {"type": "user", "uuid": "u3", "message": {"content": JSON}, **shared},
        {"type": "result", "uuid": "r1", "result": JSON, "is_error": True, **shared},
    ]


MAPPING = """
[columns]
trace_id = "id"
user_id = "customer"
input = "asked"
output = "answered"
error_message = "fault"
[messages]
path = "messages"
[[signals]]
name = "thumb"
kind = "feedback"
value = "thumb"
comment = "remark"
user_id = "customer"
"""


def _mapped() -> dict[str, Any]:
    contents = {"asked": USER, "answered": JSON, "fault": JSON, "remark": JSON}
    return {"id": "t1", "customer": RAW, **contents, "messages": MESSAGES, "thumb": 1, **USER}


FORMATS: dict[str, Callable[[], Any]] = {
    "otlp": _otlp,
    "langfuse": _langfuse,
    "langsmith": _langsmith,
    "mlflow": _mlflow,
    "tau2_bench": _tau2,
    "tau_bench": _tau,
    "openai_agents": _openai_agents,
    "openai_logs": _openai_logs,
    "langfuse_tables": _langfuse_tables,
    "agentrx": _agentrx,
    "who_and_when": _who_and_when,
    "swe_agent": _swe_agent,
    "adk": _adk,
    "adk_analytics": _adk_analytics,
    "claude": _claude,
    "signals": _signals,
    "mapped": _mapped,
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


@pytest.mark.parametrize("name", FORMATS)
def test_a_raw_id_under_a_name_that_says_so_is_nowhere_in_the_workspace(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """A raw id that stays in one attribute undoes the keying of all: whoever reads the table reads who it was.

    What people wrote is stored as it came: redaction of prose is not built, and the id in a sentence is found.
    """
    content = FORMATS[name]()
    lines = content if isinstance(content, list) else [content]
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    (tmp_path / "map.toml").write_text(MAPPING)
    mapping = tmp_path / "map.toml" if name == "mapped" else None
    (report,) = loop.feed(workspace, [path], now=NOW, mapping=mapping)
    assert not report.refused
    stored = "\n".join(_stored(workspace))
    assert "quux" not in stored
    assert key_user(DEMO_SECRET, RAW) in stored
    assert PROSE in stored


def test_the_users_of_recorded_runs_are_nowhere_under_a_name(workspace: Workspace, shared_data: Path) -> None:
    """tau-bench's tools take and give `user_id` in JSON; what users and models say of themselves in words stays."""
    path = shared_data / "tau-bench-airline" / "gpt-4o-airline.json.gz"
    raw = {run["info"]["task"]["user_id"] for run in orjson.loads(gzip.decompress(path.read_bytes()))}
    loop.feed(workspace, [path], now=NOW)
    stored = "\n".join(_stored(workspace)).replace("\\", "")
    assert len(raw) > 20
    assert not [user for user in raw if f'"user_id":"{user}' in stored or f'"user_id": "{user}' in stored]


def _stored(workspace: Workspace) -> Iterator[str]:
    """Yield all texts of the workspace: every column of its tables, and every file as it lies on the disk."""
    for table in (SPANS, SIGNALS):
        frame = workspace.telemetry.scan(table).collect()
        yield from (str(row) for row in frame.select(pl.all().cast(pl.String)).rows())
        yield from (text for name in frame.columns for text in frame[name].cast(pl.String).drop_nulls())
    for path in workspace.root.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet":
                frame = pl.read_parquet(path)
                yield from (text for name in frame.columns for text in frame[name].cast(pl.String).drop_nulls())
