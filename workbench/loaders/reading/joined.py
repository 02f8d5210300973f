"""Records that belong together handed over together, wherever they stand in their source.

Some exports write one record for the beginning of an operation and another for its end, in any order. The source is
read twice: first to count what belongs together, then to join it, so that only what is still incomplete is held.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.pieces import Cut, Piece
from workbench.loaders.source import Source


class KeyOf(Protocol):
    """Says what a record belongs to."""

    def __call__(self, value: Any) -> Hashable | None:
        """Return the key that it shares with its like; None if it stands alone."""


class ReadGroup(Protocol):
    """Reads records that belong together into rows."""

    def __call__(self, pieces: Sequence[Piece], rows: Rows) -> None:
        """Add the spans, signals and refused parts of the pieces; raise RecordError to refuse all of them."""


def load_joined(source: Source, context: Context, *, key_of: KeyOf, read_group: ReadGroup, cut: Cut) -> Iterator[Batch]:
    """Yield batches of what `read_group` makes of the records of each key; they all end where the source ends.

    Parameters
    ----------
    source, context
        As a loader gets them. A source that has grown beyond `context.start` is read as a whole: what comes now may
        belong to what came before.
    key_of
        What a record belongs to.
    read_group
        Makes rows of the records of one key.
    cut
        How the source comes in pieces.
    """
    whole = replace(context, start=0)
    expected, end = _counted(source, whole, key_of, cut)
    rows = Rows(whole)
    if end > context.start:
        for group in _groups(cut(source, rows), key_of, expected, end):
            _read(group, read_group, rows)
            if rows.is_full:
                yield rows.take(end)
    yield rows.take(max(end, context.start))


def _counted(source: Source, context: Context, key_of: KeyOf, cut: Cut) -> tuple[Counter[Hashable], int]:
    """Return how many records each key has, and where the source ends."""
    expected: Counter[Hashable] = Counter()
    end = 0
    for piece in cut(source, Rows(context)):
        end = piece.end
        if piece.error is None and (key := key_of(piece.value)) is not None:
            expected[key] += 1
    return expected, end


def _groups(pieces: Iterator[Piece], key_of: KeyOf, expected: Counter[Hashable], end: int) -> Iterator[list[Piece]]:
    """Yield records that belong together as soon as all of them were seen, and at the end what never got complete."""
    waiting: dict[Hashable, list[Piece]] = {}
    for piece in pieces:
        if piece.end > end:
            break
        key = key_of(piece.value) if piece.error is None else None
        if key is None:
            yield [piece]
            continue
        group = waiting.setdefault(key, [])
        group.append(piece)
        if len(group) == expected[key]:
            yield waiting.pop(key)
    yield from waiting.values()


def _read(group: list[Piece], read_group: ReadGroup, rows: Rows) -> None:
    try:
        if group[0].error is not None:
            raise group[0].error
        read_group(group, rows)
    except RecordError as error:
        rows.refused += [piece.refused(error) for piece in group]
