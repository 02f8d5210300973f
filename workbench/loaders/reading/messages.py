"""Chat messages as spans: a model call for each answer and a tool call for each tool result, all under one run.

Benchmarks and chat logs record who said what, not what ran when. The rules by which messages become spans are the same
for all of them and live here; what is assumed in doing so is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.answers import tokens_of
from workbench.loaders.reading.calls import Call, OpenCalls, calls_of
from workbench.loaders.reading.fields import Fields, duration_ms, is_empty
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.stretches import DISORDERED
from workbench.loaders.reading.strict import dump, dump_sorted
from workbench.loaders.reading.written import Trail

Message = Mapping[str, Any]

START_ASSUMED = "a message's time is its end; the span starts at the time of the message before it"
COST_UNRECORDED = "a cost of 0 throughout is read as not recorded"
GREETING_ASSUMED = "an opening answer without usage comes from the harness: no model, no cost"
ORDER_ASSUMED = "a tool result without a call id answers the oldest open call"
_SHOWN_TO_MODEL = ("role", "content", "tool_calls", "tool_call_id", "name")


class Summary(NamedTuple):
    """What the messages say about the run as a whole."""

    input: str | None
    """The first words of the user."""
    output: str | None
    """The last answer."""
    instructions: list[Message]
    """System and developer messages: kept once, on the run."""
    unanswered: list[Message]
    """Messages after the last answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the spans of one run share."""

    trace_id: str
    """The run's trace."""
    span_id: str
    """The run's own span, which encloses the others."""
    shared: Mapping[str, Any]
    """Columns that all spans have: service, task, ..."""
    model: str | None
    """The model that was asked for, if the run names one."""
    started_at: int | None
    """Start of the run, which is the start of the first message; microseconds since 1970, UTC."""
    has_costs: bool
    """False if the costs of the answers are placeholders."""
    is_failed: Callable[[Message], bool | None]
    """Whether a tool result is an error; None where the source does not say."""


@dataclass(slots=True)
class _Talk:
    """How far the messages have been read."""

    run: Run
    rows: Rows
    clock: int | None
    """Time of the message before."""
    heard: list[Message] = field(default_factory=list)
    """Messages since the last answer."""
    calls: OpenCalls = field(default_factory=OpenCalls)
    instructions: list[Message] = field(default_factory=list)
    first_input: str | None = None
    last_output: str | None = None


def add_messages(
    run: Run, messages: Sequence[Any], rows: Rows, piece: Piece, *, at: Trail, first_part: int = 1
) -> Summary:
    """Add the spans of the messages to the rows, and return what they say about the run.

    They lie in the piece at a trail. A message that cannot be read is refused as part `first_part` + its place of the
    piece; its neighbours are kept.
    """
    talk = _Talk(run, rows, run.started_at)
    for place, message in enumerate(messages):
        try:
            piece.require_single_keys(message)
            _add_message(talk, message, place)
        except RecordError as error:
            rows.refused.append(piece.refused(error, first_part + place, at=(*at, place)))
    return Summary(talk.first_input, talk.last_output, talk.instructions, talk.heard)


def text_of(content: Any) -> str | None:
    """Return the text of a message's content; parts that are no text stay JSON.

    >>> text_of([{"type": "text", "text": "Hello"}])
    'Hello'
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        return "\n".join(str(part.get("text", "")) for part in content)
    return dump(content)


def _add_message(talk: _Talk, message: Any, place: int) -> None:
    if not isinstance(message, dict):
        raise RecordError("a message is no object")
    role = message.get("role")
    if role in ("assistant", "tool", "user"):
        for call in calls_of(message):
            talk.calls.add(call)
    fields = Fields(message, of="messages.")
    started_at, ended_at = talk.clock, fields.moment(read_iso(fields.raw("timestamp", column="ended_at")))
    talk.clock = ended_at if ended_at is not None else talk.clock
    if role == "assistant":
        _add_answer(talk, fields, _times(fields, started_at, ended_at), place)
    elif role == "tool":
        _add_tool_result(talk, fields, _times(fields, started_at, ended_at), place)
        talk.heard.append(message)
    elif role in ("system", "developer"):
        talk.instructions.append(message)
    elif role == "user":
        talk.first_input = text_of(message.get("content")) if talk.first_input is None else talk.first_input
        talk.heard.append(message)
    else:
        raise RecordError("a message's role is none of assistant, user, tool, system, developer")


def _times(fields: Fields, started_at: int | None, ended_at: int | None) -> dict[str, Any]:
    if ended_at is None:
        return {"time_known": False}
    if started_at is not None and started_at > ended_at:
        fields.assume(DISORDERED)
        started_at = None
    elif started_at is not None:
        fields.assume(START_ASSUMED)
    return {
        "started_at": ended_at if started_at is None else started_at,
        "ended_at": ended_at,
        "duration_ms": duration_ms(started_at, ended_at),
        "time_known": True,
    }


def _add_answer(talk: _Talk, fields: Fields, times: Mapping[str, Any], place: int) -> None:
    run, message = talk.run, fields.record
    fields.pass_over("role", "tool_calls")
    is_greeting = talk.first_input is None and _lacks_usage(message)
    content = text_of(fields.raw("content", column="output"))
    response = _response(fields)
    model = None if is_greeting else fields.text("model", column="model") or response["model"] or run.model
    span = {
        **run.shared,
        **times,
        **tokens_of(fields, of="messages.usage."),
        "trace_id": run.trace_id,
        "span_id": f"{run.span_id}:{place}",
        "parent_span_id": run.span_id,
        "kind": "LLM",
        "operation": "chat",
        "name": f"chat {model}" if model else "chat",
        "status": "UNSET",
        "model": model,
        "input": dump([_shown(heard) for heard in talk.heard]) if talk.heard else None,
        "output": dump(_shown(message)) if calls_of(message) else content,
        "finish_reason": fields.text("finish_reason", column="finish_reason") or response["finish_reason"],
        "cost_usd": _cost(fields, run, is_greeting=is_greeting),
    }
    heard = [_unshown(entry) for entry in talk.heard if entry.get("role") != "tool"]
    beside = {"inputs": heard} if any(heard) else {}
    talk.rows.add_span(span | {"attributes": dump_sorted(fields.rest() | beside)})
    talk.rows.left.update(f"messages.{name}" for entry in heard for name in entry)
    fields.report(talk.rows)
    talk.heard, talk.last_output = [], content if content else talk.last_output


def _lacks_usage(message: Message) -> bool:
    """Return whether an answer has no usage and no response in a source that records them for others."""
    recorded = [name for name in ("usage", "raw_data") if name in message]
    return bool(recorded) and all(is_empty(message[name]) for name in recorded)


def _response(fields: Fields) -> dict[str, str | None]:
    """Return what the model's own response says; the response stays in the attributes as a whole."""
    response = fields.record.get("raw_data")
    inner = Fields(as_object(response), of="messages.raw_data.")
    said = {
        "model": inner.text("model", column="model"),
        "finish_reason": inner.text("finish_reason", "stop_reason", column="finish_reason"),
    }
    fields.include(inner)
    return said


def _add_tool_result(talk: _Talk, fields: Fields, times: Mapping[str, Any], place: int) -> None:
    run, message = talk.run, fields.record
    fields.pass_over("role")
    call_id = fields.text("tool_call_id", "id", column="tool_call_id")
    call = _answered(talk, call_id, fields)
    tool_name = fields.text("name", column="tool_name") or call.name
    content = text_of(fields.raw("content", column="output"))
    is_failed = run.is_failed(message)
    if is_failed is not None:
        fields.pass_over("error")
    talk.rows.add_span(
        {
            **run.shared,
            **times,
            "trace_id": run.trace_id,
            "span_id": f"{run.span_id}:{place}",
            "parent_span_id": run.span_id,
            "kind": "TOOL",
            "operation": "execute_tool",
            "name": f"execute_tool {tool_name}" if tool_name else "execute_tool",
            "status": {True: "ERROR", False: "OK", None: "UNSET"}[is_failed],
            "error_message": content if is_failed else None,
            "tool_name": tool_name,
            "tool_call_id": call_id or call.id,
            "input": call.arguments,
            "output": content,
            "attributes": dump_sorted(fields.rest()),
        }
    )
    fields.report(talk.rows)


def _answered(talk: _Talk, call_id: str | None, fields: Fields) -> Call:
    """Return the open call that a tool result answers, and close it."""
    call = talk.calls.take(call_id)
    if call is None:
        fields.assume("a tool result whose call is not in the messages")
        return Call(call_id, None, None)
    fields.assume(ORDER_ASSUMED if call_id is None else None)
    return call


def _cost(fields: Fields, run: Run, *, is_greeting: bool) -> float | None:
    cost = fields.number("cost", column="cost_usd")
    if cost is None or is_greeting:
        fields.assume(GREETING_ASSUMED if is_greeting else None)
        return None
    if not run.has_costs:
        fields.assume(COST_UNRECORDED)
        return None
    return cost


def _shown(message: Message) -> dict[str, Any]:
    return {name: message.get(name) for name in _SHOWN_TO_MODEL if name == "content" or not is_empty(message.get(name))}


def _unshown(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in _SHOWN_TO_MODEL and not is_empty(value)}
