"""One ADK event: who said what, when, which tools it calls and which calls it answers.

The framework writes its own names in camelCase or snake_case and most fields as null; the names of users' data, in
arguments, responses and state, are never touched.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Refused
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.moments import Moment, read_iso, read_number
from workbench.loaders.reading.quoting import unpacked

USER = "user"
"""The author of what the user said."""
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
Refusal = Callable[[RecordError], Refused]
"""Makes the refusal of one event, which knows where it was written."""
_OWNER = ("app_name", "user_id", "session_id")
_OBJECTS = ("content", "actions", "usage_metadata", "node_info")
"""Fields that are objects with names of the framework's own."""
_CALLS = ("function_call", "function_response")


class Event(NamedTuple):
    """One event, its own names in snake_case."""

    fields: Fields
    """What it says; `rest` is what no span has taken."""
    owner: Mapping[str, Any]
    """Application, user and session, where it comes as a row of a table."""
    id: str
    invocation_id: str
    author: str
    at: int | None
    """When it was written, which is when what it tells had ended; microseconds since 1970, UTC."""
    role: str | None
    parts: list[dict[str, Any]]
    """What was said: texts, calls, responses, files; without empty fields."""
    refusal: Refusal

    @property
    def branch(self) -> str:
        """The agents from the root to this one; empty for the root."""
        branch = self.fields.record.get("branch")
        return branch if isinstance(branch, str) else ""

    @property
    def is_partial(self) -> bool:
        """True for a piece of a streamed answer, which follows whole."""
        return self.fields.record.get("partial") is True

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The function responses among its parts."""
        return [part["function_response"] for part in self.parts if "function_response" in part]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The function calls among its parts."""
        return [part["function_call"] for part in self.parts if "function_call" in part]

    @property
    def text(self) -> str | None:
        """What it says in words, thoughts left out; None if it says nothing in words."""
        words = [part["text"] for part in self.parts if _is_plain(part)]
        return "\n".join(words) if words else None

    @property
    def is_text(self) -> bool:
        """True if its words are all that it says."""
        return bool(self.parts) and all(_is_plain(part) for part in self.parts)


def read_event(value: Any, refusal: Refusal) -> Event:
    """Return the event of an object of a session, or of a row of an `events` table.

    Raises
    ------
    RecordError
        If it is no object, has no id, invocation or author, or its time or content is none.
    """
    if not isinstance(value, dict):
        raise RecordError("an event is no object")
    row = snake(value)
    owner = {name: row.pop(name) for name in _OWNER if row.get(name) is not None}
    if isinstance(data := unpacked(row.pop("event_data", None)), dict):
        row |= {name: entry for name, entry in snake(data).items() if entry is not None}
    for name in _OBJECTS:
        if isinstance(inner := unpacked(row.get(name)), dict):
            row[name] = _without_empty(snake(inner))
    fields = Fields(row)
    content = row.get("content")
    if content is not None and not isinstance(content, dict):
        raise RecordError("an event's content is no object")
    return Event(
        fields=fields,
        owner=owner,
        id=fields.identity("id", column="span_id"),
        invocation_id=fields.identity("invocation_id", column="trace_id"),
        author=fields.identity("author", column="agent"),
        at=fields.moment(_moment(fields.raw("timestamp", column="ended_at"))),
        role=_role(content or {}),
        parts=_parts(content or {}),
        refusal=refusal,
    )


def snake(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record with its own field names in snake_case.

    >>> snake({"invocationId": 1, "app_name": {"keyOfAUser": 2}})
    {'invocation_id': 1, 'app_name': {'keyOfAUser': 2}}
    """
    return {_HUMP.sub(lambda found: f"_{found[0].lower()}", name): value for name, value in record.items()}


def _moment(value: Any) -> Moment:
    """Return the time of seconds since 1970, or of the text that a database writes."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        return read_iso(value)
    return read_number(value, "s")


def _role(content: Mapping[str, Any]) -> str | None:
    role = content.get("role")
    return role if isinstance(role, str) else None


def _parts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = content.get("parts") or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise RecordError("an event's parts are no list of objects")
    return [_part(part) for part in parts]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: entry for name, entry in snake(part).items() if entry is not None}
    for name in _CALLS:
        if name in said:
            if not isinstance(said[name], dict):
                raise RecordError(f"a {name} is no object")
            said[name] = {key: entry for key, entry in snake(said[name]).items() if entry is not None}
    return said


def _is_plain(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("text"), str) and not part.get("thought")


def _without_empty(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not is_empty(value)}
