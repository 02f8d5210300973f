"""Refused records: each row has its raw bytes, each file its row, and nobody but the owner can read them."""

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from workbench.counted import counted
from workbench.ids import digest
from workbench.store.doctor.fault import Fault, leavings

_AGAIN = "ingest the file that they came from again"


def check_permissions(folder: Path) -> Iterator[Fault]:
    """Yield whether others than the owner could read the raw bytes."""
    if not folder.is_dir():
        what, mend = "the folder of raw bytes is gone", partial(folder.mkdir, mode=0o700)
        yield Fault(kind="permissions", where=folder.name, what=what, fix="make it", is_damage=True, mend=mend)
        return
    open_to_others = [path for path in (folder, *folder.iterdir()) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to_others:
        yield Fault(
            kind="permissions",
            where=folder.name,
            what=f"others than the owner may read {len(open_to_others)} of its entries, the folder included"
            if folder in open_to_others
            else f"others than the owner may read {counted(len(open_to_others), 'file')} in it",
            fix="take the right from them",
            is_damage=True,
            mend=partial(_close, open_to_others),
        )


def check_refused(folder: Path, rows: pl.LazyFrame, *, now: float) -> Iterator[Fault]:
    """Yield rows without bytes, bytes without a row, and bytes that are not what was refused.

    Parameters
    ----------
    folder
        The folder of raw bytes, each named by its digest.
    rows
        Frame in schemas.QUARANTINE.
    now
        Seconds since 1970.
    """
    named = set(rows.select(pl.col("digest").unique()).collect()["digest"].drop_nulls().to_list())
    held = {path.name: path for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else {}
    if lost := named - held.keys():
        what = f"the raw bytes of {counted(len(lost), 'refused record')} are gone"
        yield Fault(kind="refused_without_bytes", where=folder.name, what=what, fix=_AGAIN, is_damage=True)
    if changed := sorted(name for name in named & held.keys() if digest(held[name].read_bytes()) != name):
        n = counted(len(changed), "refused record")
        what = f"the raw bytes of {n} are not what was refused, {changed[0][:12]}... first"
        fix = f"delete them, and {_AGAIN}"
        mend = partial(_delete, [held[name] for name in changed])
        yield Fault(kind="damaged_bytes", where=folder.name, what=what, fix=fix, is_damage=True, mend=mend)
    alone = [path for name, path in sorted(held.items()) if name not in named]
    what = f"{counted(len(alone), 'file')} without a row: a kill came between the two; {_AGAIN} and there is one"
    yield from leavings("bytes_without_row", folder.name, what, alone, now=now)


def _close(paths: list[Path]) -> None:
    for path in paths:
        path.chmod(0o700 if path.is_dir() else 0o600)


def _delete(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
