"""A message taken apart: what is around its records, and the bytes of each record.

`ExportTraceServiceRequest` and `TracesData` are the same on the wire, and so are those of logs: resources that hold
scopes that hold records. Whether the records are spans or log records is told by their own fields.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.otlp.protobuf.encoding import FIXED32, FIXED64, LENGTH, VARINT, Field, fields

Kind = Literal["spans", "logRecords"]

_RECORDS_LOOKED_AT = 20
"""Records that are asked what they are: enough to pass over a few bad ones."""
_SHARED, _BELOW, _SCHEMA_URL = 1, 2, 3
"""Fields of resource and scope groups: what is shared, the next level, and the URL of its conventions."""
_RESOURCES = 1
"""The one field of a whole message."""
_WIRE_TYPES: dict[Kind, dict[int, int]] = {
    "spans": {
        **dict.fromkeys((1, 2, 3, 4, 5, 9, 11, 13, 15), LENGTH),
        **dict.fromkeys((6, 10, 12, 14), VARINT),
        **dict.fromkeys((7, 8), FIXED64),
        16: FIXED32,
    },
    "logRecords": {
        **dict.fromkeys((3, 5, 6, 9, 10, 12), LENGTH),
        **dict.fromkeys((2, 7), VARINT),
        **dict.fromkeys((1, 11), FIXED64),
        8: FIXED32,
    },
}
_TRACE_ID_FIELD: dict[Kind, int] = {"spans": 1, "logRecords": 9}
_TRACE_ID_BYTES = 16
MAX_PARTS = 1_000_000
"""Resources, scopes and records of one message: real ones have thousands, hostile ones one every two bytes."""


class Group(NamedTuple):
    """A resource or a scope, and what it holds."""

    shared: bytes
    """The resource or scope itself, a message."""
    schema_url: bytes
    unknown: bytes
    """Fields that the protocol did not have when this was written, as they came."""
    below: list[bytes]
    """Its scopes, or its records."""


class Pieces(NamedTuple):
    """One message: its resources, each with its scopes, each with its records."""

    kind: Kind
    resources: list[tuple[Group, list[Group]]]
    unknown: list[bytes]
    """Fields beside the resources that the protocol does not have."""


def split(raw: bytes) -> Pieces:
    """Return the records of one message and what is around them.

    Raises
    ------
    RecordError
        not_protobuf, if what is around the records cannot be read; too_large, if it has more than MAX_PARTS.
    """
    room = iter(range(MAX_PARTS))
    groups, unknown = [], []
    for field in _counted(fields(raw), room):
        if (field.number, field.wire_type) == (_RESOURCES, LENGTH):
            groups.append(_group(raw[field.content : field.end], room))
        else:
            unknown.append(raw[field.start : field.end])
    resources = [(group, [_group(scope, room) for scope in group.below]) for group in groups]
    records = (record for _, scopes in resources for scope in scopes for record in scope.below)
    told = (kind_of(record) for record in islice(records, _RECORDS_LOOKED_AT))
    return Pieces(next((kind for kind in told if kind), "spans"), resources, unknown)


def kind_of(record: bytes) -> Kind | None:
    """Return what a record is by its fields, which may be cut off; None where they fit neither or tell nothing."""
    found = list(_readable_fields(record))
    for kind, wire_types in _WIRE_TYPES.items():
        fits = all(field.wire_type == wire_types.get(field.number, field.wire_type) for field in found)
        if fits and _tells(kind, found):
            return kind
    return None


def begins_like_a_message(head: bytes) -> bool:
    """Return whether these bytes are the beginning of a message, or the whole of it, with spans or log records."""
    return any(kind_of(record) for record in islice(_records(head), _RECORDS_LOOKED_AT))


def _counted(found: Iterator[Field], room: Iterator[int]) -> Iterator[Field]:
    """Yield the fields as long as there is room for them."""
    for field in found:
        if next(room, None) is None:
            raise RecordError(f"a message of more than {MAX_PARTS:,} parts", reason="too_large")
        yield field


def _group(raw: bytes, room: Iterator[int]) -> Group:
    shared: list[bytes] = []
    schema_url, unknown, below = b"", b"", []
    for field in _counted(fields(raw), room):
        content = raw[field.content : field.end]
        if field.wire_type != LENGTH or field.number > _SCHEMA_URL:
            unknown += raw[field.start : field.end]
        elif field.number == _SHARED:
            shared.append(content)
        elif field.number == _BELOW:
            below.append(content)
        else:
            schema_url = content
    # A message that comes in several parts is the same as its parts one after the other.
    return Group(b"".join(shared), schema_url, unknown, below)


def _tells(kind: Kind, found: list[Field]) -> bool:
    """Return whether fields that fit a kind of record are enough to tell that it is one."""
    trace_ids = [field for field in found if field.number == _TRACE_ID_FIELD[kind]]
    if trace_ids:
        return all(field.end - field.content == _TRACE_ID_BYTES for field in trace_ids)
    return any(field.wire_type == FIXED64 and field.number in _WIRE_TYPES[kind] for field in found)


def _readable_fields(raw: bytes) -> Iterator[Field]:
    """Yield the fields up to where the bytes end or are none."""
    try:
        yield from fields(raw)
    except RecordError:
        return


def _records(head: bytes) -> Iterator[bytes]:
    """Yield the records at the beginning of a message, the last one perhaps cut off."""
    for resource in _cut_fields(head, _RESOURCES):
        for scope in _cut_fields(resource, _BELOW):
            yield from _cut_fields(scope, _BELOW)


def _cut_fields(head: bytes, number: int) -> Iterator[bytes]:
    """Yield the contents of one field of a message that may be cut off: then the last one is cut off too."""
    place = 0
    try:
        for field in fields(head):
            place = field.end
            if (field.number, field.wire_type) == (number, LENGTH):
                yield head[field.content : field.end]
    except RecordError:
        if cut := _cut(head, place, number):
            yield cut


def _cut(head: bytes, place: int, number: int) -> bytes:
    """Return what is there of a field that ends beyond the head; nothing if it is another one."""
    tag, *rest = head[place : place + 11] or b"\0"
    n_length = next((n for n, byte in enumerate(rest, 1) if byte < 0x80), 0)
    return head[place + 1 + n_length :] if tag == number << 3 | LENGTH and n_length else b""
