r"""The places of a text replaced by visible placeholders, so that JSON stays JSON, however deep it is nested.

A placeholder has no quote and no backslash, and no place reaches over one. Two cases need care: a word right after the
letter of an escape (`\njohn@...`), and a number of JSON that stands without quotes and gets some.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.boundaries.redact.kind import Place

_ESCAPE = re.compile(r"[bfnrt]|u[0-9a-fA-F]{4}")
_SPACE = r"(?:\s|\\+[nrt])*+"
_STANDS_BEFORE = re.compile(rf"(?:(?P<quote>\\*[\"']){_SPACE}:|[\[,]){_SPACE}\Z")
_STANDS_AFTER = re.compile(rf"{_SPACE}(?:[,\]}}]|\Z)")
_QUOTE = re.compile(r"(\\*)\"")
_REACH = 64
"""Characters before a number in which a name's closing quote, a comma or a bracket is looked for."""


def replaced(text: str, places: Iterator[Place], placeholder: str) -> tuple[str, int]:
    """Return the text with the placeholder at each place, and how many that were."""
    parts, at, n = [], 0, 0
    quotes = _Quotes(text)
    for start, end in places:
        start = _after_escape(text, max(start, at))
        quote = _missing_quote(text, (start, end), quotes)
        parts += [text[at:start], quote, placeholder, quote]
        at, n = end, n + 1
    return "".join([*parts, text[at:]]) if n else text, n


@dataclass(slots=True)
class _Quotes:
    """How a quote is written at a place of a JSON text: behind as many backslashes as texts are open there."""

    text: str
    at: int = 0
    """As far as is counted: places are asked for in order, so that a long text is read once."""
    n_open: int = 0

    def here(self, place: int) -> str:
        for found in _QUOTE.finditer(self.text, self.at, place):
            depth = _depth(len(found[1]))
            self.n_open = depth + 1 if depth >= self.n_open else depth
        self.at = place
        return _written('"', self.n_open)


def _depth(n_escapes: int) -> int:
    """Return how deep in texts a quote is that has so many backslashes: how many ones the number ends in, in binary.

    Backslashes of the text itself come before those, in even number.
    """
    return (~n_escapes & (n_escapes + 1)).bit_length() - 1


def _written(quote: str, depth: int) -> str:
    return "\\" * ((1 << depth) - 1) + quote


def _after_escape(text: str, start: int) -> int:
    """Return the start, behind the rest of an escape of which the place took the letters."""
    escape = _ESCAPE.match(text, start) if text[max(0, start - 1) : start] == "\\" else None
    return escape.end() if escape else start


def _missing_quote(text: str, place: Place, quotes: _Quotes) -> str:
    """Return the quote that a bare number of JSON needs when a word takes its place; empty in the middle of a text."""
    start, end = place
    if not text[start:end].isdecimal() or not _STANDS_AFTER.match(text, end):
        return ""
    before = _STANDS_BEFORE.search(text, max(0, start - _REACH), start)
    if before is None:
        return ""
    if of_name := before["quote"]:
        return _written(of_name[-1], _depth(len(of_name) - 1))
    return quotes.here(start)
