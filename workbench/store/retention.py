"""What is older than a workspace may keep, deleted by whole days: telemetry, and refused records with their bytes.

For a scheduler, every day: rows go at once, the files that held them after seven days, because somebody may still read
an older version. Decisions and reports stay.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from workbench.schemas import QUARANTINE, RESULTS, TABLES
from workbench.store.compaction import KEEP_HOURS
from workbench.store.durability import turn
from workbench.store.workspace import WRITING, Workspace


class Retained(NamedTuple):
    """What became of one table, or of the bytes of refused records."""

    table: str
    """The table; `quarantine bytes` are the folder of raw bytes, `experiment journals` that of what was answered."""
    before: date | None
    """Days before this one went; None where everything is kept."""
    n_rows: int
    """Rows that went; of the bytes, records; of journals, experiments."""
    n_files: int
    """Files that were deleted now."""
    n_bytes: int
    """Their size."""


def retain(
    workspace: Workspace,
    *,
    now: datetime,
    days: int,
    quarantine_days: int,
    keep_hours: int = KEEP_HOURS,
    is_dry_run: bool = False,
) -> list[Retained]:
    """Delete what is older, and return what went; a run that was killed is completed by the next.

    Parameters
    ----------
    workspace
        The workspace.
    now
        The time, UTC; a day is kept until it is `days` old.
    days, quarantine_days
        Days to keep telemetry, and refused records; 0 keeps everything.
    keep_hours
        How long replaced files are kept, hours; below KEEP_HOURS a process that reads an older version loses its files.
    is_dry_run
        If true, nothing is deleted, and files are not counted.

    Raises
    ------
    StoreError
        If another process is compacting the tables.
    """
    ages = {table.name: quarantine_days if table is QUARANTINE else days for table in TABLES}
    cuts = {name: _cut(now, age) for name, age in ages.items()}
    telemetry = workspace.telemetry
    with workspace.compacting():
        done = []
        for table in TABLES:
            cut = cuts[table.name]
            n_rows = 0 if cut is None else telemetry.n_rows_before(table, cut)
            gone = (0, 0) if is_dry_run else telemetry.drop_days(table, cut if n_rows else None, keep_hours=keep_hours)
            done.append(Retained(table.name, cut, n_rows, *gone))
    done.append(_drop_bytes(workspace, cuts[QUARANTINE.name], is_dry_run=is_dry_run))
    done.append(_drop_journals(workspace, cuts[RESULTS.name], is_dry_run=is_dry_run))
    return done


def _cut(now: datetime, days: int) -> date | None:
    return now.astimezone(UTC).date() - timedelta(days=days) if days else None


def _drop_bytes(workspace: Workspace, cut: date | None, *, is_dry_run: bool) -> Retained:
    """Delete raw bytes that are older than the day and that no row names any more, those of killed writers included."""
    with turn(workspace.root / WRITING, is_alone=True):  # a writer keeps bytes, or finds them there, before their row
        paths = [] if cut is None else _old_bytes(workspace, cut)
        n_bytes = sum(path.stat().st_size for path in paths)
        for path in () if is_dry_run else paths:
            path.unlink(missing_ok=True)
    return Retained("quarantine bytes", cut, len(paths), 0 if is_dry_run else len(paths), n_bytes)


def _drop_journals(workspace: Workspace, cut: date | None, *, is_dry_run: bool) -> Retained:
    """Delete journals of experiments that nobody has written since the day: their answers may quote users."""
    end = None if cut is None else datetime(cut.year, cut.month, cut.day, tzinfo=UTC).timestamp()
    found = sorted(workspace.experiments.glob("*.jsonl")) if end is not None else []
    paths = [path for path in found if end is not None and path.stat().st_mtime < end]
    n_bytes = sum(path.stat().st_size for path in paths)
    for path in () if is_dry_run else paths:
        path.unlink(missing_ok=True)
    return Retained("experiment journals", cut, len(paths), 0 if is_dry_run else len(paths), n_bytes)


def _old_bytes(workspace: Workspace, cut: date) -> list[Path]:
    rows = workspace.telemetry.scan(QUARANTINE).filter(pl.col("day") >= cut).select("digest").unique().collect()
    named = set(rows["digest"].to_list())
    end = datetime(cut.year, cut.month, cut.day, tzinfo=UTC).timestamp()
    return [
        path for path in sorted(workspace.quarantine.iterdir()) if path.name not in named and path.stat().st_mtime < end
    ]
