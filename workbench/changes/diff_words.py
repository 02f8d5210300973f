"""How one text became another, word by word: what a reader of a prompt wants to see of an edit.

Lines that both texts have are found first and words only between them, so that a long prompt takes no longer than its
changed part; there, a stray word that both happen to share does not tear one edit into crumbs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rapidfuzz.distance import LCSseq

from workbench.changes.difference import Op, Piece

MAX_CELLS = 400_000_000
"""Parts before times parts after that are compared one by one: 50 MB. Larger runs differ as a whole."""
MAX_STRAY = 2
"""Words that both texts have between two edits which are longer: a reader takes them for part of one edit."""
_WORD = re.compile(r"\w+|\s|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def diff_words(before: str, after: str) -> tuple[Piece, ...]:
    """Return the stretches of two texts in order, neighbours of different `op`; none for two empty texts.

    Without what was added they are the text before, without what was removed the text after, to the character.
    Deterministic.

    >>> diff_words("Be brief.", "Be accurate and brief.")[1]
    Piece(op='added', text='accurate and ')
    """
    pieces: list[Piece] = []
    for op, old, new in _changes(_LINE.findall(before), _LINE.findall(after)):
        if op == "same":
            pieces.append(Piece("same", "".join(old)))
        else:
            pieces += _between("".join(old), "".join(new))
    return tuple(_joined(pieces))


def is_changed(pieces: Iterable[Piece]) -> bool:
    """Return whether anything was added or removed."""
    return any(piece.op != "same" for piece in pieces)


def _between(before: str, after: str) -> Iterator[Piece]:
    words = [
        Piece(one, "".join(part))
        for op, old, new in _changes(_WORD.findall(before), _WORD.findall(after))
        for one, part in _ops(op, old, new)
    ]
    without_blanks = _without_strays(list(_joined(words)), most=0)  # words are apart until the spaces between them go
    return _without_strays(list(_joined(without_blanks)), most=MAX_STRAY)


def _ops(op: str, old: Sequence[str], new: Sequence[str]) -> list[tuple[Op, Sequence[str]]]:
    return [("same", old)] if op == "same" else [("removed", old), ("added", new)]


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield runs that both have ("same") and runs that they do not ("other"), in order; empty ones too."""
    start = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        start += 1
    end = 0
    for old, new in zip(reversed(before[start:]), reversed(after[start:]), strict=False):
        if old != new:
            break
        end += 1
    yield "same", before[:start], after[:start]
    yield from _inside(before[start : len(before) - end], after[start : len(after) - end])
    yield "same", before[len(before) - end :], after[len(after) - end :]


def _inside(before: list[str], after: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    if not before or not after or len(before) * len(after) > MAX_CELLS:
        yield "other", before, after
        return
    for is_same, run in groupby(LCSseq.opcodes(before, after), lambda step: step.tag == "equal"):
        steps = list(run)
        old = before[steps[0].src_start : steps[-1].src_end]
        yield ("same" if is_same else "other"), old, after[steps[0].dest_start : steps[-1].dest_end]


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces with one removal and one addition at most between two that are the same."""
    for is_same, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.op == "same"):
        of_run = list(run)
        ops: tuple[Op, ...] = ("same",) if is_same else ("removed", "added")
        for op in ops:
            if whole := "".join(piece.text for piece in of_run if piece.op == op):
                yield Piece(op, whole)


def _without_strays(pieces: list[Piece], *, most: int) -> Iterator[Piece]:
    """Yield the pieces, with a few shared words between two longer edits told as removed and added again."""
    for place, piece in enumerate(pieces):
        if piece.op == "same" and 0 < place < len(pieces) - 1 and _is_stray(pieces, place, most=most):
            yield Piece("removed", piece.text)
            yield Piece("added", piece.text)
        else:
            yield piece


def _is_stray(pieces: Sequence[Piece], place: int, *, most: int) -> bool:
    n_shared = _n_words(pieces[place].text)
    left = max(_n_words(piece.text) for piece in pieces[max(place - 2, 0) : place] if piece.op != "same")
    right = max(_n_words(piece.text) for piece in pieces[place + 1 : place + 3] if piece.op != "same")
    return "\n" not in pieces[place].text and n_shared <= most and n_shared < min(left, right)


def _n_words(text: str) -> int:
    return len(text.split())
