"""Rows removed from a Delta table for good: from its data files, its statistics, and the commits that named them.

Rows are named by digests and ids that follow from their content, never by a person's id or words, because a predicate
is written into the log. Old files, and then the old log, go at once: this is for erasure, readers of an older version
must read again. Nobody may write meanwhile.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import polars as pl
from deltalake import WriterProperties, write_deltalake

from workbench.errors import StoreError
from workbench.store.database import parts
from workbench.store.tables import in_one_sentence, open_table

NAMED_AT_ONCE = 5_000
"""Rows that one predicate names: a log entry of 200 kB, and each rewrites the files that hold one."""
_KEEP_LOG, _DROP_LOG = "interval 30 days", "interval 0 days"
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def delete_rows(uri: str, column: str, values: Collection[str], *, writer: WriterProperties) -> None:
    """Delete the rows whose column has one of the values."""
    for some in parts(sorted(values), NAMED_AT_ONCE):
        with in_one_sentence(uri):
            open_table(uri).delete(_one_of(column, some), writer_properties=writer)


def replace_rows(
    uri: str, column: str, values: Collection[str], *, rows: pl.DataFrame, writer: WriterProperties
) -> None:
    """Put the rows, each of which has one of the values, in the place of all that have one; in one commit."""
    if values:
        with in_one_sentence(uri):
            table = open_table(uri)
            predicate = _one_of(column, sorted(values))
            write_deltalake(table, rows.to_arrow(), mode="overwrite", predicate=predicate, writer_properties=writer)


def drop_days(uri: str, before: date) -> None:
    """Delete all rows of earlier days; their files are dropped whole, and nothing is written anew."""
    with in_one_sentence(uri):
        open_table(uri).delete(f"day < '{before.isoformat()}'")


def scrub(uri: str, folder: Path | None) -> int:
    """Delete everything of a table that its present version does not need, old log entries included; return how many.

    Parameters
    ----------
    uri
        The table.
    folder
        Its folder, where it is a local one: there nobody writes while this runs, and files that no commit names are
        those of a kill. Elsewhere they are left.
    """
    with in_one_sentence(uri):
        gone = open_table(uri).vacuum(
            retention_hours=0, dry_run=False, enforce_retention_duration=False, full=folder is not None
        )
        table = open_table(uri)
        table.alter.set_table_properties({"delta.logRetentionDuration": _DROP_LOG})
        table = open_table(uri)
        table.create_checkpoint()
        table.cleanup_metadata()
        table = open_table(uri)
        table.alter.set_table_properties({"delta.logRetentionDuration": _KEEP_LOG})
    return len(gone)


def _one_of(column: str, values: Collection[str]) -> str:
    if unsafe := [value for value in values if not _SAFE.issuperset(value)]:
        raise StoreError(f"{unsafe[0]!r} is no id that follows from a content", where=column)
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
