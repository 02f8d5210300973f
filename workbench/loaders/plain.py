"""A table of anything, read whole: CSV, JSON lines or an array, or Parquet, plain or compressed.

For commands that work on a file of the user's own and store nothing: its rows in their order, and how many were none.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from workbench.errors import FormatError
from workbench.loaders.batch import Context, Rows
from workbench.loaders.reading.records import cut_any
from workbench.loaders.source import Source


class PlainTable(NamedTuple):
    """The rows of a file."""

    rows: list[Mapping[str, Any]]
    """In the file's order: names to values. Of CSV all values are texts, and an empty cell has no name."""
    columns: tuple[str, ...]
    """Every name that a row has, in the order in which they come."""
    n_refused: int
    """Lines that are no rows."""


def read_table(path: Path, *, columns: tuple[str, ...] = ()) -> PlainTable:
    """Return the rows of a file.

    Parameters
    ----------
    path
        The file.
    columns
        Columns that it must have.

    Raises
    ------
    FormatError
        If it cannot be read, no row can, or no row has one of the columns.
    """
    rows = Rows(Context(source_id="", ingest_day=date.min, key_user=str))
    read = [
        piece.value if piece.error is None and isinstance(piece.value, Mapping) else None
        for piece in cut_any(Source(path), rows, recognises=lambda _: True)
    ]
    found = [row for row in read if row is not None]
    if not found:
        raise FormatError("it holds no row", where=str(path), fix="give CSV, JSON lines or Parquet")
    names = tuple(dict.fromkeys(name for row in found for name in row))
    for column in columns:
        if column not in names:
            raise FormatError(
                f"no column {column!r}", where=str(path), fix=f"it has {', '.join(map(repr, names[:20]))}"
            )
    return PlainTable(found, names, len(read) - len(found))
