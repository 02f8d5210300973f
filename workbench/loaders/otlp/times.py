"""Times and ids as exporters write them, checked; a column at a time where it is as most exporters write it.

A time is nanoseconds since 1970; the tables keep microseconds and cut the rest off. A span's duration is taken before
the cut, so it keeps its nanoseconds.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.otlp.exact import Fault

Bad = dict[int, Fault]
"""Places of a column whose value is refused, and why."""

_END_OF_TIME = 1 << 64
_MAX_DIGITS = 20


def nanoseconds(value: int | str | None) -> int:
    """Return nanoseconds since 1970 of a number or its digits; 0 stands for a time that is not known.

    >>> nanoseconds("1544712660000000000"), nanoseconds(None), nanoseconds("")
    (1544712660000000000, 0, 0)
    """
    if not value:
        return 0
    if isinstance(value, str) and not (value.isdecimal() and value.isascii() and len(value) <= _MAX_DIGITS):
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


def nanosecond_column(values: Sequence[int | str | None], bad: Bad) -> list[int]:
    """Return nanoseconds since 1970, 0 where not known."""
    if _are_digits(values):
        return list(map(int, values))  # type: ignore[arg-type]
    return _one_by_one(values, nanoseconds, 0, bad)


def identity_column(values: Sequence[str | None], n_bytes: int, bad: Bad) -> Sequence[str]:
    """Return ids as lower-case hex."""
    if _are_plain_hex(values, 2 * n_bytes):
        return values  # type: ignore[return-value]
    return _one_by_one(values, lambda value: identity(value, n_bytes), "", bad)


def parent_column(values: Sequence[str | None], bad: Bad) -> list[str | None]:
    """Return the ids of enclosing spans; None where absent, empty or zeros, all of which stand for no parent."""
    none = {None, "", "0" * 16}
    present = [value for value in values if value not in none]
    if _are_plain_hex(present, 16):
        return [None if value in none else value for value in values]
    return _one_by_one(values, lambda value: None if value in none else identity(value, 8), None, bad)


def _are_digits(values: Sequence[Any]) -> bool:
    try:
        digits = "".join(values)
    except TypeError:
        return False
    return digits.isdecimal() and digits.isascii() and set(map(len, values)) <= set(range(1, _MAX_DIGITS))


def _are_plain_hex(values: Sequence[Any], n_digits: int) -> bool:
    """Return whether all are hex in lower case, of one length, and none is all zeros."""
    try:
        digits = "".join(values)
        n_bytes = len(bytes.fromhex(digits))
    except (TypeError, ValueError):
        return False
    if digits != digits.lower() or "0" * n_digits in values:
        return False
    return 2 * n_bytes == len(digits) and set(map(len, values)) <= {n_digits}


def _one_by_one(values: Sequence[Any], read: Callable[[Any], Any], missing: Any, bad: Bad) -> list[Any]:
    result = []
    for place, value in enumerate(values):
        try:
            result.append(read(value))
        except RecordError as error:
            bad.setdefault(place, Fault.of(error))
            result.append(missing)
    return result
