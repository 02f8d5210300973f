"""A line taken apart into its records, so that a broken record does not take its neighbours along.

Records are found by brackets and strings alone: a record may hold what no parser takes, as long as it closes what it
opens. Only lines that the fast reader does not take come here.
"""

import re
from typing import Any, NamedTuple

import msgspec
import numpy as np

from workbench.errors import RecordError

RECORD_PATHS = frozenset(
    {
        ("resourceSpans", "scopeSpans", "spans"),
        ("resourceSpans", "instrumentationLibrarySpans", "spans"),
        ("resourceLogs", "scopeLogs", "logRecords"),
        ("resourceLogs", "instrumentationLibraryLogs", "logRecords"),
        ("",),
    }
)
"""Lists whose elements are records, by the names of the lists around them; a list without a name is the line itself."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
_LONGEST_NAME = 40
_DEEPEST_RECORD = 6
"""Brackets around a record: three lists, and an object before each."""


class Members(NamedTuple):
    """How many `name: value` members a JSON text has at least, and whether that is certain to miss none."""

    n: int
    is_certain: bool


class Pieces(NamedTuple):
    """A line's envelope, in which every record is replaced by its number, and the records as they came."""

    envelope: bytes
    """JSON of what is around the records; record n is `[n]`."""
    records: list[bytes]
    members: list[int]
    """Of each record; -1 where that is not certain."""


class _Records(msgspec.Struct, rename="camel"):
    spans: tuple[msgspec.Raw, ...] = ()
    log_records: tuple[msgspec.Raw, ...] = ()


class _Scopes(msgspec.Struct, rename="camel"):
    scope_spans: tuple[_Records, ...] = ()
    scope_logs: tuple[_Records, ...] = ()


class _Resources(msgspec.Struct, rename="camel"):
    resource_spans: tuple[_Scopes, ...] = ()
    resource_logs: tuple[_Scopes, ...] = ()


class _Document(msgspec.Struct, rename="camel"):
    resource_spans: tuple[msgspec.Raw, ...] = ()
    resource_logs: tuple[msgspec.Raw, ...] = ()


_RESOURCES = msgspec.json.Decoder(_Resources)
_DOCUMENT = msgspec.json.Decoder(_Document)


def split(raw: bytes) -> Pieces:
    """Return the records of one line and what is around them.

    Raises
    ------
    RecordError
        not_json, if its brackets do not close.

    Examples
    --------
    >>> split(b'[{"name": NaN}]')
    Pieces(envelope=b'[[0]]', records=[b'{"name": NaN}'], members=[1])
    """
    places = _places_of_json(raw)
    if places is None:
        places = _places_of_brackets(raw)
    envelope, end = [], 0
    for number, (first, last) in enumerate(places):
        envelope += [raw[end:first], b"[%d]" % number]
        end = last
    records = [raw[first:last] for first, last in places]
    return Pieces(b"".join([*envelope, raw[end:]]), records, _members_of(raw, places))


def resources(document: bytes) -> list[tuple[bytes, int]] | None:
    """Return each element of a document's first level as a line of its own, with the byte where it ends.

    None if the document is no JSON, or has anything else at its first level.
    """
    try:
        found = _DOCUMENT.decode(document)
    except (ValueError, RecursionError):
        return None
    lines = []
    for name, elements in ((b"resourceSpans", found.resource_spans), (b"resourceLogs", found.resource_logs)):
        for element, (_, last) in zip(elements, _places(document, elements) or (), strict=True):
            lines.append((b'{"%s":[%s]}' % (name, bytes(element)), last))
    n_expected = sum(members(line).n - 1 for line, _ in lines) + bool(found.resource_spans) + bool(found.resource_logs)
    return lines if lines and members(document) == (n_expected, True) else None


def members(raw: bytes) -> Members:
    r"""Count the members of a JSON text by its colons, without parsing it.

    A colon after a quote ends a name, or begins a text that starts with a colon: the count may be too high, never too
    low if it is certain. A reader that accounts for as many members as there are met no repeated and no unknown name.

    >>> members(b'{"a": {"b": "c\\": d"}}')
    Members(n=2, is_certain=True)
    """
    colons = _colons(raw)
    return Members(int(np.count_nonzero(colons.is_end)), is_certain=not colons.is_unclear.any())


class _Colons(NamedTuple):
    """The colons of a text, in their order."""

    places: np.ndarray
    is_end: np.ndarray
    """Whether it follows a quote that is not escaped."""
    is_unclear: np.ndarray
    """Whether it may end a name although it does not look like it: after white space, or after an escaped backslash."""


def _colons(raw: bytes) -> _Colons:
    text = np.frombuffer(raw, dtype=np.uint8)
    places = np.flatnonzero(text == ord(":"))
    # JSON has no colon among its first three bytes; where there is one, these wrap around, and nothing depends on them.
    first, second, third = text[places - 1], text[places - 2], text[places - 3]
    is_quoted, is_escaped = first == ord('"'), second == ord("\\")
    is_unclear = (first <= ord(" ")) & ((second == ord('"')) | (second <= ord(" ")))
    is_unclear |= is_quoted & is_escaped & (third == ord("\\"))
    return _Colons(places, is_quoted & ~is_escaped, is_unclear)


def _members_of(raw: bytes, places: list[tuple[int, int]]) -> list[int]:
    """Return the members of each part of a text; -1 where that is not certain."""
    if not places:
        return []
    colons = _colons(raw)
    bounds = np.searchsorted(colons.places, np.array(places))
    n_before = np.concatenate(([0], np.cumsum(colons.is_end)))
    n_unclear = np.concatenate(([0], np.cumsum(colons.is_unclear)))
    first, last = bounds[:, 0], bounds[:, 1]
    counts = np.where(n_unclear[last] > n_unclear[first], -1, n_before[last] - n_before[first])
    return [int(count) for count in counts]


def _places_of_json(raw: bytes) -> list[tuple[int, int]] | None:
    """Return where the records of a line that is valid JSON lie, fast; None if it is not, or has another shape."""
    try:
        found = _RESOURCES.decode(raw)
    except (ValueError, RecursionError):
        return None
    elements = [span for group in found.resource_spans for scope in group.scope_spans for span in scope.spans]
    elements += [record for group in found.resource_logs for scope in group.scope_logs for record in scope.log_records]
    places = _places(raw, tuple(elements))
    return None if places is None else sorted(place for place in places if raw[place[0]] in b"{[")


def _places(whole: bytes, parts: tuple[msgspec.Raw, ...]) -> list[tuple[int, int]] | None:
    """Return where each part lies in the whole that it was decoded from; parts are views of it, not copies."""
    base = _address(whole)
    starts = [_address(part) - base for part in parts]
    places = [(start, start + len(memoryview(part))) for start, part in zip(starts, parts, strict=True)]
    return places if all(start >= 0 and end <= len(whole) for start, end in places) else None


def _address(raw: Any) -> int:
    address: int = np.frombuffer(raw, dtype=np.uint8).__array_interface__["data"][0]
    return address


def _places_of_brackets(raw: bytes) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    opened: list[tuple[bytes, str]] = []
    name, first, record_depth = "", 0, 0
    for match in _TOKEN.finditer(raw):
        token = match[0]
        if token in _CLOSING:
            if not record_depth and _is_record(opened):
                first, record_depth = match.start(), len(opened) + 1
            opened.append((token, "" if opened and opened[-1][0] == b"[" else name))
        elif token[:1] == b'"':
            name = "" if record_depth or len(token) > _LONGEST_NAME else token[1:-1].decode("utf-8", "replace")
        elif not opened or _CLOSING[opened.pop()[0]] != token:
            raise RecordError(f"a bracket at byte {match.start()} closes nothing", reason="not_json")
        elif record_depth and len(opened) < record_depth:
            places.append((first, match.end()))
            record_depth = 0
    if opened:
        raise RecordError("ends before its brackets are closed", reason="not_json")
    return places


def _is_record(opened: list[tuple[bytes, str]]) -> bool:
    if not opened or opened[-1][0] != b"[" or len(opened) > _DEEPEST_RECORD:
        return False
    return tuple(name for bracket, name in opened if bracket == b"[") in RECORD_PATHS
