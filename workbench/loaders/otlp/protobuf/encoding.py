"""Protobuf's wire format, one level deep: which fields a message has and where each of them lies.

Messages are taken apart here before they are parsed, so that a record which no parser takes costs its neighbours
nothing, and so that a refused record is kept byte for byte.
"""

from collections.abc import Iterator
from typing import NamedTuple

from workbench.errors import RecordError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types; 3 and 4 enclosed groups, which proto3 does not have."""
_FIXED_BYTES = {FIXED64: 8, FIXED32: 4}
_MAX_VARINT_BYTES = 10


class Field(NamedTuple):
    """One field of a message, by its places in the message's bytes."""

    number: int
    wire_type: int
    start: int
    """Where its tag begins."""
    content: int
    """Where its value begins, after a length if it has one."""
    end: int


def fields(raw: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Yield the fields of the message that lies in `raw` from `start` to `end`.

    Raises
    ------
    RecordError
        not_protobuf, where the bytes are no fields, or end within one.

    Examples
    --------
    >>> list(fields(bytes([0x0A, 0x01, 0x41])))
    [Field(number=1, wire_type=2, start=0, content=2, end=3)]
    """
    stop = len(raw) if end is None else end
    place = start
    while place < stop:
        tag, content = _varint(raw, place, stop)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == LENGTH:
            length, content = _varint(raw, content, stop)
            after = content + length
        elif wire_type == VARINT:
            after = _varint(raw, content, stop)[1]
        elif wire_type in _FIXED_BYTES:
            after = content + _FIXED_BYTES[wire_type]
        else:
            raise RecordError(f"no protobuf field at byte {place}", reason="not_protobuf")
        if number == 0:
            raise RecordError(f"no protobuf field at byte {place}", reason="not_protobuf")
        if after > stop:
            raise RecordError(f"ends within the field at byte {place}", reason="not_protobuf")
        yield Field(number, wire_type, place, content, after)
        place = after


def _varint(raw: bytes, place: int, stop: int) -> tuple[int, int]:
    """Return an integer of 7 bits a byte, the lowest first, and the place after it."""
    value = shift = 0
    for byte in raw[place : min(stop, place + _MAX_VARINT_BYTES)]:
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise RecordError(f"no protobuf integer before byte {place}", reason="not_protobuf")
