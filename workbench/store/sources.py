"""How far each source is read, and what became of every file: the side tables of an ingest.

They save a second reading of what is in the store already. They are never the truth about what is stored: a source is
only passed over where its bytes are still those that were read, and the tables themselves decide what is new.
"""

import json
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from workbench.records import LoadReport
from workbench.store.database import LOADS, SOURCES


class Progress(NamedTuple):
    """How far one source is read."""

    end_offset: int
    """Bytes dealt with, after decompression."""
    prefix_digest: str
    """SHA-256 of those bytes."""
    report: LoadReport
    """What became of the records in those bytes."""


class Sources:
    """The side tables of one workspace's ingests."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def progress(self, source: str) -> Progress | None:
        """Return how far a source is read; None if it is new."""
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(SOURCES).where(SOURCES.c.source == source)).one_or_none()
        return None if row is None else Progress(row.end_offset, row.prefix_digest, _report(row.report))

    def note(self, progress: Progress) -> None:
        """Note how far a source is read."""
        values = {
            "source": progress.report.source,
            "end_offset": progress.end_offset,
            "prefix_digest": progress.prefix_digest,
            "report": json.dumps(msgspec.to_builtins(progress.report)),
        }
        with self._engine.begin() as connection:
            connection.execute(SOURCES.delete().where(SOURCES.c.source == progress.report.source))
            connection.execute(SOURCES.insert().values(values))

    def add_load(self, report: LoadReport, *, now: datetime) -> None:
        """Keep the load report of one file."""
        values = {"at": now.astimezone(UTC).isoformat(), "report": json.dumps(msgspec.to_builtins(report))}
        with self._engine.begin() as connection:
            connection.execute(LOADS.insert().values(values))

    def loads(self) -> list[tuple[datetime, LoadReport]]:
        """Return when each file was ingested and what became of it, oldest first."""
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(LOADS.c.at, LOADS.c.report).order_by(LOADS.c.n)).all()
        return [(datetime.fromisoformat(row.at), _report(row.report)) for row in rows]


def _report(text: str) -> LoadReport:
    return msgspec.convert(json.loads(text), LoadReport)
