"""What the trace objects of a file say for all spans of their trace: session, workflow, user, metadata.

The Agents SDK sends a trace as an object of its own: before its spans, at its end once more, or in another batch than
they. What the objects of one trace say is put together so that their order makes no difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.strict import dump_sorted
from workbench.loaders.users import is_user_id, user_id

TOLD_TWICE = "trace objects of one id say different things: the first by their text is read, all are kept"
_NAMING = ("object", "id")


class Header(NamedTuple):
    """What is known about one trace."""

    session_id: str | None = None
    task: str | None = None
    user_id: str | None = None
    """The raw id, which is not stored."""
    left: Any = None
    """What has no column; where the trace objects differ, a list of all that they say."""
    assumed: str | None = None
    """What was assumed to read it."""


class Told(NamedTuple):
    """One trace object."""

    trace_id: str
    header: Header
    fields: Fields


def told(record: Mapping[str, Any]) -> Told:
    """Return what one trace object says.

    Raises
    ------
    RecordError
        If it has no id, or a group or workflow that is no text.
    """
    fields = Fields(record, of="trace.")
    fields.pass_over("object")
    trace_id = fields.identity("id", column="trace_id")
    session_id = fields.text("group_id", column="session_id")
    task = fields.text("workflow_name", column="task")
    raw_user = _user(fields)
    return Told(trace_id, Header(session_id, task, raw_user, fields.rest() or None), fields)


def together(objects: Iterable[Mapping[str, Any]]) -> Header:
    """Return what all trace objects of one trace say, in whichever order they come.

    >>> together([{"id": "t", "group_id": None, "workflow_name": "w"}, {"id": "t", "group_id": "s"}])[:2]
    ('s', 'w')
    """
    distinct = {dump_sorted(record): record for record in objects}
    ordered = [distinct[text] for text in sorted(distinct)]
    headers = [told(record).header for record in ordered]
    if len(headers) == 1:
        return headers[0]
    session_id, task, raw_user = (
        next((said for said in column if said), None)
        for column in zip(*(header[:3] for header in headers), strict=True)
    )
    return Header(session_id, task, raw_user, [_said(record) for record in ordered], TOLD_TWICE)


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _NAMING and not is_empty(value)}


def _user(fields: Fields) -> str | None:
    """Return the user that the metadata names; the metadata is kept as a whole, with the id keyed."""
    metadata = fields.record.get("metadata")
    inner = Fields(as_object(metadata), of="trace.metadata.")
    for name, value in inner.record.items():
        if is_user_id(name) and (raw := user_id(value)) is not None:
            inner.raw(name, column="user_key")
            fields.include(inner)
            return raw
    return None
