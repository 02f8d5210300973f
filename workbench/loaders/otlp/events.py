"""The events of a span: exceptions, messages of earlier conventions, evaluations; the rest stays with the span.

Few spans have events, and those that do mostly say what went wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from msgspec.structs import astuple

from workbench.loaders.conventions import CANDIDATES, CONTENT_EVENTS, EVALUATION_EVENT, MESSAGE_EVENTS
from workbench.loaders.otlp.plan import Keyed, conceal, text
from workbench.loaders.otlp.times import nanoseconds
from workbench.loaders.otlp.wire import Event, KeyValue, distinct, other_value

_ROLE_FIELDS = ("role", "content", "name", "id", "tool_calls", "index", "finish_reason", "message")
"""Fields that earlier conventions give a message event, as attributes or in its body."""


@dataclass(slots=True)
class Events:
    """What the events of one span say."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    """Events for `attributes`, without what went into a column or a signal."""
    error_type: str | None = None
    error_message: str | None = None
    input: list[Any] = field(default_factory=list)
    """Messages that went in."""
    output: list[Any] = field(default_factory=list)
    """Messages that came out."""
    content: dict[str, str] = field(default_factory=dict)
    """Column to text, from events that carry whole content attributes."""
    evaluations: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Nanoseconds since 1970, 0 if not known, and attributes."""
    n_members: int = 0
    """JSON members that the events held."""


def read_events(events: Sequence[Event], key_user: Keyed) -> Events:
    """Return what the events say; personal fields are keyed.

    Raises
    ------
    RecordError
        If an attribute has another type than it says, or a time is none.
    """
    result = Events()
    for event in events:
        at, name, attributes, n_dropped = fields = astuple(event)
        values, n_members = attribute_values(attributes or ())
        result.n_members += 4 - fields.count(None) + n_members
        entry = {
            "name": name,
            "time_unix_nano": nanoseconds(at) or None,
            "attributes": _take(name, nanoseconds(at), conceal(values, key_user), result),
            "dropped_attributes_count": n_dropped,
        }
        if name != EVALUATION_EVENT:
            result.kept.append({field_name: value for field_name, value in entry.items() if value})
    return result


def attribute_values(attributes: Sequence[KeyValue]) -> tuple[dict[str, Any], int]:
    """Return attributes as `name: value`, and how many JSON members they held."""
    values, n_members = [], 0
    for entry in attributes:
        value, n = other_value(entry.value)
        values.append(value)
        n_members += 2 + n
    return dict(zip(distinct(tuple(entry.key for entry in attributes)), values, strict=True)), n_members


def _take(name: str | None, at: int, values: dict[str, Any], result: Events) -> dict[str, Any]:
    """Take from one event what has a place; return what stays with the event."""
    if name == "exception":
        result.error_type = text(values.get("exception.type")) or result.error_type
        result.error_message = text(values.get("exception.message")) or result.error_message
    elif name == EVALUATION_EVENT:
        result.evaluations.append((at, values))
    elif name is not None and name in MESSAGE_EVENTS:
        column, role = MESSAGE_EVENTS[name]
        message = {field_name: values[field_name] for field_name in _ROLE_FIELDS if field_name in values}
        (result.input if column == "input" else result.output).append({"role": role, **message})
        return {field_name: value for field_name, value in values.items() if field_name not in message}
    elif name in CONTENT_EVENTS:
        return _take_content(values, result)
    return values


def _take_content(values: dict[str, Any], result: Events) -> dict[str, Any]:
    rest = dict(values)
    for column in ("input", "output"):
        names: Mapping[str, Any] = {name: rest[name] for name in CANDIDATES[column] if rest.get(name)}
        for name, value in names.items():
            if column not in result.content:
                result.content[column] = text(value) or ""
                del rest[name]
    return rest


def as_messages(messages: Sequence[Any]) -> str | None:
    """Return messages as JSON; None if there are none."""
    return orjson.dumps(messages).decode() if messages else None
