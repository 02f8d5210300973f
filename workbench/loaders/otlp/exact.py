"""JSON of the protocol, read exactly: a number that a 64-bit reader would change is refused, not rounded.

The rules that all loaders share are those of `workbench.loaders.reading.strict`; OTLP is binary by birth, so its JSON
has no NaN and no number beyond 64 bits.
"""

import math
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.reading import strict
from workbench.loaders.source import MAX_DOCUMENT_BYTES

_MIN_INTEGER, _MAX_INTEGER = -(1 << 63), (1 << 64) - 1


class Parsed(NamedTuple):
    """What a record says, and whether text in it was repaired."""

    value: Any
    is_repaired: bool


class Fault(NamedTuple):
    """Why a record is refused. An exception that is kept would keep the line that it was raised for."""

    what: str
    """The fault in a sentence, without the record's own text."""
    reason: str
    """One word for it."""

    @classmethod
    def of(cls, error: RecordError) -> "Fault":
        """Return what an exception says."""
        return cls(error.what, error.reason)

    def error(self) -> RecordError:
        """Return it as an exception."""
        return RecordError(self.what, reason=self.reason)


def parse(raw: bytes) -> Parsed:
    """Return the value of one JSON text.

    Raises
    ------
    RecordError
        As `strict.parse`, and bad_number for NaN, infinity and integers beyond 64 bits.

    Examples
    --------
    >>> parse(b'{"name": "chat"}').value
    {'name': 'chat'}
    """
    read = strict.read(raw, max_bytes=MAX_DOCUMENT_BYTES)
    if read.has_repeated_keys:
        strict.require_single_keys(read.value)
    _require_exact_numbers(read.value)
    return Parsed(read.value, bool(read.repairs))


def count_members(value: Any) -> int:
    """Return the number of `name: value` members in a parsed value, at every level.

    >>> count_members({"a": [{"b": 1}], "c": 2})
    3
    """
    if isinstance(value, dict):
        return len(value) + sum(count_members(below) for below in value.values())
    return sum(count_members(below) for below in value) if isinstance(value, list) else 0


def _require_exact_numbers(value: Any) -> None:
    if isinstance(value, dict):
        for below in value.values():
            _require_exact_numbers(below)
    elif isinstance(value, list):
        for below in value:
            _require_exact_numbers(below)
    elif isinstance(value, float) and not math.isfinite(value):
        raise RecordError("a number that is not finite", reason="bad_number")
    elif isinstance(value, int) and not _MIN_INTEGER <= value <= _MAX_INTEGER:
        raise RecordError("an integer beyond 64 bits", reason="bad_number")
