"""The telemetry tables: Delta Lake, partitioned by day, where every row lies exactly once.

Which rows are new is decided against the very version of the table that they are then appended to: two writers that
bring the same rows cannot both win. Other engines (Spark, Trino, DuckDB) read the same tables.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError

from workbench.errors import StoreError
from workbench.schemas import SIGNALS, SPANS, TABLES, Table
from workbench.store import derived
from workbench.store.compaction import (
    COMPACT_ABOVE_FILES,
    COMPACT_ABOVE_FILES_A_DAY,
    KEEP_HOURS,
    LOCK,
    Compacted,
    merge,
    vacuum,
)
from workbench.store.durability import lock, sync_commit, sync_recent_commits
from workbench.store.held import Held, identity, time_column
from workbench.store.joined import waiting_signals
from workbench.store.purging import delete_rows, drop_days, replace_rows, scrub
from workbench.store.tables import WRITER, in_one_sentence, make_table, open_table
from workbench.windows import Window

MAX_ATTEMPTS = 50
"""Lost races before an append gives up: eight writers at once needed at most 12."""
TRACE_REACH = timedelta(days=1)
"""The longest trace that a window takes whole: a request that lasts longer is cut at its end."""
SETTLE_S = 3_600.0
"""Commits younger than this are flushed again: a kernel writes back within half a minute by default."""

_WRITERS_TURN = "ingest"
"""The application transaction that all writers of a table share: the second of two loses and looks again."""


class AppendedRows(NamedTuple):
    """What became of the rows of one append; together they are all that were given."""

    n_new: int
    """Rows that were added."""
    n_held: int
    """Rows that the table held already, or that came twice."""


class Telemetry:
    """The Delta tables of one workspace.

    Parameters
    ----------
    root
        Local folder or URL (`s3://...`) that holds one table a folder.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = root
        self._held = Held()

    def create(self) -> None:
        """Create the tables that are not there yet, and add the columns that older ones lack, before anyone appends.

        Raises
        ------
        StoreError
            If a log is damaged, or a newer version of the workbench made a table.
        """
        for table in TABLES:
            if make_table(self._uri(table), table):
                self._sync(table, self._open(table).version())

    def append(self, table: Table, rows: pl.DataFrame, *, source: str, offset: int) -> AppendedRows:
        """Append the rows that the table does not hold yet, and return how many those were and how many it held.

        Append-only and exactly-once: by key against the version that is appended to, and durable when this returns.

        Parameters
        ----------
        table
            The table.
        rows
            Rows in the table's schema; a key that comes twice counts once, the first stays.
        source, offset
            Where the rows come from, and the position up to which that source is dealt with.
        """
        if rows.is_empty():
            return AppendedRows(0, 0)
        distinct = _distinct(rows.select(table.schema.names()), identity(table))
        for _ in range(MAX_ATTEMPTS):
            handle = self._open(table)
            try:
                with in_one_sentence(self._uri(table)):
                    added = self._held.missing(handle, table, distinct)
                    if added.is_empty():
                        return AppendedRows(0, rows.height)
                    self._write(handle, added, source=source, offset=offset)
            except CommitFailedError:
                continue
            except FileNotFoundError as error:
                if self._open(table).version() == handle.version():
                    raise StoreError(
                        "a data file that its log names is gone", where=self._uri(table), fix="run `workbench doctor`"
                    ) from error
                continue  # it was compacted and vacuumed meanwhile
            self._sync(table, handle.version())
            self._held.remember(table, handle.version(), added)
            return AppendedRows(added.height, rows.height - added.height)
        raise StoreError(
            f"{MAX_ATTEMPTS} appends in a row lost against other writers",
            where=f"table {table.name}",
            fix="try again when fewer processes ingest at once; nothing was stored twice",
        )

    def scan(self, table: Table, *, window: Window | None = None) -> pl.LazyFrame:
        """Return the rows of a table whose time lies in the window, lazily; rows without a time go by their day.

        Read-only. The frame is of one version of the table, whatever is appended meanwhile, in whatever process it is
        collected.
        """
        handle = self._open(table)
        rows = pl.scan_delta(handle, version=handle.version())
        return rows if window is None else rows.filter(_inside(window, time=time_column(table)))

    def spans(self, *, window: Window | None = None) -> pl.LazyFrame:
        """Return the spans of the window, each span id once.

        Of one span id with several contents the one that ended last stands, and among those the one with the greatest
        digest: whatever order they came in, the same one is read.
        """
        rows = self.scan(SPANS, window=window)
        order = pl.struct(pl.col("ended_at").fill_null(pl.datetime(1970, 1, 1, time_zone="UTC")), "content_digest")
        losers = (
            rows.select("trace_id", "span_id", "ended_at", "content_digest")
            .filter(pl.len().over("trace_id", "span_id") > 1)
            .filter(order.rank("ordinal", descending=True).over("trace_id", "span_id") > 1)
            .collect(engine="streaming")
        )
        if losers.is_empty():
            return rows
        return rows.join(losers.lazy().select("content_digest"), on="content_digest", how="anti")

    def traces(self, *, window: Window) -> pl.LazyFrame:
        """Return one row a trace that begins in the window, in schemas.TRACES, lazily."""
        return derived.traces(self.spans_of_traces(window=window))

    def sessions(self, *, window: Window) -> pl.LazyFrame:
        """Return one row a session, in schemas.SESSIONS, lazily: of its traces, those that begin in the window."""
        return derived.sessions(self.traces(window=window))

    def spans_of_traces(self, *, window: Window) -> pl.LazyFrame:
        """Return all spans of the traces that begin in the window, each span id once.

        A trace is never cut in two: what of it lies up to a day beyond the window's edge belongs to it.
        """
        if window == Window():
            return self.spans()
        around = self.spans(window=window.widened(TRACE_REACH))
        begun = around.group_by("trace_id").agg(pl.col("started_at").min(), pl.col("day").min())
        return around.join(begun.filter(_inside(window, time="started_at")), on="trace_id", how="semi")

    def files(self, table: Table) -> list[str]:
        """Return the Parquet files of a table's present version, for engines that cannot read its log."""
        return self._open(table).file_uris()

    def n_waiting_signals(self) -> int:
        """Return how many signals of the store are about something that has not come in."""
        for _ in range(MAX_ATTEMPTS):
            waiting = waiting_signals(self.scan(SPANS), self.scan(SIGNALS)).select(pl.len())
            with suppress(FileNotFoundError):  # it was compacted and vacuumed before it was read: look again
                n: int = waiting.collect(engine="streaming").item()
                return n
        raise StoreError("a data file that its log names is gone", where=str(self.root), fix="run `workbench doctor`")

    def versions(self) -> Mapping[str, int]:
        """Return the present version of each table."""
        return {table.name: self._open(table).version() for table in TABLES}

    def compact(
        self,
        *,
        above: int = COMPACT_ABOVE_FILES,
        above_a_day: int = COMPACT_ABOVE_FILES_A_DAY,
        keep_hours: int = KEEP_HOURS,
    ) -> list[Compacted]:
        """Merge the small files of local tables, delete what was replaced long ago, and return what was done, by table.

        Safe beside readers and writers. One process at a time; the others pass it over and return nothing, as it is on
        remote storage, where no lock is at hand.

        Parameters
        ----------
        above, above_a_day
            Files of a table, and files of it for each of its days, beyond which they are merged.
        keep_hours
            How long replaced files are kept, hours; below KEEP_HOURS readers of an older version may fail.
        """
        if not isinstance(self.root, Path):
            return []
        done = []
        with lock(self.root / LOCK) as is_mine:
            for table in TABLES if is_mine else ():
                handle = self._open(table)
                version = handle.version()
                with in_one_sentence(self._uri(table)):
                    n_before = merge(handle, above=above, above_a_day=above_a_day, writer=WRITER)
                    if handle.version() != version:
                        self._sync(table, handle.version())
                    gone = vacuum(handle, self.root / table.name, keep_hours=keep_hours)
                done.append(Compacted(table.name, n_before, len(handle.file_uris()), *gone))
        return done

    def delete(self, table: Table, column: str, values: Collection[str]) -> None:
        """Delete the rows whose column, of ids or digests that follow from their content, has one of the values."""
        delete_rows(self._uri(table), column, values, writer=WRITER)

    def replace(self, table: Table, column: str, values: Collection[str], *, rows: pl.DataFrame) -> None:
        """Put the rows in the place of all whose column has one of the values, in one commit."""
        replace_rows(self._uri(table), column, values, rows=rows, writer=WRITER)

    def n_rows_before(self, table: Table, day: date) -> int:
        """Return how many rows of a table lie in earlier days."""
        n: int = self.scan(table).filter(pl.col("day") < day).select(pl.len()).collect(engine="streaming").item()
        return n

    def drop_days(self, table: Table, before: date | None, *, keep_hours: int) -> tuple[int, int]:
        """Drop all earlier days of a table, then what was replaced or dropped longer ago; return files and bytes.

        Bytes are counted on a local disk. Parameters as of `compact`; `before` None drops no day.
        """
        folder = self.root / table.name if isinstance(self.root, Path) else None
        if before is not None:
            drop_days(self._uri(table), before)
            self._sync(table, self._open(table).version())
        with in_one_sentence(self._uri(table)):
            return vacuum(self._open(table), folder, keep_hours=keep_hours)

    def scrub(self) -> int:
        """Delete every old file and log entry of every table at once, and return how many files; for erasure alone.

        Nobody may write meanwhile; who reads an older version must read again.
        """
        folder = self.root if isinstance(self.root, Path) else None
        n_gone = 0
        for table in TABLES:
            n_gone += scrub(self._uri(table), folder and folder / table.name)
            self._sync(table, self._open(table).version())
        return n_gone

    def settle(self) -> None:
        """Flush every recent commit of every table, also of a process that was killed before it could."""
        if isinstance(self.root, Path):
            for table in TABLES:
                sync_recent_commits(self.root / table.name, younger_than_s=SETTLE_S)

    def _write(self, handle: DeltaTable, added: pl.DataFrame, *, source: str, offset: int) -> None:
        """Commit the rows as the next version of this very handle, or lose against whoever committed meanwhile."""
        turn = (handle.transaction_version(_WRITERS_TURN) or 0) + 1
        transactions = [Transaction(_WRITERS_TURN, turn), Transaction(f"src:{source}", offset)]
        write_deltalake(
            handle,
            added.to_arrow(compat_level=pl.CompatLevel.newest()),
            mode="append",
            writer_properties=WRITER,
            commit_properties=CommitProperties(max_commit_retries=0, app_transactions=transactions),
        )

    def _open(self, table: Table) -> DeltaTable:
        return open_table(self._uri(table))

    def _sync(self, table: Table, version: int) -> None:
        if isinstance(self.root, Path):
            sync_commit(self.root / table.name, version)

    def _uri(self, table: Table) -> str:
        return f"{self.root}/{table.name}"


def _distinct(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the first row of each key; mostly all have keys of their own, and then none of them is copied."""
    if rows.n_unique(subset=key) == rows.height:
        return rows
    return rows.unique(subset=key, keep="first", maintain_order=True)


def _inside(window: Window, *, time: str | None) -> pl.Expr:
    inside = pl.lit(value=True)
    if window.start is not None:
        inside &= pl.col("day") >= window.first_day
        if time is not None:
            inside &= pl.col(time).is_null() | (pl.col(time) >= window.start)
    if window.end is not None:
        inside &= pl.col("day") <= window.last_day
        if time is not None:
            inside &= pl.col(time).is_null() | (pl.col(time) < window.end)
    return inside
