"""Parts of a document as they were written: what is refused is kept with its own bytes.

Reading loses what it settles: the first of two equal keys, NaN, how a number was spelt. That is often the reason for
the refusal, so a part is cut out of the text and never written again from what was read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.loaders.reading.strict import BOM

_GAP = re.compile(r"[ \t\r\n]*[:,]?[ \t\r\n]*")
_read_at = json.JSONDecoder().raw_decode

Trail = tuple[str | int, ...]
"""The names and numbers that lead to a part, from the outside in; JSON inside of a text is entered like an object."""


class _Span(NamedTuple):
    """A stretch of a text, which is the document, or a text in it that holds JSON itself."""

    text: str
    first: int
    last: int


class Written:
    """A JSON document from which parts can be cut.

    Nothing is read before a part is asked for; after that, parts that follow one another in the document are found
    without reading it again.

    Parameters
    ----------
    raw
        The document, which may be damaged.
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._opened: dict[Trail, dict[str | int, _Span]] = {}
        """Where the entries of the lists and objects on the last trail lie."""

    def cut(self, trail: Trail = ()) -> bytes:
        r"""Return the bytes of the part that a trail leads to; of what is around it, if the part is not found.

        >>> Written(b'{"a": [1, {"b": NaN, "b": 1.0e0}]}').cut(("a", 1))
        b'{"b": NaN, "b": 1.0e0}'
        """
        while trail:
            try:
                text, first, last = self._entries(trail[:-1])[trail[-1]]
            except (LookupError, ValueError, RecursionError):
                trail = trail[:-1]
            else:
                return text[first:last].encode("utf-8", "surrogatepass")
        return self._raw

    def _entries(self, trail: Trail) -> dict[str | int, _Span]:
        if trail not in self._opened:
            span = self._entries(trail[:-1])[trail[-1]] if trail else self._whole()
            self._opened = {known: spans for known, spans in self._opened.items() if trail[: len(known)] == known}
            self._opened[trail] = dict(_entries(_unquoted(span)))
        return self._opened[trail]

    def _whole(self) -> _Span:
        text = self._raw.removeprefix(BOM).decode("utf-8")
        return _Span(text, _after_gap(text, 0), len(text))


class Cells:
    """What a row of a table was written in: its bytes, and for its parts the cells."""

    def __init__(self, record: dict[str, Any], raw: bytes | None = None) -> None:
        self._record, self._raw = record, raw
        self._json: Written | None = None

    def cut(self, trail: Trail = ()) -> bytes:
        """Return the bytes of the row, or of a part of a cell that holds JSON."""
        if self._raw is not None and not trail:
            return self._raw
        if self._json is None:
            self._json = Written(json.dumps(self._record, ensure_ascii=False, default=str).encode())
        return self._json.cut(trail)


def _unquoted(span: _Span) -> _Span:
    """Return a text's own content, where the span is a text."""
    while span.text[span.first] == '"':
        inner, _ = _read_at(span.text, span.first)
        span = _Span(inner, _after_gap(inner, 0), len(inner))
    return span


def _entries(span: _Span) -> Iterator[tuple[str | int, _Span]]:
    """Yield name and place of each entry of an object or a list; of equal names the last counts, as in reading."""
    text, place, number = span.text, _after_gap(span.text, span.first + 1), 0
    is_object = text[span.first] == "{"
    if not is_object and text[span.first] != "[":
        return
    while text[place] not in "]}":
        name: str | int = number
        if is_object:
            name, place = _read_at(text, place)
            place = _after_gap(text, place)
        _, last = _read_at(text, place)
        yield name, _Span(text, place, last)
        place, number = _after_gap(text, last), number + 1


def _after_gap(text: str, place: int) -> int:
    """Return the place after white space and one comma or colon."""
    found = _GAP.match(text, place)
    return found.end() if found else place
