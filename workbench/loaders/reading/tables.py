"""CSV files cut into records, so that a mapping reads them like lines of JSON.

A cell may hold JSON; which it is, the mapping's paths decide. A CSV row that is refused is kept byte for byte.
Importing this raises the csv module's limit for the length of a cell, which holds for the whole process: the module
knows no other, and its own is below the length of long chats. It is never lowered.
"""

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.errors import FormatError, RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.pieces import Piece
from workbench.loaders.reading.strict import BOM
from workbench.loaders.reading.written import Cells
from workbench.loaders.source import MAX_LINE_BYTES, Line, Source

DELIMITERS = ",;\t|"
_MAX_REREADS = 10
"""A line is read again at most this often after wrong quotes before it; then a row may have no further line. Ten such
rows in a row are rare, and without an end a hostile file would be read again from each of its lines."""
csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))


def delimiter_of(head: bytes) -> str:
    """Return the delimiter that is most frequent in the header line; a comma if none is there."""
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=header.count)


def cut_csv(source: Source, rows: Rows, *, delimiter: str | None = None) -> Iterator[Piece]:
    """Yield the rows of a CSV file as records of texts; an empty cell is left out.

    A row whose quotes are wrong costs its first line only: reading goes on with the next line.

    Raises
    ------
    FormatError
        If the header names a column twice or not at all, or is no UTF-8.
    """
    if delimiter is None:
        delimiter = delimiter_of(source.head())
        rows.guessed[f"columns are separated by {delimiter!r}"] += 1
    lines = _Lines(source.every_line())
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    first = _next_row(reader, lines)
    header = first.cells
    _require_header(first, source)
    while lines.has_more():
        row = _next_row(reader, lines)
        if row.end > rows.context.start and (row.cells or row.error):
            yield _piece(header, row)


class _Row(NamedTuple):
    """One row of a CSV file, or one line where no row can be read."""

    cells: list[str]
    raw: bytes
    offset: int
    end: int
    error: RecordError | None


class _Lines:
    """The lines of a file as texts for the csv module, which may be given back to be read again."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: list[tuple[Line, int]] = []
        """Lines to be read again, last one first, and how often they were read."""
        self._taken: list[tuple[Line, int]] = []
        """Lines of the row that is being read, and how often they were read before."""
        self._n_bytes = 0

    def has_more(self) -> bool:
        """Return whether there is another line."""
        if not self._waiting and (line := next(self._lines, None)) is not None:
            self._waiting.append((line, 0))
        return bool(self._waiting)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        is_first = not self._taken
        may_go_on = is_first or (self._taken[0][1] < _MAX_REREADS and self._n_bytes < MAX_LINE_BYTES)
        if not (may_go_on and self.has_more()) or (not is_first and _fault(self._waiting[-1][0])):
            raise StopIteration
        line, n_reads = self._waiting.pop()
        self._taken.append((line, n_reads))
        self._n_bytes += len(line.raw)
        text = line.raw.removeprefix(BOM) if line.start == 0 else line.raw
        return text.decode("utf-8", "surrogateescape")

    def take(self) -> list[Line]:
        """Return the lines read since the last time; they are done with."""
        taken, self._taken, self._n_bytes = [line for line, _ in self._taken], [], 0
        return taken

    def give_back(self) -> None:
        """Have all lines but the first of those read since the last `take` be read again."""
        self._waiting += [(line, n_reads + 1) for line, n_reads in reversed(self._taken[1:])]
        del self._taken[1:]


def _next_row(reader: Any, lines: _Lines) -> _Row:
    cells: list[str] = []
    error = None
    try:
        cells = next(reader, [])
    except csv.Error:
        lines.give_back()
        error = RecordError("the row's quotes or length are wrong; its first line is kept", reason="not_csv")
    taken = lines.take()
    if not taken:
        return _Row([], b"", 0, 0, None)
    raw = b"".join(line.raw for line in taken).rstrip(b"\r\n")
    return _Row(cells, raw, taken[0].start, taken[-1].end, _fault(taken[0]) or error)


def _fault(line: Line) -> RecordError | None:
    if line.damage:
        return RecordError(line.damage, reason=line.reason)
    if line.is_too_long:
        return RecordError(f"the line is longer than {MAX_LINE_BYTES >> 20} MB", reason="too_large")
    return None


def _require_header(row: _Row, source: Source) -> None:
    if not _is_utf8(row.raw):
        raise FormatError("the first line is not UTF-8", where=str(source.path), fix="export it again as UTF-8")
    if row.error is not None or not all(name.strip() for name in row.cells) or len(set(row.cells)) < len(row.cells):
        raise FormatError(
            "the first line names no column, or one twice",
            where=str(source.path),
            fix="give every column a name of its own in the first line",
        )


def _piece(header: list[str], row: _Row) -> Piece:
    error = row.error
    if error is None and len(row.cells) != len(header):
        error = RecordError(f"the row has {len(row.cells)} cells, the header {len(header)}", reason="wrong_type")
    if error is None and not _is_utf8(row.raw):
        error = RecordError("the row is not UTF-8", reason="not_utf8")
    if error is not None:
        return Piece(None, row.offset, 0, row.end, Cells({}, row.raw), error=error)
    record = {name: cell for name, cell in zip(header, row.cells, strict=True) if cell != ""}
    return Piece(record, row.offset, 0, row.end, Cells(record, row.raw))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
