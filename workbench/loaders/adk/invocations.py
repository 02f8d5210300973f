"""The events of an ADK session as traces: one for each invocation, what the user said at its root.

A session says when each event was written, and that is all it says of time: a span ends with its event and is taken to
start with what came before it. What is assumed in this is counted.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.adk.events import USER, Event
from workbench.loaders.adk.spans import answer_columns, message_of, says_by_model, tool_columns
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import Fields, duration_ms, is_empty
from workbench.loaders.reading.strict import dump, dump_sorted

AGENT_ASSUMED = "the first author of an invocation besides the user is read as the agent that was invoked"
START_ASSUMED = "an event's time is its end; the span starts at the time of the event before it"
CALL_START_ASSUMED = "a tool call starts at the time of the event that asks for it"
CALL_UNKNOWN = "a function response whose call is not in the session"
ORDER_ASSUMED = "a function response without a call id answers the oldest open call of its name"


MAX_BRANCHES = 100
"""Branches above an event's own that are looked at: agents lie not as deep in one another."""
MAX_HEARD_CHARACTERS = 256 << 20
"""Given as input to the answers of one session; each agent hears what was said since it spoke last, so that a hostile
session in which everyone speaks for the first time would repeat itself for each of them."""


class Session(NamedTuple):
    """What all events of a session share."""

    session_id: str | None
    service: str | None
    user_id: str | None
    """The raw id, which is not stored."""
    rest: Mapping[str, Any]
    """What else the session says of itself, as after its last event."""


class Asked(NamedTuple):
    """A function call, and when it was asked for."""

    call: Mapping[str, Any]
    at: int | None


@dataclass(slots=True)
class _Calls:
    """The function calls of a session so far, and how much of it was repeated."""

    by_id: dict[str, Asked] = field(default_factory=dict)
    """A call that runs long is answered more than once, also in a later invocation."""
    unnamed: defaultdict[str, deque[Asked]] = field(default_factory=lambda: defaultdict(deque))
    """Calls of the present invocation that are open and have no id, by name; oldest first."""
    n_heard: int = 0
    """Characters that answers of the session were given as input."""


@dataclass(slots=True)
class _Invocation:
    """How far the events of one invocation have been read."""

    shared: Mapping[str, Any]
    rows: Rows
    calls: _Calls
    messages: list[dict[str, Any]] = field(default_factory=list)
    """What was said so far."""
    sizes: list[int] = field(default_factory=lambda: [0])
    """Characters of no message, of the first, of the first two, and so on."""
    n_heard: dict[str, int] = field(default_factory=dict)
    """How much of that each agent had heard when it last answered."""
    clocks: dict[str, int] = field(default_factory=dict)
    """Time of the last event on each branch; agents that run beside one another have a branch each."""
    output: str | None = None
    """The last words of an agent."""


def add_session(session: Session, events: Sequence[Event], rows: Rows) -> None:
    """Add the spans of a session's events, in any order; what the session says of itself goes to its last root."""
    invocations: dict[str, list[Event]] = {}
    for event in _in_order(events):
        invocations.setdefault(event.invocation_id, []).append(event)
    calls = _Calls()
    shared = {
        "session_id": session.session_id,
        "user_key": None if session.user_id is None else rows.context.key_user(session.user_id),
        "service": session.service,
    }
    last = next(reversed(invocations))
    for invocation_id, told in invocations.items():
        of_trace = {**shared, "trace_id": invocation_id}
        _add_invocation(_Invocation(of_trace, rows, calls), told, session.rest if invocation_id == last else {})


def _in_order(events: Sequence[Event]) -> list[Event]:
    """Return the events by time; as they come where one has none."""
    if any(event.at is None for event in events):
        return list(events)
    return sorted(events, key=lambda event: event.at or 0)


def _add_invocation(invocation: _Invocation, events: Sequence[Event], about_session: Mapping[str, Any]) -> None:
    trace_id = invocation.shared["trace_id"]
    said = [event for event in events if event.author == USER]
    agent = next((event.author for event in events if event.author != USER), None)
    at_root = Fields({})
    at_root.assume(AGENT_ASSUMED if agent else None)
    invocation.calls.unnamed.clear()
    for event in events:
        try:
            _add_event(invocation, event)
        except RecordError as error:
            invocation.rows.refused.append(event.refusal(error))
    started_at, ended_at = events[0].at, events[-1].at
    asked = next((event for event in said if event.text is not None), None)
    beside = {"user_events": _left_of(said, asked, invocation.rows), "session": about_session}
    invocation.rows.add_span(
        {
            **invocation.shared,
            "span_id": trace_id,
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": f"invoke_agent {agent}" if agent else "invoke_agent",
            "agent": agent,
            "status": "UNSET",
            "started_at": started_at,
            "ended_at": ended_at,
            "duration_ms": duration_ms(started_at, ended_at),
            "time_known": started_at is not None,
            "input": None if asked is None else asked.text,
            "output": invocation.output,
            "attributes": dump_sorted({name: value for name, value in beside.items() if not is_empty(value)}),
        }
    )
    at_root.report(invocation.rows)


def _left_of(said: Sequence[Event], asked: Event | None, rows: Rows) -> list[dict[str, Any]]:
    """Return what the user's events say besides the words that are the root's input."""
    left = []
    for event in said:
        if event is asked and event.is_text:
            event.fields.raw("content", column="input")
        left.append({"id": event.id, **event.fields.rest()})
        event.fields.report(rows)
    return left


def _add_event(invocation: _Invocation, event: Event) -> None:
    invocation.calls.by_id.update(
        {call["id"]: Asked(call, event.at) for call in event.calls if isinstance(call.get("id"), str)}
    )
    for call in event.calls:
        if "id" not in call:
            invocation.calls.unnamed[_name_of(call)].append(Asked(call, event.at))
    is_answer = event.author != USER and (not event.responses or len(event.responses) < len(event.parts))
    if is_answer:
        _add_answer(invocation, event)
    for place, response in enumerate(event.responses):
        _add_response(invocation, event, response, place, is_alone=not is_answer and event.author != USER)
    if not event.is_partial:
        if event.parts:
            invocation.messages.append(message_of(event))
            invocation.sizes.append(invocation.sizes[-1] + len(dump(invocation.messages[-1])))
        invocation.n_heard |= {event.author: len(invocation.messages)} if says_by_model(event) else {}
        invocation.clocks |= {} if event.at is None else {event.branch: event.at}


def _add_answer(invocation: _Invocation, event: Event) -> None:
    columns = answer_columns(event)
    if says_by_model(event):
        columns["input"] = _heard(invocation, invocation.n_heard.get(event.author, 0))
    if event.text and not event.is_partial:
        invocation.output = event.text
    columns["attributes"] = dump_sorted(event.fields.rest())
    _add_span(invocation, event, _start(invocation, event), START_ASSUMED, columns)
    event.fields.report(invocation.rows)


def _heard(invocation: _Invocation, first: int) -> str | None:
    """Return the messages from a place on.

    Raises
    ------
    RecordError
        If the session's answers were given more than MAX_HEARD_CHARACTERS, with the reason too_large.
    """
    n_characters = invocation.sizes[-1] - invocation.sizes[first]
    if invocation.calls.n_heard + n_characters > MAX_HEARD_CHARACTERS:
        what = f"the session's answers heard more than {MAX_HEARD_CHARACTERS:,} characters"
        raise RecordError(what, reason="too_large")
    invocation.calls.n_heard += n_characters
    heard = invocation.messages[first:]
    return dump(heard) if heard else None


def _add_response(
    invocation: _Invocation, event: Event, response: Mapping[str, Any], place: int, *, is_alone: bool
) -> None:
    """Add one tool call; what its event says besides goes to the first of them, where no answer has it."""
    fields = Fields(response, of="function_response.")
    asked = _asked(invocation.calls, response, fields)
    columns = tool_columns(fields, asked.call)
    beside: dict[str, Any] = {}
    if is_alone and place == 0:
        event.fields.pass_over("content")
        beside = event.fields.rest()
        event.fields.report(invocation.rows)
    columns["span_id"] = event.id if is_alone and place == 0 else f"{event.id}:{place}"
    columns["attributes"] = dump_sorted({**beside, **fields.rest()})
    if asked.at is None:
        _add_span(invocation, event, _start(invocation, event), START_ASSUMED, columns)
    else:
        _add_span(invocation, event, asked.at, CALL_START_ASSUMED, columns)
    fields.report(invocation.rows)


def _asked(calls: _Calls, response: Mapping[str, Any], fields: Fields) -> Asked:
    """Return the call that a response answers; one without an id is closed by it."""
    call_id = response.get("id")
    if isinstance(call_id, str) and call_id in calls.by_id:
        return calls.by_id[call_id]
    if call_id is None and (waiting := calls.unnamed.get(_name_of(response))):
        fields.assume(ORDER_ASSUMED)
        return waiting.popleft()
    fields.assume(CALL_UNKNOWN)
    return Asked({}, None)


def _name_of(call: Mapping[str, Any]) -> str:
    return repr(call.get("name"))


def _start(invocation: _Invocation, event: Event) -> int | None:
    """Return the time of the last event on the branch of this one, or on a branch that it comes from."""
    branches, branch = [event.branch, ""], event.branch
    while "." in branch and len(branches) < MAX_BRANCHES:
        branch = branch.rpartition(".")[0]
        branches.append(branch)
    return max((invocation.clocks[branch] for branch in branches if branch in invocation.clocks), default=None)


def _add_span(
    invocation: _Invocation, event: Event, start: int | None, assumed: str, columns: Mapping[str, Any]
) -> None:
    is_in_order = start is not None and event.at is not None and start <= event.at
    if is_in_order:
        invocation.rows.guessed[assumed] += 1
    started_at = start if is_in_order else event.at
    invocation.rows.add_span(
        {
            "span_id": event.id,
            **columns,
            **invocation.shared,
            "parent_span_id": invocation.shared["trace_id"],
            "agent": None if event.author == USER else event.author,
            "started_at": started_at,
            "ended_at": event.at,
            "duration_ms": duration_ms(started_at, event.at) if is_in_order else None,
            "time_known": event.at is not None,
        }
    )
