"""The events of a span: exceptions, messages of earlier conventions, evaluations; the rest stays with the span.

Few spans have events, and those that do mostly say what went wrong.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from msgspec.structs import astuple

from workbench.loaders.conventions import CANDIDATES, CONTENT_EVENTS, EVALUATION_EVENT, MESSAGE_EVENTS
from workbench.loaders.otlp.plan import Keyed, text
from workbench.loaders.otlp.times import nanoseconds
from workbench.loaders.otlp.wire import Event, KeyValue, distinct, other_value
from workbench.loaders.users import keyed

_MESSAGE_FIELDS = ("role", "content", "name", "id", "tool_calls", "index", "finish_reason", "message")
"""Fields that earlier conventions give a message event, as attributes or in its body."""


class Entry(NamedTuple):
    """One event that stays with its span."""

    name: str | None
    time_unix_nano: int
    """Nanoseconds since 1970; 0 if not known."""
    attributes: dict[str, Any]
    dropped_attributes_count: int | None

    def plain(self) -> dict[str, Any]:
        """Return it as it goes into `attributes`, without what is not known."""
        return {name: value for name, value in self._asdict().items() if value}


@dataclass(slots=True)
class Events:
    """What the events of one span say."""

    entries: list[Entry] = field(default_factory=list)
    """All but evaluations, in their order."""
    error_type: str | None = None
    error_message: str | None = None
    evaluations: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Nanoseconds since 1970, 0 if not known, and attributes."""
    n_members: int = 0
    """JSON members that the events held."""


def read_events(events: Sequence[Event[str]], key_user: Keyed) -> Events:
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
        result.n_members += len(fields) - fields.count(None) + n_members
        entry = Entry(name, nanoseconds(at), keyed(values, key_user), n_dropped)
        if name == EVALUATION_EVENT:
            dropped = {"dropped_attributes_count": n_dropped} if n_dropped else {}
            result.evaluations.append((entry.time_unix_nano, {**entry.attributes, **dropped}))
            continue
        result.entries.append(entry)
        if name == "exception":
            result.error_type = text(entry.attributes.get("exception.type")) or result.error_type
            result.error_message = text(entry.attributes.get("exception.message")) or result.error_message
    return result


def content_of(entries: list[Entry], column: str) -> tuple[str | None, list[Entry]]:
    """Return what events say for the column `input` or `output`, and the events without what was taken from them.

    Either one event carries the whole of it, or each of several carries a message.
    """
    for place, entry in enumerate(entries):
        if entry.name in CONTENT_EVENTS:
            for name in CANDIDATES[column]:
                if entry.attributes.get(name):
                    rest = _without(entry, {name})
                    return text(entry.attributes[name]), [*entries[:place], rest, *entries[place + 1 :]]
    messages, kept = [], []
    for entry in entries:
        of_column, role = MESSAGE_EVENTS.get(entry.name or "", ("", ""))
        if of_column == column:
            message = {name: entry.attributes[name] for name in _MESSAGE_FIELDS if name in entry.attributes}
            messages.append({"role": role, **message})
            kept.append(_without(entry, message.keys()))
        else:
            kept.append(entry)
    return (orjson.dumps(messages).decode() if messages else None), kept


def attribute_values(attributes: Sequence[KeyValue[str]]) -> tuple[dict[str, Any], int]:
    """Return attributes as `name: value`, and how many JSON members they held."""
    values, n_members = [], 0
    for entry in attributes:
        value, n = other_value(entry.value)
        values.append(value)
        n_members += 2 + n
    return dict(zip(distinct(tuple(entry.key for entry in attributes)), values, strict=True)), n_members


def _without(entry: Entry, names: Collection[str]) -> Entry:
    return entry._replace(attributes={name: value for name, value in entry.attributes.items() if name not in names})
