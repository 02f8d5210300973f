"""What became of every file that was ingested: a side table, for reports and for people.

It says what an ingest saw and is never asked what is stored: that the tables themselves know.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from workbench.records import LoadReport
from workbench.store.database import LOADS, reading, transaction


class Loads:
    """The load reports of one workspace."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, report: LoadReport, *, now: datetime) -> None:
        """Keep the load report of one file."""
        values = {"at": now.astimezone(UTC).isoformat(), "report": json.dumps(msgspec.to_builtins(report))}
        with transaction(self._engine) as connection:
            connection.execute(LOADS.insert().values(values))

    def forget(self, is_theirs: Callable[[LoadReport], bool]) -> int:
        """Delete the reports of which that is so, and return how many those were."""
        with transaction(self._engine) as connection:
            rows = connection.execute(sa.select(LOADS.c.n, LOADS.c.report)).all()
            gone = [row.n for row in rows if is_theirs(msgspec.convert(json.loads(row.report), LoadReport))]
            for n in gone:
                connection.execute(LOADS.delete().where(LOADS.c.n == n))
        return len(gone)

    def all(self) -> list[tuple[datetime, LoadReport]]:
        """Return when each file was ingested and what became of it, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(LOADS.c.at, LOADS.c.report).order_by(LOADS.c.n)).all()
        return [(datetime.fromisoformat(row.at), msgspec.convert(json.loads(row.report), LoadReport)) for row in rows]
