"""A diff as an engineer reads it before signing: what changed in words first, then the text with each edit in place.

On a page an addition is underlined and a removal struck through, each in a tint of its own; in a terminal they stand
in `{+ +}` and `[- -]`, as git's word diff has them. The files' own words go through the door for hostile text.
"""

from collections.abc import Iterator, Sequence

from workbench.boundaries.display import visible
from workbench.changes.diff import FileDiff
from workbench.changes.difference import Difference, Piece
from workbench.changes.excerpt import blanks_seen, excerpt
from workbench.report import markup
from workbench.report.blocks import Block, sentences, stack
from workbench.report.formats import counted
from workbench.report.markup import Html

MAX_DIFFERENCES = 60
"""Sentences of one file; what is left out is counted."""
_STATES = {"added": "new", "removed": "deleted", "moved": "moved", "changed": "changed"}


def diff_view(diffs: Sequence[FileDiff]) -> Block:
    """Return what changed, one part a file; a sentence where nothing did."""
    if not diffs:
        return sentences("No file of the app differs.")
    return stack(*map(_file, diffs), name="diff")


def diff_text(diffs: Sequence[FileDiff]) -> str:
    """Return what changed as text for a terminal, hidden characters made visible."""
    if not diffs:
        return "No file of the app differs."
    return "\n".join(line for diff in diffs for line in _lines(diff))


def diff_summary(diffs: Sequence[FileDiff]) -> str:
    """Return in a few words how much changed.

    >>> diff_summary(())
    'no file differs'
    """
    if not diffs:
        return "no file differs"
    edits = [piece for diff in diffs for piece in diff.pieces]
    n_added = sum(len(piece.text.split()) for piece in edits if piece.op == "added")
    n_removed = sum(len(piece.text.split()) for piece in edits if piece.op == "removed")
    return f"{counted(len(diffs), 'file')}, {counted(n_added, 'word')} added, {counted(n_removed, 'word')} removed"


def pieces_html(pieces: Sequence[Piece]) -> Html:
    """Return stretches of text with the edits marked; long ones that stayed are cut to the lines around an edit."""
    return markup.join(map(_piece, excerpt(pieces)))


def pieces_text(pieces: Sequence[Piece]) -> str:
    """Return stretches of text as git's word diff writes them."""
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(f"{marks[op][0]}{visible(text, keep=_KEPT)}{marks[op][1]}" for op, text in excerpt(pieces))


_KEPT = "\n\t"


def _file(diff: FileDiff) -> Block:
    moved = [" from ", markup.file_name(diff.moved_from)] if diff.moved_from else []
    head = markup.join([markup.file_name(diff.path), " ", markup.badge(f"{diff.kind}, {_STATES[diff.state]}"), *moved])
    parts = [markup.paragraph(head)]
    if diff.note:
        parts.append(markup.paragraph(markup.muted(f"{diff.note[0].upper()}{diff.note[1:]}.")))
    if diff.differences:
        parts.append(markup.bullets(_difference(one) for one in diff.differences[:MAX_DIFFERENCES]))
        parts += [markup.paragraph(markup.muted(more)) for more in _left_out(diff)]
    if any(piece.op != "same" for piece in diff.pieces):
        whole = markup.file_text(
            pieces_html(diff.pieces), label=f"Text of {diff.path}, with what was removed and added"
        )
        parts.append(markup.folded("The file word by word", whole) if _is_told(diff) else whole)
    return Block(markup.section(markup.join(parts), name="file-diff"))


def _difference(difference: Difference) -> Html:
    if not difference.pieces:
        return markup.text(difference.words)
    return markup.join([difference.words, markup.file_text(pieces_html(difference.pieces), label=difference.words)])


def _is_told(diff: FileDiff) -> bool:
    return diff.is_told and len(diff.differences) <= MAX_DIFFERENCES


def _left_out(diff: FileDiff) -> list[str]:
    n_left = len(diff.differences) - MAX_DIFFERENCES
    return [f"{counted(n_left, 'difference')} more; the text below has them all."] if n_left > 0 else []


def _piece(piece: Piece) -> Html:
    if piece.op == "same":
        return markup.text(piece.text)
    seen = blanks_seen(piece.text)
    return markup.removed(seen) if piece.op == "removed" else markup.added(seen)


def _lines(diff: FileDiff) -> Iterator[str]:
    moved = f" from {visible(diff.moved_from)}" if diff.moved_from else ""
    yield f"{visible(diff.path)} ({diff.kind}, {_STATES[diff.state]}{moved})"
    if diff.note:
        yield f"  {visible(diff.note)}"
    for difference in diff.differences[:MAX_DIFFERENCES]:
        yield f"  - {visible(difference.words)}"
        if difference.pieces:
            yield from _indented(pieces_text(difference.pieces), "      ")
    yield from (f"  {more}" for more in _left_out(diff))
    if not _is_told(diff) and any(piece.op != "same" for piece in diff.pieces):
        yield from _indented(pieces_text(diff.pieces), "    ")


def _indented(text: str, indent: str) -> Iterator[str]:
    return (f"{indent}{line}" for line in text.split("\n"))
