"""CSV and Parquet files cut into records, so that a mapping reads them like lines of JSON.

A cell may hold JSON; which it is, the mapping's paths decide. Bytes are counted, so that a refused row can be found.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from workbench.errors import FormatError, RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.pieces import Piece
from workbench.loaders.source import MAX_LINE_BYTES, Source

PARQUET_MAGIC = b"PAR1"
_DELIMITERS = ",;\t|"
_PARQUET_ROWS = 2_000
"""Rows of a Parquet file that become Python objects at a time."""
_MAX_CELL_CHARACTERS = MAX_LINE_BYTES
"""The csv module's own limit of 131,072 is below the length of long chats."""


def delimiter_of(head: bytes) -> str:
    """Return the delimiter that is most frequent in the header line; a comma if none is there."""
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(_DELIMITERS, key=header.count)


def cut_csv(source: Source, rows: Rows, *, delimiter: str | None = None) -> Iterator[Piece]:
    """Yield the rows of a CSV file as records of texts; an empty cell is left out.

    Raises
    ------
    FormatError
        If the header names a column twice or not at all.
    """
    csv.field_size_limit(_MAX_CELL_CHARACTERS)
    if delimiter is None:
        delimiter = delimiter_of(source.head())
        rows.guessed[f"columns are separated by {delimiter!r}"] += 1
    with source.open() as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = next(reader, [])
        _require_header(header, source)
        while True:
            offset = lines.offset
            cells, error = _next_row(reader)
            if cells is None and error is None:
                return
            if lines.offset <= rows.context.start or not (cells or error):
                continue
            yield _row(header, cells or [], offset, lines, error)


def cut_parquet(source: Source, rows: Rows) -> Iterator[Piece]:
    """Yield the rows of a Parquet file as records.

    Raises
    ------
    FormatError
        If it is no readable Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    end = source.path.stat().st_size
    if end <= rows.context.start:
        return
    place = 0
    try:
        with parquet.ParquetFile(source.path) as table:
            for batch in table.iter_batches(batch_size=_PARQUET_ROWS):
                for record in batch.to_pylist():
                    yield Piece({name: _plain(value) for name, value in record.items()}, 0, place, end)
                    place += 1
    except (OSError, pa.ArrowException) as error:
        raise FormatError("cannot be read as Parquet", where=str(source.path), fix="export it again") from error


class _Lines:
    """The lines of a stream as texts, counting the bytes that were taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offset = 0
        """Bytes taken so far."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(MAX_LINE_BYTES)
        if not raw:
            raise StopIteration
        text = raw.removeprefix(b"\xef\xbb\xbf") if self.offset == 0 else raw
        self.offset += len(raw)
        return text.decode("utf-8", "surrogateescape")


def _require_header(header: list[str], source: Source) -> None:
    if not header or not all(name.strip() for name in header) or len(set(header)) < len(header):
        raise FormatError(
            "the first line names no column, or one twice",
            where=str(source.path),
            fix="give every column a name of its own in the first line",
        )


def _next_row(reader: Any) -> tuple[list[str] | None, RecordError | None]:
    """Return the next row; two times None at the end."""
    try:
        return next(reader, None), None
    except csv.Error:
        return [], RecordError("the row's quotes or length are wrong", reason="not_csv")


def _row(header: list[str], cells: list[str], offset: int, lines: _Lines, error: RecordError | None) -> Piece:
    raw = ",".join(cells).encode("utf-8", "surrogateescape")
    if error is None and len(cells) != len(header):
        error = RecordError(f"the row has {len(cells)} cells, the header {len(header)}", reason="wrong_type")
    if error is None and not _is_utf8(raw):
        error = RecordError("the row is not UTF-8", reason="not_utf8")
    if error is not None:
        return Piece(None, offset, 0, lines.offset, error=error, raw=raw)
    record = {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}
    return Piece(record, offset, 0, lines.offset)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it: times as ISO texts, decimals as floats, bytes as text."""
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
