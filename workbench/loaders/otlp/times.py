"""Times and ids as exporters write them, checked.

A time is nanoseconds since 1970; the tables keep microseconds and cut the rest off. A span's duration is taken before
the cut, so it keeps its nanoseconds.
"""

import base64
import binascii

from workbench.errors import RecordError

_END_OF_TIME = 1 << 64


def nanoseconds(value: int | str | None) -> int:
    """Return nanoseconds since 1970 of a number or its digits; 0 stands for a time that is not known.

    >>> nanoseconds("1544712660000000000"), nanoseconds(None), nanoseconds("")
    (1544712660000000000, 0, 0)
    """
    if value.__class__ is str and value.isdecimal() and len(value) < 20 and value.isascii():
        return int(value)
    if not value:
        return 0
    if value.__class__ is str and not (value.isdecimal() and value.isascii() and len(value) <= 20):
        raise RecordError("a time that is no count of nanoseconds", reason="bad_time")
    if not 0 <= (moment := int(value)) < _END_OF_TIME:
        raise RecordError("a time beyond 64 bits", reason="bad_time")
    return moment


def identity(value: str | None, n_bytes: int) -> str:
    """Return an id as lower-case hex; it may come as hex in any case, or as base64 of protobuf's JSON.

    >>> identity("EEE19B7EC3C1B174", 8), identity("7uGbfsPBsXQ=", 8)
    ('eee19b7ec3c1b174', 'eee19b7ec3c1b174')
    """
    if not value:
        raise RecordError("a trace id or span id is missing", reason="no_id")
    try:
        raw = bytes.fromhex(value) if len(value) == 2 * n_bytes else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != n_bytes:
        raise RecordError(f"an id that is neither hex nor base64 of {n_bytes} bytes", reason="bad_id")
    if not any(raw):
        raise RecordError("an id of zeros stands for none", reason="no_id")
    return raw.hex()


def parent_identity(value: str | None) -> str | None:
    """Return the id of the enclosing span; None where the field is absent, empty or zeros."""
    if not value or value == "0000000000000000":
        return None
    return identity(value, 8)
