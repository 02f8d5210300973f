"""A JSON source cut into pieces: the lines of a log, the elements of an array, or one object.

Formats whose unit is a trace or a run read pieces, and need not ask how they were written down.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

import orjson

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.source import MAX_DOCUMENT_BYTES, MAX_LINE_BYTES, Line, Source
from workbench.loaders.strict import dump, read, require_single_keys

PARTS = 1_000_000_000
"""Places kept for the parts of one element in the numbering of refused records: no document holds that many."""
_LINES_LOOKED_AT = 5
"""Lines that are tried before a file counts as one document: enough to pass over a few bad ones."""


class Piece(NamedTuple):
    """One trace, run or record as it was written."""

    value: Any
    """What it says."""
    offset: int
    """Byte at which its line or document starts, after decompression."""
    place: int
    """Its place in that line or document, from 0."""
    has_repeated_keys: bool
    """True if something in its line or document gives a key twice."""

    def refused(self, error: RecordError, part: int = -1, *, value: Any = None) -> Refused:
        """Return the refusal of this piece, or of one part of it, counted from 0."""
        raw = dump(self.value if value is None else value).encode()
        return Refused(self.offset, self.place * PARTS + part + 1, error.reason, error.what, raw)

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


class _Text(NamedTuple):
    """One line, or the whole document, before it is parsed."""

    offset: int
    end: int
    raw: bytes
    max_bytes: int
    error: RecordError | None = None


def load_pieces(source: Source, context: Context, read_piece: Read) -> Iterator[Batch]:
    """Yield batches of what `read_piece` makes of each piece of the source, from `context.start` on.

    Batches of one document all end at its end: it is read as a whole, or, after a kill, once more.
    """
    rows, end = Rows(context), context.start
    for text in _texts(source, context.start):
        end = text.end
        for piece in _pieces(text, rows):
            try:
                read_piece(piece, rows)
            except RecordError as error:
                rows.refused.append(piece.refused(error))
            if rows.is_full:
                yield rows.take(end)
    yield rows.take(end)


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


def _texts(source: Source, start: int) -> Iterator[_Text]:
    if is_log(source):
        yield from map(_line_text, source.lines(start=start))
        return
    raw = source.document()
    if start < len(raw):
        yield _Text(0, len(raw), raw, MAX_DOCUMENT_BYTES)


def _line_text(line: Line) -> _Text:
    error = None
    if line.damage:
        error = RecordError(line.damage, reason="damaged")
    elif line.is_too_long:
        error = RecordError(f"the line is longer than {MAX_LINE_BYTES >> 20} MB", reason="too_large")
    return _Text(line.start, line.end, line.raw, MAX_LINE_BYTES, error)


def _pieces(text: _Text, rows: Rows) -> Iterator[Piece]:
    try:
        if text.error is not None:
            raise text.error
        parsed = read(text.raw, max_bytes=text.max_bytes)
    except RecordError as error:
        rows.refused.append(Refused(text.offset, -1, error.reason, error.what, text.raw))
        return
    rows.guessed.update(parsed.repairs)
    elements = parsed.value if isinstance(parsed.value, list) else [parsed.value]
    for place, element in enumerate(elements):
        yield Piece(element, text.offset, place, parsed.has_repeated_keys)
