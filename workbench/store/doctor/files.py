"""The data files of a table: those that its log names and that are gone or damaged, and those that nothing names.

A kill between writing a file and committing it leaves a file that no version names. It is in nobody's way.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from workbench.counted import counted
from workbench.store.doctor.fault import Fault, leavings, set_aside

_MAGIC = b"PAR1"
_AGAIN = "take the lost files out of the log, then ingest the files of those days again: the rest is not stored twice"


def check_files(handle: DeltaTable, *, name: str, folder: Path | None, aside: Path, now: float) -> Iterator[Fault]:
    """Yield what is wrong with the files of one table.

    Parameters
    ----------
    handle
        The table.
    name
        Its name.
    folder
        Its folder, where it is a local one: elsewhere no file is opened, and leavings are counted but not deleted.
    aside
        Where mending moves damaged files.
    now
        Seconds since 1970.
    """
    if missing := handle.repair(dry_run=True)["files_removed"]:
        yield Fault(
            kind="missing_files",
            where=f"{name}: {_days(missing)}",
            what=f"{counted(len(missing), 'data file')} named by the log, gone with all rows that they held",
            fix=_AGAIN,
            is_damage=True,
            mend=handle.repair,
        )
    orphans = _unnamed(handle)
    what = f"{counted(len(orphans), 'file')} that no version names: left by a kill, or about to be committed"
    if folder is None:
        if orphans:
            yield Fault(
                kind="orphan_files",
                where=name,
                what=what,
                fix="delete them when no process writes: `vacuum` with `full` of your engine",
                is_damage=False,
            )
        return
    if damaged := [path for path, n_bytes in _named(handle, folder) if path.exists() and not _is_whole(path, n_bytes)]:
        yield Fault(
            kind="damaged_files",
            where=f"{name}: {_days([str(path.relative_to(folder)) for path in damaged])}",
            what=f"{counted(len(damaged), 'data file')} cut off or overwritten: not what was written",
            fix=f"set them aside; {_AGAIN}",
            is_damage=True,
            mend=partial(_replace, damaged, folder=folder, aside=aside),
        )
    yield from leavings("orphan_files", name, what, [folder / path for path in orphans], now=now)
    staged = [path for path in folder.rglob("*#*") if path.is_file()]
    what = f"{counted(len(staged), 'file is', 'files are')} half written: left by a kill, or being written"
    yield from leavings("staged_files", name, what, staged, now=now)


def _unnamed(handle: DeltaTable) -> list[str]:
    """Return the files that neither the present version nor a replaced one names."""
    unused = set(handle.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False, full=True))
    replaced = handle.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
    return sorted(unused - set(replaced))


def _named(handle: DeltaTable, folder: Path) -> list[tuple[Path, int]]:
    added = pl.DataFrame(handle.get_add_actions(flatten=True)).select("path", "size_bytes")
    return [(folder / unquote(path), n_bytes) for path, n_bytes in added.rows()]


def _is_whole(path: Path, n_bytes: int) -> bool:
    if path.stat().st_size != n_bytes:
        return False
    with path.open("rb") as file:
        begins = file.read(len(_MAGIC))
        file.seek(-len(_MAGIC), 2)
        return begins == file.read() == _MAGIC


def _replace(damaged: list[Path], *, folder: Path, aside: Path) -> None:
    for path in damaged:
        set_aside(path, into=aside)
    DeltaTable(folder).repair()


def _days(paths: list[str]) -> str:
    days = sorted({path.split("/")[0] for path in paths})
    return f"{days[0]} to {days[-1]}" if len(days) > 1 else days[0]
