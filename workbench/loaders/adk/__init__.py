"""Google ADK sessions: each invocation is a trace, each event of an agent a span, each function response a tool call.

Reads sessions as the framework's services dump them, alone, in arrays or as lines, and the rows of their `events`
tables, in any order; field names in camelCase or snake_case.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.adk.events import Event, read_event, snake
from workbench.loaders.adk.invocations import Session, add_session
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.joined import load_joined
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.records import cut_any
from workbench.loaders.reading.strict import samples
from workbench.loaders.source import Source
from workbench.loaders.users import user_id

_OWNER = frozenset({"app_name", "user_id"})
_PARTS = frozenset({"events"})


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of sessions, or of rows of an `events` table."""
    return any(_is_session(sample) or _is_event(sample) for sample in map(snake, samples(head)))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans of all sessions in the file."""
    return load_joined(source, context, key_of=_key, read_group=_add_group, cut=partial(cut_any, recognises=recognises))


def _is_session(record: Mapping[str, Any]) -> bool:
    events = record.get("events")
    if not isinstance(events, list):
        return False
    seen = next((snake(event) for event in events if isinstance(event, dict)), None)
    return record.keys() >= _OWNER or (seen is not None and _is_event(seen))


def _is_event(record: Mapping[str, Any]) -> bool:
    """Return whether this is an event; the analytics table has an `event_type` and is read elsewhere."""
    is_row = {"event_data", "session_id"} <= record.keys()
    return "invocation_id" in record and "event_type" not in record and (is_row or "author" in record)


def _key(value: Any) -> Hashable | None:
    """Return the session of an event; None for a session, which is whole."""
    if not isinstance(value, dict) or isinstance(value.get("events"), list):
        return None
    record = snake(value)
    session = [record.get(name) for name in ("app_name", "user_id", "session_id")]
    key = session if session[-1] is not None else [record.get("invocation_id")]
    return tuple(part if isinstance(part, str) else repr(part) for part in key)


def _add_group(pieces: Sequence[Piece], rows: Rows) -> None:
    first = pieces[0]
    if isinstance(first.value, dict) and isinstance(first.value.get("events"), list):
        _add_whole_session(first, rows)
        return
    read: list[Event | Refused] = []
    for piece in pieces:
        try:
            piece.require_single_keys(piece.value)
            read.append(read_event(piece.value, piece.refused))
        except RecordError as error:
            read.append(piece.refused(error))
    events = sorted((event for event in read if isinstance(event, Event)), key=lambda event: (event.at or 0, event.id))
    owner = Fields({name: value for event in events for name, value in event.owner.items()})
    session = _session(owner, "session_id")
    rows.refused += [refused for refused in read if isinstance(refused, Refused)]
    if events:
        add_session(session, events, rows)


def _add_whole_session(piece: Piece, rows: Rows) -> None:
    piece.require_single_keys(piece.value, besides=_PARTS)
    fields = Fields(snake(piece.value), of="session.")
    session = _session(fields, "id")
    fields.pass_over("events")
    if not piece.value["events"]:
        raise RecordError("the session has no events", reason="no_events")
    events: list[Event] = []
    for place, entry in enumerate(piece.value["events"]):
        refusal = partial(piece.refused, part=place, at=("events", place))
        try:
            piece.require_single_keys(entry)
            events.append(read_event(entry, refusal))
        except RecordError as error:
            rows.refused.append(refusal(error))
    if events:
        add_session(session._replace(rest=fields.rest()), events, rows)
        fields.report(rows)


def _session(fields: Fields, id_name: str) -> Session:
    return Session(
        session_id=fields.text(id_name, column="session_id"),
        service=fields.text("app_name", column="service"),
        user_id=user_id(fields.raw("user_id", column="user_key")),
        rest={},
    )
