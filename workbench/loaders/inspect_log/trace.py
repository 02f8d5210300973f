"""A trace while its sample is read: its events become spans one after another.

What happened at one moment (a change of state, a message of the log, an approval) is no span: it is kept with the span
that it happened in. A tool call is written twice, as a call and as the stretch in which it ran; it is one span.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.inspect_log.events import Event
from workbench.loaders.inspect_log.resolve import References
from workbench.loaders.inspect_log.spans import answer_left, model_call, sandbox, stretch, subtask, tool_call
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.stretches import stretch_columns

_SPANS: Mapping[str, Callable[[Fields], dict[str, Any]]] = {
    "model": model_call,
    "tool": tool_call,
    "sandbox": sandbox,
    "subtask": subtask,
    "span_begin": stretch,
}


@dataclass(slots=True)
class Sketch:
    """A span that is being put together."""

    columns: dict[str, Any]
    """What is known of its columns."""
    fields: Fields
    """The record that it is read from."""
    attributes: dict[str, Any]
    """What has no column, besides the fields that are left."""
    moments: list[Any] = field(default_factory=list)
    """What happened in it without taking time."""


@dataclass(slots=True)
class Trace:
    """A sample while it is read."""

    id: str
    root: Sketch
    """The sample's own span."""
    sketches: dict[str, Sketch] = field(default_factory=dict)
    """All spans by their ids, the sample's own first."""
    waiting: dict[tuple[str | None, str | None], deque[str]] = field(default_factory=dict)
    """Stretches of tools whose call has not been read, by the span they are in and the tool's name."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Ids of tool calls that became part of a stretch."""
    scores: list[tuple[Event, Mapping[str, Any]]] = field(default_factory=list)
    """Events in which a score was given."""
    last: int | None = None
    """The latest time of any event."""


def add_event(trace: Trace, event: Event, references: References) -> None:
    """Add an event to the trace: as a span, as the end of one, or as something that happened in one.

    Raises
    ------
    RecordError
        If it cannot be read.
    """
    if not isinstance(event.value, dict):
        raise RecordError("an event is no object")
    value = references.event({name: entry for name, entry in event.value.items() if name != "events"})
    fields = Fields(value, of=f"events.{event.kind}.")
    is_step = event.kind == "step" and value.get("action") == "begin"
    if make := stretch if is_step else _SPANS.get(event.kind):
        columns = make(fields)
        fields.pass_over("event", "span_id", *(["uuid"] if event.id == value.get("uuid") else []))
        _note_time(trace, columns["started_at"], columns["ended_at"])
        _add_sketch(trace, event, columns, fields)
        return
    at = fields.moment(read_iso(value.get("timestamp")))
    _note_time(trace, at)
    if event.kind in ("span_end", "step") and (begun := trace.sketches.get(event.id)):
        _end(begun, at)
        return
    if event.kind == "score":
        trace.scores.append((event, value))
        value = {name: entry for name, entry in value.items() if name != "score"}
    enclosing(trace, event).moments.append({name: entry for name, entry in value.items() if not is_empty(entry)})


def _add_sketch(trace: Trace, event: Event, columns: dict[str, Any], fields: Fields) -> None:
    attributes: dict[str, Any] = {}
    if event.kind == "model":
        attributes = {name: entry for name, entry in (("output", answer_left(fields)),) if entry}
        fields.pass_over("output")
        if fields.record.get("model") != columns["model"]:
            attributes["model"] = fields.record.get("model")
    key = (event.parent, columns.get("tool_name"))
    if event.kind == "tool" and (begun := trace.waiting.get(key)):
        span_id = trace.aliases[event.id] = begun.popleft()
        stretched = trace.sketches[span_id]
        stretched.columns |= columns
        fields.include(stretched.fields)
        stretched.fields, stretched.attributes = fields, attributes | {"span_begin": stretched.fields.rest()}
        return
    span_id = event.id
    if span_id in trace.sketches:
        raise RecordError("two spans of the sample have one id", reason="duplicate_id")
    if event.kind == "span_begin" and columns["kind"] == "TOOL":
        trace.waiting.setdefault(key, deque()).append(span_id)
    columns["parent_span_id"] = event.parent
    trace.sketches[span_id] = Sketch(columns, fields, attributes)


def _end(begun: Sketch, at: int | None) -> None:
    """End a span; one that has an end already, as a tool call has, keeps it, and the other one beside it."""
    if begun.columns.get("ended_at") is None:
        begun.columns |= stretch_columns(begun.fields, started_at=begun.columns["started_at"], ended_at=at)
    else:
        begun.attributes["span_end"] = at


def enclosing(trace: Trace, event: Event) -> Sketch:
    """Return the span in which an event happened; the sample's own where the log does not say."""
    return trace.sketches.get(trace.aliases.get(event.parent or "", event.parent or ""), trace.root)


def _note_time(trace: Trace, *moments: int | None) -> None:
    known = [moment for moment in (trace.last, *moments) if moment is not None]
    trace.last = max(known, default=None)


def models_that_judge(trace: Trace) -> frozenset[str | None]:
    """Return the spans in which a model was called, directly or further in."""
    judges: set[str | None] = set()
    for sketch in trace.sketches.values():
        if sketch.columns.get("kind") != "LLM":
            continue
        above = sketch.columns.get("parent_span_id")
        while above is not None and above not in judges and above in trace.sketches:
            judges.add(above)
            above = trace.sketches[above].columns.get("parent_span_id")
    return frozenset(judges)
