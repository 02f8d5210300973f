"""The events of a sample in one line, each with the span that encloses it.

Newer logs name the enclosing span; older ones nest events in a tool call, or bracket them by steps without ids.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from workbench.loaders.reading.parts import as_object, as_word
from workbench.loaders.reading.written import Trail

NESTING = frozenset({"tool", "subtask"})
"""Events that may hold the events that happened in them."""


class Event(NamedTuple):
    """One event, and where it belongs."""

    value: Any
    kind: str
    """What happened: model, tool, span_begin, ...; empty if it does not say."""
    id: str
    """Its id, if it becomes a span; of the end of a step or span that of its beginning."""
    parent: str | None
    """The span that encloses it; None for the sample's own."""
    trail: Trail
    """Where it lies in the sample's document."""


def flattened(events: Sequence[Any], *, at: Trail, trace_id: str) -> Iterator[Event]:
    """Yield all events in their order, those inside of others after the one that they are in.

    An event without an id of its own gets the trace's id and its number, which no later event changes.
    """
    yield from _flattened(events, at, None, trace_id, count())


def _flattened(
    events: Sequence[Any], at: Trail, host: str | None, trace_id: str, numbers: Iterator[int]
) -> Iterator[Event]:
    steps: list[str] = []
    for place, value in enumerate(events):
        trail, number = (*at, place), f"{trace_id}:{next(numbers)}"
        record = as_object(value)
        kind = as_word(record.get("event")) or ""
        own = as_word(record.get("id" if kind.startswith("span_") else "uuid")) or number
        parent = as_word(record.get("parent_id" if kind == "span_begin" else "span_id"))
        if kind == "step" and record.get("action") == "end":
            own = steps.pop() if steps else number
        if parent is None:
            parent = steps[-1] if steps else host
        if kind == "step" and record.get("action") == "begin":
            steps.append(own)
        yield Event(value, kind, own, parent, trail)
        inside = record.get("events")
        if kind in NESTING and isinstance(inside, list):
            yield from _flattened(inside, (*trail, "events"), own, trace_id, numbers)
