"""Whether raw bytes name a user: each word that could be an id is keyed and compared.

So a raw id is found without anyone having to know it, and one that is a part of a longer word is not.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_WIDE = re.compile(r"[^\s\"'\\,;<>()\[\]{}=|]{1,256}")
_NARROW = re.compile(r"[\w.@+-]{1,256}")
_QUOTED = re.compile(r"\"([^\"\\\n]{1,256})\"")
_BETWEEN = re.compile("[/!]")
"""Parts of a path, that of an archive's member among them."""
_EDGES = ".:!?/&#"


class Names(NamedTuple):
    """What names a user: their keyed id, and the marks of their traces and sessions."""

    users: frozenset[str]
    """Keyed ids."""
    marks: frozenset[str]
    """Keyed ids of traces and sessions, as `mark` makes them."""
    key: Callable[[str], str]
    """An id to its key."""

    def are_in(self, raw: bytes) -> bool:
        """Return whether a word in the bytes is one of them, raw or keyed."""
        return any(self._is_one(word) for word in words(raw))

    def are_in_path(self, path: str) -> bool:
        """Return whether a folder or file of the path is named after one of them, with whatever suffixes."""
        parts = _BETWEEN.split(path)
        stems = {part[:end] for part in parts for end in range(1, len(part) + 1) if part[end : end + 1] in {".", ""}}
        return self.are_in(path.encode("utf-8", "replace")) or any(self._is_one(stem) for stem in stems)

    def _is_one(self, word: str) -> bool:
        return word in self.users or self.key(word) in self.users or mark(word, self.key) in self.marks


def mark(of_id: str, key: Callable[[str], str]) -> str:
    """Return the mark of a trace or session id: its key, which is none of a user's."""
    return f"mark{key(f'mark {of_id}').removeprefix('usr')}"


def words(raw: bytes) -> set[str]:
    """Return what could be an id in the bytes: quoted texts, runs without spaces, and what they are made of.

    >>> sorted(words(b'{"user":"ann"}'))
    ['ann', 'user']
    """
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    return {word for word in _words(text) if any(map(str.isalnum, word))}


def _words(text: str) -> Iterator[str]:
    for found in _WIDE.finditer(text):
        yield found[0]
        yield found[0].strip(_EDGES)
    yield from _NARROW.findall(text)
    yield from (found[1] for found in _QUOTED.finditer(text))
