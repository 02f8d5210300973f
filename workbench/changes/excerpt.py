"""The part of a diff that a reader looks at: the edits, and of what stayed the lines around them.

A page, a terminal and the editor show the same excerpt, so that nobody approves what another one never saw.
"""

from collections.abc import Iterator, Sequence

from workbench.changes.difference import Piece
from workbench.counted import counted

CONTEXT_LINES = 3
"""Lines around an edit that are shown of what stayed: git's own."""
MAX_CHARACTERS = 30_000
"""Of the text of one file: some ten screens. How much of the edits is beyond is said."""


def excerpt(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the stretches of a diff that are shown; how many lines are left out between two edits is said there."""
    return tuple(_excerpt(pieces))


def blanks_seen(text: str) -> str:
    r"""Return an edit so that it can be seen though it is all blanks; another one as it is.

    >>> blanks_seen(" \n"), blanks_seen("a b")
    ('·↵\n', 'a b')
    """
    return text if text.strip() else text.replace(" ", "·").replace("\t", "→").replace("\n", "↵\n")


def _excerpt(pieces: Sequence[Piece]) -> Iterator[Piece]:
    left, n_unseen, is_cut = MAX_CHARACTERS, 0, False
    for place, piece in enumerate(pieces):
        text = piece.text
        if piece.op == "same":
            text = _around(text, is_first=place == 0, is_last=place == len(pieces) - 1)
        if seen := text[:left]:
            yield Piece(piece.op, seen)
        left -= len(seen)
        is_cut = is_cut or len(seen) < len(text)
        n_unseen += len(text) - len(seen) if piece.op != "same" else 0
    if is_cut:
        yield Piece("same", f"\n⋯ the rest is not shown: {n_unseen:,} characters came or went in it ⋯\n")


def _around(text: str, *, is_first: bool, is_last: bool) -> str:
    """Return the lines of a stretch that are near an edit, with a count of those between."""
    lines = text.split("\n")
    head = 0 if is_first else CONTEXT_LINES + 1
    tail = 0 if is_last else CONTEXT_LINES + 1
    n_left = len(lines) - head - tail
    if n_left <= 1:
        return text
    return "\n".join([*lines[:head], f"⋯ {counted(n_left, 'line')} as before ⋯", *lines[len(lines) - tail :]])
