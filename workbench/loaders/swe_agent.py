"""Runs of mini-SWE-agent, which repairs software with a shell alone, and the reports of the tests that judge them.

A report names a run by its task alone, and so does the trace id here: whichever file comes first, they meet. Runs of
one task therefore share a trace: a set of runs wants its own workspace.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import Run, add_messages
from workbench.loaders.reading.parts import as_list, as_object
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import dump_sorted, samples
from workbench.loaders.source import Source

TOOL = "bash"
"""The one tool of the agent."""
SUBMITTED = "Submitted"
"""How a run ends that is not broken off."""
_FENCE, _FENCE_END = f"```{TOOL}", "\n```"
_RETURN_CODE, _TIMED_OUT = "<returncode>", "The last command <command>"
"""How the agent is told what came of its command (minisweagent, action_observation_template and timeout_template)."""
_CALL_ASSUMED = "an answer with exactly one block of bash is read as a call, and the message after it as its result"
_ERROR_ASSUMED = "a command that returns another code than 0, or times out, is read as a failed call"
_VERDICT = frozenset({"resolved", "patch_exists"})


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a file of runs, or of reports."""
    return any(_is_run(sample) or _is_report(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all runs, and the outcomes of all reports; no span has a time."""
    return load_pieces(source, context, _add_record)


def _is_run(sample: Mapping[str, Any]) -> bool:
    info = sample.get("info")
    return isinstance(info, dict) and "exit_status" in info and bool({"submission", "model_stats"} & info.keys())


def _is_report(sample: Mapping[str, Any]) -> bool:
    return ("instance_id" in sample and _is_verdict(sample.get("report"))) or (
        bool(sample) and all(_is_verdict(value) for value in sample.values())
    )


def _is_verdict(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= _VERDICT


def _add_record(piece: Piece, rows: Rows) -> None:
    if not isinstance(piece.value, dict):
        raise RecordError("a record is no object")
    if "messages" in piece.value:
        _add_run(piece, rows)
        return
    if "report" in piece.value:
        piece.require_single_keys(piece.value)
        record = Fields(piece.value)
        _add_outcome(record.identity("instance_id", column="trace_id"), record.raw("report", column="signals"), rows)
        record.report(rows)
        return
    for place, (instance_id, report) in enumerate(piece.value.items()):
        try:
            piece.require_single_keys(report)
            _add_outcome(instance_id, report, rows)
        except RecordError as error:
            rows.refused.append(piece.refused(error, place, at=(instance_id,)))


def _add_outcome(trace_id: str, report: Any, rows: Rows) -> None:
    if not isinstance(report, dict) or not isinstance(report.get("resolved"), bool):
        raise RecordError("a report does not say whether the task is resolved")
    fields = Fields(report, of="report.")
    is_resolved = fields.raw("resolved", column="value")
    rows.add_signal(
        {
            "target_kind": "trace",
            "target_id": trace_id,
            "trace_id": trace_id,
            "kind": "outcome",
            "name": "resolved",
            "value": float(is_resolved),
            "label": "pass" if is_resolved else "fail",
            "annotator_kind": "CODE",
            "annotator": "swebench",
            "attributes": dump_sorted(fields.rest()),
        }
    )
    fields.report(rows)


def _add_run(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=frozenset({"messages"}))
    fields, messages = Fields(piece.value), piece.value["messages"]
    if not isinstance(messages, list):
        raise RecordError("messages are no list")
    fields.pass_over("messages", "info")
    trace_id = fields.identity("instance_id", column="trace_id")
    info = Fields(as_object(piece.value.get("info")), of="info.")
    config = as_object(info.record.get("config"))
    model = as_object(config.get("model")).get("model_name")
    release = info.text("mini_version", column="release")
    shared = {"task": trace_id, "agent": "mini-swe-agent", "release": release, "time_known": False}
    run = Run(
        trace_id=trace_id,
        span_id=trace_id,
        shared=shared,
        model=model if isinstance(model, str) else None,
        started_at=None,
        has_costs=True,
        is_failed=lambda message: _is_failed(message, rows),
    )
    ended = _ended(info)
    summary = add_messages(run, _as_calls(piece, messages, rows), rows, piece, at=("messages",))
    beside = {"instructions": summary.instructions, "unanswered": summary.unanswered, "info": info.rest()}
    attributes = fields.rest() | {name: value for name, value in beside.items() if not is_empty(value)}
    rows.add_span(
        {
            **shared,
            **ended,
            "trace_id": trace_id,
            "span_id": trace_id,
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": "invoke_agent mini-swe-agent",
            "model": run.model,
            "input": summary.input,
            "attributes": dump_sorted(attributes),
        }
    )
    fields.include(info)
    fields.report(rows)


def _ended(info: Fields) -> dict[str, Any]:
    """Return the columns of the run's own span that say how it ended."""
    reason = info.text("exit_status", column="finish_reason")
    return {
        "finish_reason": reason,
        "status": "UNSET" if reason in (SUBMITTED, None) else "ERROR",
        "error_type": None if reason == SUBMITTED else reason,
        "cost_usd": Fields(as_object(info.record.get("model_stats"))).number("instance_cost", column="cost_usd"),
        "output": info.text("submission", column="output"),
    }


def _as_calls(piece: Piece, messages: Sequence[Any], rows: Rows) -> list[Any]:
    """Return the messages with the commands of answers as tool calls, and the messages after them as results."""
    read: list[Any] = []
    is_called = False
    for message in messages:
        try:
            piece.require_single_keys(message)
        except RecordError:
            read.append(message)  # is refused where it is read
            continue
        role = as_object(message).get("role")
        if role == "user" and is_called:
            read.append({**message, "role": "tool", "name": TOOL})
        elif role == "assistant":
            read.append(_answer(message))
        else:
            read.append(message)
        is_called = role == "assistant" and "tool_calls" in read[-1]
        rows.guessed.update([_CALL_ASSUMED] if is_called else [])
    return read


def _answer(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with its command as a call, and what the provider said of it where messages have it."""
    commands = _commands(message.get("content"))
    calls = [{"function": {"name": TOOL, "arguments": command}} for command in commands]
    extra, response = as_object(message.get("extra")), as_object(as_object(message.get("extra")).get("response"))
    choice = next(iter(as_list(response.get("choices"))), None)
    usage = response.get("usage")
    said = {
        "model": response.get("model"),
        "usage": usage,
        "cost": as_object(usage).get("cost"),
        "finish_reason": as_object(choice).get("finish_reason"),
        "extra": {**extra, "response": _without_copies(response, message.get("content"))} if response else extra,
    }
    asked = {"tool_calls": calls} if len(calls) == 1 else {}
    return {**message, **{name: value for name, value in said.items() if not is_empty(value)}, **asked}


def _commands(content: Any) -> list[str]:
    """Return the blocks of bash in an answer; by searches for texts, which take linear time on any input."""
    blocks = content.split(_FENCE)[1:] if isinstance(content, str) else []
    return [block[:end].strip() for block in blocks if (end := block.find(_FENCE_END)) >= 0]


def _without_copies(response: Mapping[str, Any], content: Any) -> dict[str, Any]:
    """Return a response without what stands elsewhere: its usage, its model, and the text of the answer."""
    left = {name: value for name, value in response.items() if name not in ("usage", "model")}
    choices = []
    for choice in as_list(response.get("choices")):
        message = as_object(as_object(choice).get("message"))
        if message.get("content") == content and message:
            choice = {**choice, "message": {name: value for name, value in message.items() if name != "content"}}
        choices.append(choice)
    return left | ({"choices": choices} if choices else {})


def _is_failed(message: Mapping[str, Any], rows: Rows) -> bool | None:
    content = message.get("content")
    if not isinstance(content, str):
        return None
    is_failed = content.startswith(_TIMED_OUT)
    if content.startswith(_RETURN_CODE):
        is_failed = not content.startswith(f"{_RETURN_CODE}0<")
    elif not is_failed:
        return None
    rows.guessed.update([_ERROR_ASSUMED] if is_failed else [])
    return is_failed
