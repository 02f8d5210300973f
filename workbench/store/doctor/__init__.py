"""What is wrong with a workspace, and the mending of what can be mended without losing anything that was acknowledged.

It looks without opening the workspace, since opening makes what is missing. Nothing is changed unless mending is asked
for; bad pieces are set aside rather than deleted, and no program ever mends a ledger.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from deltalake import DeltaTable

from workbench.counted import counted
from workbench.errors import ConfigError, StoreError
from workbench.schemas import QUARANTINE, TABLES, Table
from workbench.store.doctor.fault import Fault, leavings
from workbench.store.doctor.files import check_files
from workbench.store.doctor.ledger import check_ledger
from workbench.store.doctor.log import check_log
from workbench.store.doctor.quarantine import check_permissions, check_refused
from workbench.store.settings import SETTINGS, Settings, check_secret, settings_of
from workbench.store.tables import in_one_sentence, make_table
from workbench.store.telemetry import Telemetry

MAX_ROUNDS = 5
"""One fault may hide the next: a torn log hides lost files, and those the refused records without bytes."""
ASIDE = "set-aside"
"""The folder of a workspace that takes what is moved out of the way."""

__all__ = ["ASIDE", "Fault", "examine", "mend"]


def examine(root: Path, *, now: float, noted: Collection[str] = ()) -> list[Fault]:
    """Return all that is wrong with a workspace; read-only.

    Parameters
    ----------
    root
        Its folder.
    now
        Seconds since 1970: what a kill left is told from what is being written by its age.
    noted
        Ledger heads that reports noted.

    Raises
    ------
    ConfigError
        If the folder is no workspace, its settings cannot be read, or a newer workbench made it.
    """
    settings = settings_of(root)
    quarantine = root / "quarantine"
    faults = [*_check_secret(root, settings), *check_permissions(quarantine)]
    parts = [path for folder in (root, quarantine) for path in folder.glob(".*.part")]
    what = f"{counted(len(parts), 'file is', 'files are')} half written: left by a kill, or being written"
    faults += leavings("part_files", root.name, what, parts, now=now)
    for table in TABLES:
        faults += _check_table(root, settings, table, now=now)
    faults += check_ledger(settings.ledger, noted=noted)
    return faults


def mend(root: Path, *, now: float, noted: Collection[str] = ()) -> tuple[list[Fault], list[Fault]]:
    """Mend what can be mended, and return the faults that were mended and those that remain."""
    mended: list[Fault] = []
    for _ in range(MAX_ROUNDS):
        faults = examine(root, now=now, noted=noted)
        mendable = [fault for fault in faults if fault.mend is not None]
        if not mendable:
            break
        for fault in mendable:
            if fault.mend is not None:
                fault.mend()
        mended += mendable
    return mended, examine(root, now=now, noted=noted)


def _check_secret(root: Path, settings: Settings) -> Iterator[Fault]:
    try:
        check_secret(root, settings.key_id)
    except ConfigError as error:
        yield Fault(kind="secret", where=SETTINGS, what=error.what, fix=error.fix, is_damage=True)


def _check_table(root: Path, settings: Settings, table: Table, *, now: float) -> Iterator[Fault]:
    uri = f"{settings.telemetry}/{table.name}"
    folder = settings.telemetry / table.name if isinstance(settings.telemetry, Path) else None
    aside = root / ASIDE / table.name
    if folder is not None and not any((folder / "_delta_log").glob("*.json")):
        yield _missing(uri, table, has_files=any(folder.rglob("*.parquet")))
        return
    if folder is not None:
        in_log = list(check_log(folder, aside=aside))
        yield from in_log
        if any(fault.is_damage for fault in in_log):
            return
    try:
        with in_one_sentence(uri):
            if not DeltaTable.is_deltatable(uri):
                yield _missing(uri, table, has_files=False)
                return
            handle = DeltaTable(uri)
            in_files = list(check_files(handle, name=table.name, folder=folder, aside=aside, now=now))
        yield from in_files
        if table is QUARANTINE and not any(fault.is_damage for fault in in_files):
            rows = Telemetry(settings.telemetry).scan(QUARANTINE)
            yield from check_refused(root / "quarantine", rows, now=now)
    except StoreError as error:
        fix = "check that the place can be reached" if folder is None else "restore the table's folder from a backup"
        yield Fault(kind="unreadable_table", where=table.name, what=error.what, fix=fix, is_damage=True)


def _missing(uri: str, table: Table, *, has_files: bool) -> Fault:
    if has_files:
        what = "its log is gone, and data files are there that only the log can tell apart"
        fix = "restore the table's folder from a backup, or move it away and ingest all files again"
        return Fault(kind="damaged_log", where=table.name, what=what, fix=fix, is_damage=True)

    def make() -> None:
        make_table(uri, table)

    what = "there is no such table"
    return Fault(kind="missing_table", where=table.name, what=what, fix="make it, empty", is_damage=True, mend=make)
