"""Which rows a table holds already: looked up by the fewest columns, and remembered while nobody else writes.

An ingest asks this of every batch. Read anew each time, it would cost more than all else that is done with a batch.
"""

from datetime import date
from typing import NamedTuple

import polars as pl
from deltalake import DeltaTable

from workbench.schemas import SIGNALS, SPANS, Table

MAX_HELD = 4_000_000
"""Rows whose identities are remembered between appends, some 50 bytes each; beyond it the table is read again."""


class _Known(NamedTuple):
    """What one version of a table holds of some days: saves reading it again while nobody else writes."""

    version: int
    days: frozenset[date]
    identities: pl.DataFrame


class Held:
    """What the tables of one workspace hold, as far as this process has looked."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def missing(self, handle: DeltaTable, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that this version of the table does not hold."""
        if rows.is_empty():
            return rows
        held, key = self._identities(handle, table, rows), list(identity(table))
        if rows.lazy().select(key).join(held, on=key, how="semi").collect(engine="streaming").is_empty():
            return rows  # all are new, as mostly: none is copied
        return rows.lazy().join(held, on=key, how="anti", maintain_order="left").collect(engine="streaming")

    def _identities(self, handle: DeltaTable, table: Table, rows: pl.DataFrame) -> pl.LazyFrame:
        """Return what this version of the table holds that can be the same as one of these rows."""
        stored = pl.scan_delta(handle)
        if table is not SPANS or rows["started_at"].has_nulls():
            return stored.filter(_near(table, rows)).select(identity(table))
        days = frozenset(rows["day"].unique().to_list())
        known = self._known.get(table.name)
        if known is None or known.version != handle.version() or known.identities.height > MAX_HELD:
            known = _Known(handle.version(), frozenset(), table.empty().select(identity(table)))
        if new := days - known.days:
            known = known._replace(days=known.days | new)
            if there := new & _days(handle):
                of_days = stored.filter(pl.col("day").is_in(sorted(there))).select(identity(table))
                more = of_days.collect(engine="streaming")
                known = known._replace(identities=pl.concat([known.identities, more], rechunk=False))
        self._known[table.name] = known
        return known.identities.lazy()

    def remember(self, table: Table, version: int, added: pl.DataFrame) -> None:
        """Carry what is held on to the version that this append made, if nobody else wrote in between."""
        known = self._known.get(table.name)
        if known is not None and known.version == version - 1:
            more = added.filter(pl.col("day").is_in(sorted(known.days))).select(identity(table))
            self._known[table.name] = known._replace(
                version=version, identities=pl.concat([known.identities, more], rechunk=False)
            )


def identity(table: Table) -> tuple[str, ...]:
    """Return the fewest columns that tell rows apart: a span's digest covers its ids, and is a third of the bytes."""
    return ("content_digest",) if table is SPANS else table.key


def _days(handle: DeltaTable) -> frozenset[date]:
    """Return the days that a table has files of: the log says so, and a new day need not be looked for in them."""
    return frozenset(date.fromisoformat(partition["day"]) for partition in handle.partitions())


def _near(table: Table, rows: pl.DataFrame) -> pl.Expr:
    """Which stored rows can be the same as one of these: of the same day, or of no time and so of any ingest's day."""
    if (time := time_column(table)) is None:
        return pl.col(table.key[0]).is_in(rows[table.key[0]].unique().to_list())
    near = pl.col("day").is_in(rows["day"].unique().to_list())
    return near | pl.col(time).is_null() if rows[time].has_nulls() else near


def time_column(table: Table) -> str | None:
    """Return the column that says when a row was, of a table that has one."""
    return {SPANS.name: "started_at", SIGNALS.name: "at"}.get(table.name)
