"""One kind of personal data: how a text is searched for it, and which places of a text are it.

A pattern proposes, a check decides (a check digit, a numbering plan, an address range): so figures that are only
figures stay. Patterns are linear in the text: what repeats is bounded or possessive.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

Place = tuple[int, int]
"""Start and end of a part of a text."""

BEFORE = r"(?:(?<![\w.+@/-])|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
"""Where a word or a number begins: not in another one or in a path, but after an escape of JSON as after a space."""
AFTER = r"(?![\w+]|[.-]\w)"
"""Where it ends: `.` and `-` may follow, if nothing is joined by them."""
BEFORE_SEARCHED = r"(?:^|[^0-9A-Za-z_.+@/-]|\\[bfnrt]|\\u[0-9a-fA-F]{4})"
"""BEFORE for an engine that cannot look back: it takes a character."""

AFTER_SEARCHED = r"(?:[^0-9A-Za-z_+]|$)"
"""What AFTER asks of the next character, for an engine that cannot look ahead."""


class Kind(NamedTuple):
    """One way in which a kind of personal data is written."""

    name: str
    """One word; `[name]` stands in its place."""
    suspect: str
    """What any text has that holds one: a pattern for RE2 and for Polars, neither of which looks around."""
    pattern: re.Pattern[str]
    """What may be one."""
    check: Callable[[re.Match[str]], Place | None]
    """The place of what is one, or None."""

    def places(self, text: str) -> Iterator[Place]:
        """Yield the places of a text that are one; after what is none the search goes on at the next character."""
        at = 0
        while found := self.pattern.search(text, at):
            place = self.check(found)
            if place is not None:
                yield place
            at = found.start() + 1 if place is None else max(place[1], found.start() + 1)


def whole(found: re.Match[str]) -> Place:
    """Return the place of the whole match: the pattern alone decides."""
    return found.span()


def digits(text: str) -> str:
    """Return the ASCII digits of a text.

    >>> digits("4111 1111-1")
    '411111111'
    """
    return "".join(character for character in text if "0" <= character <= "9")
