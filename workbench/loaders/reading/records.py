"""A source cut into records, whatever it is written in: lines or arrays of JSON, CSV, or Parquet."""

import csv
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from workbench.loaders.batch import Rows
from workbench.loaders.reading.parquet import is_parquet
from workbench.loaders.reading.pieces import Piece, cut_records
from workbench.loaders.reading.strict import BOM
from workbench.loaders.reading.tables import DELIMITERS, cut_csv, delimiter_of
from workbench.loaders.source import Source

_SAMPLE_ROWS = 5
"""Rows that are shown to tell a format: as many as lines of a log are looked at."""


def cut_any(source: Source, rows: Rows, *, recognises: Callable[[bytes], bool]) -> Iterator[Piece]:
    """Yield the records of a source.

    Parameters
    ----------
    source, rows
        As a loader gets them.
    recognises
        Whether records are of the loader's format: what may be CSV is cut as CSV if its columns are.

    Raises
    ------
    FormatError
        If it is a CSV file whose header does not name its columns, or no readable Parquet file.
    """
    head = source.head()
    return (cut_csv if is_csv(head) and recognises(csv_sample(head)) else cut_records)(source, rows)


def is_csv(head: bytes) -> bool:
    r"""Return whether the head of a file can only be that of a table of texts: columns, and no line of JSON.

    >>> is_csv(b"id,name"), is_csv(b"garbage, then\n{}"), is_csv(b"prose")
    (True, False, False)
    """
    first, *others = head.removeprefix(BOM).splitlines()[: 1 + _SAMPLE_ROWS] or [b""]
    if is_parquet(head) or first.lstrip()[:1] in (b"{", b"[") or any(_is_object(line) for line in others):
        return False
    return any(mark in first.decode("utf-8", "replace") for mark in DELIMITERS)


def csv_sample(head: bytes) -> bytes:
    r"""Return the first rows of a CSV file as lines of JSON, by which a format is told as by the head of a log.

    Of a file without rows, one line that names its columns.

    >>> csv_sample(b"id,name\n1,Ann\n")
    b'{"id":"1","name":"Ann"}'
    """
    lines = head.removeprefix(BOM).decode("utf-8", "replace").splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter_of(head.removeprefix(BOM)))
    try:
        names = next(reader, [])
        rows = [dict(zip(names, row, strict=False)) for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False)]
    except csv.Error:
        return b""
    shown: list[dict[str, Any]] = [*rows] or [dict.fromkeys(names)]
    return b"\n".join(orjson.dumps(row) for row in shown)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
