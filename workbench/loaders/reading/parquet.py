"""Rows of a Parquet file as records, like lines of JSON: exports in bulk come in it, nested columns often as JSON text.

Having no text of their own, rows that are refused are kept as JSON.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from workbench.errors import FormatError
from workbench.loaders.reading.strict import dump
from workbench.loaders.source import Source

PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 2_000
"""Rows that become Python objects at a time."""
_SAMPLE_ROWS = 5
"""Rows that are shown to tell a format: as many as lines of a log are looked at."""


def is_parquet(head: bytes) -> bool:
    """Return whether this is the beginning of a Parquet file."""
    return head.startswith(PARQUET_MAGIC)


def rows_of(source: Source, *, batch_rows: int = _BATCH_ROWS) -> Iterator[dict[str, Any]]:
    """Yield the rows as JSON has them: times as ISO texts, decimals as floats, ids and bytes as text or else hex.

    Raises
    ------
    FormatError
        If it is no readable Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with source.open_anywhere() as (stream, _), parquet.ParquetFile(stream) as table:
            schema = pa.schema([(field.name, _in_microseconds(field.type)) for field in table.schema_arrow])
            for batch in table.iter_batches(batch_size=batch_rows):
                for row in batch.cast(schema, safe=False).to_pylist():
                    yield {str(name): _plain(value) for name, value in row.items()}
    except (OSError, pa.ArrowException) as error:
        raise FormatError("cannot be read as Parquet", where=str(source.path), fix="export it again") from error


def sample_of(source: Source) -> bytes:
    """Return the first rows as lines of JSON, by which a format is told as by the head of a log; empty if unreadable.

    Of a file without rows, one line that names its columns.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        rows = list(islice(rows_of(source, batch_rows=_SAMPLE_ROWS), _SAMPLE_ROWS))
        with source.open_anywhere() as (stream, _):
            names = [] if rows else parquet.read_schema(stream).names
    except (FormatError, OSError, pa.ArrowException):
        return b""
    return "\n".join(dump(row) for row in rows or [dict.fromkeys(names)]).encode("utf-8", "replace")


def _in_microseconds(dtype: Any) -> Any:
    """Return the type with times in microseconds, however deep: Python's own have no nanoseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(dtype):
        return pa.timestamp("us", dtype.tz)
    if pa.types.is_time64(dtype):
        return pa.time64("us")
    if pa.types.is_duration(dtype):
        return pa.duration("us")
    if pa.types.is_struct(dtype):
        return pa.struct([(field.name, _in_microseconds(field.type)) for field in dtype])
    if pa.types.is_list(dtype):
        return pa.list_(_in_microseconds(dtype.value_type))
    if pa.types.is_large_list(dtype):
        return pa.large_list(_in_microseconds(dtype.value_type))
    if pa.types.is_map(dtype):
        return pa.map_(dtype.key_type, _in_microseconds(dtype.item_type))
    return dtype


def _plain(value: Any) -> Any:
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
    if isinstance(value, UUID):
        return str(value)
    return _text(value) if isinstance(value, bytes) else value


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.hex()
