"""The spans of a run: the run itself, its answers, its tool calls, and the calls of the API that failed.

A line has one time. A tool lasts from the line of its call to that of its result. An answer is put at its first line
and ends with its last; how long the call took is not known, since when it began is not written down.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.loaders.batch import Rows
from workbench.loaders.claude.runs import Answer, Failure, Run, ToolCall
from workbench.loaders.reading.answers import said_in_messages
from workbench.loaders.reading.fields import duration_ms
from workbench.loaders.reading.stretches import DISORDERED
from workbench.loaders.reading.strict import dump, dump_sorted

ANSWER_AT = "an answer is put at the time of its first line; when the call began is not recorded"
TOKENS_NOT_FINAL = "an answer without a stop reason: its output tokens may be those of its beginning"
CALL_MISSING = "a tool result whose call is not in the file"
_THOUGHTS = ("thinking", "redacted_thinking")


class _Said(NamedTuple):
    """What an answer says, and how the model came to it."""

    output: str | None
    thoughts: list[Any]


def add_run(run: Run, rows: Rows) -> None:
    """Add the spans of a run to the rows."""
    rows.guessed.update([run.assumed] if run.assumed else [])
    answers = [(span_id, answer, _said(answer)) for span_id, answer in run.answers.items()]
    last_output = next((said.output for _, _, said in reversed(answers) if said.output), None)
    _add(run, rows, _root(run, last_output), run.attributes | _beside(run))
    for span_id, answer, said in answers:
        _add(run, rows, {"span_id": span_id, **_answer(answer, said)}, _attributes(answer, said))
        rows.guessed.update(_assumed_of(answer))
    for call in run.calls.values():
        rows.guessed.update(_assumed(call))
        _add(run, rows, _tool(call), _tool_attributes(call))
    for failure in run.failures:
        _add(run, rows, _failed(failure), failure.told.left)


def _add(run: Run, rows: Rows, columns: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    shared = {
        "trace_id": run.trace_id,
        "parent_span_id": run.span_id,
        "session_id": run.session_id,
        "release": run.release,
        "agent": run.agent,
        "status": "UNSET",
        "time_known": columns.get("started_at") is not None,
    }
    rows.add_span({**shared, **columns, "attributes": dump_sorted(attributes)})


def _root(run: Run, last_output: str | None) -> dict[str, Any]:
    return {
        "span_id": run.span_id,
        "parent_span_id": run.parent_span_id,
        "kind": "AGENT",
        "operation": "invoke_agent",
        "name": f"invoke_agent {run.agent}" if run.agent else "invoke_agent",
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "duration_ms": duration_ms(run.started_at, run.ended_at),
        "input": run.input,
        "output": last_output,
        **run.ending,
    }


def _beside(run: Run) -> dict[str, Any]:
    parts = {"unanswered": run.heard, "lines": run.others}
    return {name: part for name, part in parts.items() if part}


def _said(answer: Answer) -> _Said:
    is_thought = [isinstance(block, dict) and block.get("type") in _THOUGHTS for block in answer.blocks]
    spoken = [block for block, is_one in zip(answer.blocks, is_thought, strict=True) if not is_one]
    thoughts = [block for block, is_one in zip(answer.blocks, is_thought, strict=True) if is_one]
    return _Said(said_in_messages([{"role": "assistant", "content": spoken}]), thoughts)


def _answer(answer: Answer, said: _Said) -> dict[str, Any]:
    model = answer.columns.get("model")
    return {
        "kind": "LLM",
        "operation": "chat",
        "name": f"chat {model}" if model else "chat",
        "started_at": min(answer.times, default=None),
        "ended_at": max(answer.times, default=None),
        "input": dump(answer.heard) if answer.heard else None,
        "output": said.output,
        **answer.columns,
    }


def _assumed_of(answer: Answer) -> Iterator[str]:
    if answer.times:
        yield ANSWER_AT
    if answer.columns.get("output_tokens") is not None and answer.columns.get("finish_reason") is None:
        yield TOKENS_NOT_FINAL


def _attributes(answer: Answer, said: _Said) -> dict[str, Any]:
    """Return what the last line of an answer says beside it, and where the earlier ones differ."""
    *earlier, last = answer.lines
    differing = [{name: value for name, value in line.items() if last.get(name) != value} for line in earlier]
    parts = {"thinking": said.thoughts, "earlier_lines": differing}
    return last | {name: part for name, part in parts.items() if part}


def _tool(call: ToolCall) -> dict[str, Any]:
    asked = call.asked
    started_at = call.started_at if call.started_at is not None else call.ended_at
    return {
        "span_id": asked.call_id,
        "kind": "TOOL",
        "operation": "execute_tool",
        "name": f"execute_tool {asked.name}" if asked.name else "execute_tool",
        "started_at": started_at,
        "ended_at": call.ended_at,
        "duration_ms": duration_ms(call.started_at, call.ended_at),
        "tool_name": asked.name,
        "tool_call_id": asked.call_id,
        "input": asked.input,
        **(call.result.columns if call.result is not None else {}),
    }


def _tool_attributes(call: ToolCall) -> dict[str, Any]:
    result = call.result.left if call.result is not None else {}
    return call.asked.left | result | ({"later_results": call.later} if call.later else {})


def _assumed(call: ToolCall) -> Iterator[str]:
    if call.asked.input is None and call.asked.name is None:
        yield CALL_MISSING
    if call.started_at is not None and call.ended_at is not None and call.ended_at < call.started_at:
        yield DISORDERED


def _failed(failure: Failure) -> dict[str, Any]:
    return {
        "span_id": failure.span_id,
        "kind": "LLM",
        "operation": "chat",
        "name": "chat",
        "started_at": failure.at,
        **failure.told.columns,
    }
