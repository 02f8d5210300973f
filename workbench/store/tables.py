"""One Delta table as it stands: made, opened, and brought up to the columns that this version of the workbench knows.

Every fault of the library becomes one sentence here: it tells of a damaged log or a full disk in a page of its stack.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from deltalake import ColumnProperties, DeltaTable, Schema, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from workbench.errors import StoreError
from workbench.schemas import Table

_SYSTEM_SAID = re.compile(r"[^\n:]{1,200}\(os error \d+\)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What the library marks parts of its errors with, for a terminal."""
MAX_ATTEMPTS = 20
"""Lost races before adding columns gives up: each loss means that another process changed the table meanwhile."""

_REPEATED = frozenset({"error_message", "comment", "text"})
"""Texts that come again and again."""
WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,  # 3 costs half as much again, for the same size to a percent
    default_column_properties=ColumnProperties(statistics_enabled="CHUNK"),  # page statistics cost a sixth of a write
    column_properties={
        name: ColumnProperties(dictionary_enabled=False, statistics_enabled="CHUNK")
        for name in (
            *("trace_id", "span_id", "parent_span_id", "tool_call_id", "content_digest"),
            *("started_at", "ended_at", "duration_ms"),
        )
    }
    | {
        # each file's footer would hold their least and greatest text in full: 100 MB for one attribute of 50 MB
        name: ColumnProperties(dictionary_enabled=name in _REPEATED, statistics_enabled="NONE")
        for name in ("input", "output", "error_message", "attributes", "comment", "text", "evidence")
    },
    statistics_truncate_length=64,
)
"""How data files are written."""


def make_table(uri: str, table: Table) -> bool:
    """Create the table if it is not there, with the columns that it lacks if it is; return whether anything was done.

    Raises
    ------
    StoreError
        If its log is damaged, or a newer version of the workbench made it.
    """
    with in_one_sentence(uri):
        if DeltaTable.is_deltatable(uri):
            return _add_new_columns(uri, table)
        try:
            DeltaTable.create(
                uri,
                table.empty().to_arrow().schema,
                mode="ignore",
                partition_by=["day"],
                configuration={"delta.dataSkippingStatsColumns": ",".join((*table.statistics, "day"))},
            )
        except CommitFailedError:  # another process has made it meanwhile
            return _add_new_columns(uri, table)
        return True


def open_table(uri: str, *, version: int | None = None) -> DeltaTable:
    """Return a fresh handle of the table, at its present version or an earlier one.

    Raises
    ------
    StoreError
        If there is no such table, or its log is damaged.
    """
    try:
        with in_one_sentence(uri):
            return DeltaTable(uri, version=version)
    except TableNotFoundError as error:
        raise StoreError("there is no such table", where=uri, fix="run `workbench init`") from error


@contextmanager
def in_one_sentence(uri: str) -> Iterator[None]:
    """Turn what the library or the system says of a table into one sentence; lost races and absences pass as they are.

    Raises
    ------
    StoreError
        If the table cannot be read or written.
    """
    try:
        yield
    except (CommitFailedError, TableNotFoundError, FileNotFoundError) as error:
        if str(error).startswith("Unknown scheme"):
            fix = "see `telemetry` in workspace.toml"
            raise StoreError("there is no such kind of storage", where=uri, fix=fix) from error
        raise
    except (DeltaError, OSError) as error:
        raise StoreError(_first_line(error), where=uri, fix=_fix(error)) from error


def _add_new_columns(uri: str, table: Table) -> bool:
    wanted = Schema.from_arrow(table.empty().to_arrow().schema).fields
    for _ in range(MAX_ATTEMPTS):
        handle = DeltaTable(uri)
        held = {field.name for field in handle.schema().fields}
        if unknown := sorted(held - {field.name for field in wanted}):
            raise StoreError(
                f"it has columns that this version does not know: {', '.join(unknown)}",
                where=uri,
                fix="a newer workbench made it: update the workbench",
            )
        new = [field for field in wanted if field.name not in held]
        if not new:
            return False
        try:
            handle.alter.add_columns(new)
        except CommitFailedError:
            continue
        return True
    raise StoreError(f"{MAX_ATTEMPTS} changes in a row lost against other writers", where=uri, fix="try again")


def _first_line(error: Exception) -> str:
    """Return what the error says first, and the system's own words, which the library gives last."""
    said = _COLOUR.sub("", str(error)).strip()
    first = said.split("\n")[0] or type(error).__name__
    cause = _SYSTEM_SAID.search(said)
    return first if cause is None or cause[0] in first else f"{first}: {cause[0].strip()}"


def _fix(error: Exception) -> str:
    said = str(error).lower()
    if "no space left" in said or "file too large" in said or "quota" in said:
        return "make room and run this again: what was acknowledged is stored, and nothing is stored twice"
    if "permission denied" in said or "read-only" in said:
        return "give this user the right to write there"
    if "kernel error" in said or "json error" in said or "parquet" in said:
        return "run `workbench doctor`"
    return "check that the place is there and may be written, then run this again"
