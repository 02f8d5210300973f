"""One difference between two versions of a file of the app, as a value: what diffs return and views draw."""

from typing import Literal, NamedTuple

Op = Literal["same", "removed", "added"]
"""Whether both versions have it, the earlier alone, or the later alone."""


class Piece(NamedTuple):
    """A stretch of text in one or both versions."""

    op: Op
    """Which of the versions has it."""
    text: str
    """The stretch, as it stands there."""


class Difference(NamedTuple):
    """One thing that a structured file says otherwise, in words; names and values in them are the file's own."""

    where: str
    """Where it says so, names joined by dots: `parameters.court`."""
    words: str
    """What is other now, as a sentence without an end: "parameter court is now required"."""
    pieces: tuple[Piece, ...] = ()
    """Of a longer text: how it was and how it is, word by word; else empty."""
