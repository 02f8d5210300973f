"""A source cut into pieces: the lines of a JSON log, the elements of an array, one object, or the rows of Parquet.

Formats whose unit is a trace or a run read pieces, and need not ask how they were written down.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

import orjson

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.reading.parquet import is_parquet, rows_of
from workbench.loaders.reading.strict import read, require_single_keys
from workbench.loaders.reading.written import Cells, Trail, Written
from workbench.loaders.source import MAX_DOCUMENT_BYTES, MAX_LINE_BYTES, Line, Source

PARTS = 1_000_000_000
"""Places kept for the parts of one element in the numbering of refused records: no document holds that many."""
_LINES_LOOKED_AT = 5
"""Lines that are tried before a file counts as one document: enough to pass over a few bad ones."""


class Original(Protocol):
    """What a piece was written in."""

    def cut(self, trail: Trail = ()) -> bytes:
        """Return the bytes of the part that a trail leads to, as they came."""


class Piece(NamedTuple):
    """One trace, run or record, and where it was written."""

    value: Any
    """What it says."""
    offset: int
    """Byte at which its line or document starts, after decompression."""
    place: int
    """Its place in that line or document, from 0."""
    end: int
    """Byte after its line or document."""
    original: Original
    """Its line or document."""
    trail: Trail = ()
    """Where it lies in that."""
    has_repeated_keys: bool = False
    """True if something in its line or document gives a key twice."""
    error: RecordError | None = None
    """Why it cannot be read at all; there is then no value."""

    def refused(self, error: RecordError, part: int = -1, *, at: Trail = ()) -> Refused:
        """Return the refusal of this piece, or of one part of it, counted from 0, which lies in it at a trail."""
        number = -1 if self.error else self.place * PARTS + part + 1
        return Refused(self.offset, number, error.reason, error.what, self.original.cut((*self.trail, *at)))

    def require_single_keys(self, value: Any, *, besides: frozenset[str] = frozenset()) -> None:
        """Check that a part of it gives no key twice; free where the whole document does not.

        Raises
        ------
        RecordError
            With the reason duplicate_key.
        """
        if self.has_repeated_keys:
            require_single_keys(value, besides=besides)


class Read(Protocol):
    """Reads one piece into rows."""

    def __call__(self, piece: Piece, rows: Rows) -> None:
        """Add the piece's spans, signals and refused parts; raise RecordError to refuse all of it."""


class Cut(Protocol):
    """Cuts a source into pieces."""

    def __call__(self, source: Source, rows: Rows) -> Iterator[Piece]:
        """Yield the pieces from the context's start on; what was assumed to cut them is counted in the rows."""


def load_pieces(source: Source, context: Context, read_piece: Read, *, cut: Cut | None = None) -> Iterator[Batch]:
    """Yield batches of what `read_piece` makes of each piece of the source, from `context.start` on.

    Batches of one document all end at its end: it is read as a whole, or, after a kill, once more.

    Parameters
    ----------
    source, context
        As a loader gets them.
    read_piece
        Makes rows of one piece.
    cut
        How the source comes in pieces; `cut_records` if None.
    """
    rows, end = Rows(context), context.start
    for piece in (cut or cut_records)(source, rows):
        end = piece.end
        try:
            if piece.error is not None:
                raise piece.error
            read_piece(piece, rows)
        except RecordError as error:
            rows.refused.append(piece.refused(error))
        if rows.is_full:
            yield rows.take(end)
    yield rows.take(end)


def cut_records(source: Source, rows: Rows) -> Iterator[Piece]:
    """Yield the rows of a source that is a Parquet file, and the JSON values of any other."""
    return (cut_parquet if is_parquet(source.head()) else cut_json)(source, rows)


def cut_parquet(source: Source, rows: Rows) -> Iterator[Piece]:
    """Yield the rows of a Parquet file as records.

    Raises
    ------
    FormatError
        If it is no readable Parquet file.
    """
    with source.open_anywhere() as (_, end):
        pass
    if end <= rows.context.start:
        return
    for place, record in enumerate(rows_of(source)):
        yield Piece(record, 0, place, end, Cells(record))


def cut_json(source: Source, rows: Rows) -> Iterator[Piece]:
    """Yield the JSON values of a source: its lines, the elements of its arrays, or the one object that it is."""
    start = rows.context.start
    if is_log(source):
        for line in source.lines(start=start):
            yield from _cut_line(line, rows)
        return
    raw = source.document()
    if start < len(raw):
        yield from _cut_text(raw, 0, len(raw), MAX_DOCUMENT_BYTES, rows)


def is_log(source: Source) -> bool:
    """Return whether the source is a log of one JSON value a line, rather than one document."""
    for line in islice(source.lines(), _LINES_LOOKED_AT):
        if line.is_too_long or line.raw in (b"[", b"{"):
            return False
        try:
            return isinstance(orjson.loads(line.raw), dict | list)
        except orjson.JSONDecodeError:
            continue
    return False


def _cut_line(line: Line, rows: Rows) -> Iterator[Piece]:
    if line.damage:
        error = RecordError(line.damage, reason=line.reason)
    elif line.is_too_long:
        error = RecordError(f"the line is longer than {MAX_LINE_BYTES >> 20} MB", reason="too_large")
    else:
        yield from _cut_text(line.raw, line.start, line.end, MAX_LINE_BYTES, rows)
        return
    yield Piece(None, line.start, 0, line.end, Written(line.raw), error=error)


def _cut_text(raw: bytes, offset: int, end: int, max_bytes: int, rows: Rows) -> Iterator[Piece]:
    written = Written(raw)
    try:
        parsed = read(raw, max_bytes=max_bytes)
    except RecordError as error:
        yield Piece(None, offset, 0, end, written, error=error)
        return
    rows.guessed.update(parsed.repairs)
    if not isinstance(parsed.value, list):
        yield Piece(parsed.value, offset, 0, end, written, (), parsed.has_repeated_keys)
        return
    for place, element in enumerate(parsed.value):
        yield Piece(element, offset, place, end, written, (place,), parsed.has_repeated_keys)
