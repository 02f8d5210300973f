"""One thing that is wrong with a workspace, and how it is mended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal[
    "secret",
    "permissions",
    "part_files",
    "missing_table",
    "unreadable_table",
    "torn_commit",
    "damaged_log",
    "empty_commit",
    "bad_checkpoint",
    "missing_files",
    "damaged_files",
    "orphan_files",
    "staged_files",
    "missing_ledger",
    "damaged_ledger",
    "broken_ledger",
    "other_ledger",
    "cut_erasure",
    "refused_without_bytes",
    "bytes_without_row",
    "damaged_bytes",
    "rules",
    "taxonomy",
    "trained",
    "weights",
    "metrics",
]
"""What can be wrong."""

LEFT_OVER_HOURS = 24
"""Leavings that are younger are not touched: a process that is at work now has files that nothing names yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    kind: Kind
    """Which."""
    where: str
    """The file, folder, table or entry, below the workspace."""
    what: str
    """The fault in a sentence."""
    fix: str
    """What mending does, or what a person has to do."""
    is_damage: bool
    """Whether anything is lost or cannot be read; else it is a leaving that does no harm."""
    n_bytes: int = 0
    """Size of the leavings."""
    mend: Callable[[], object] | None = None
    """Mends it; None where no program may."""


def set_aside(path: Path, *, into: Path) -> Path:
    """Move a file out of the way, into a folder for its owner alone, and return where it lies; nothing is deleted."""
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    place, n = into / path.name, 1
    while place.exists():
        place, n = into / f"{path.name}.{n}", n + 1
    return path.rename(place)


def is_old(path: Path, *, now: float) -> bool:
    """Return whether a leaving was written so long ago that no process still works on it; `now` in seconds."""
    return now - path.stat().st_mtime > LEFT_OVER_HOURS * 3600


def leavings(kind: Kind, where: str, what: str, paths: list[Path], *, now: float) -> list[Fault]:
    """Return one harmless fault for files that a killed process left, or none; mending deletes the old ones."""
    if not paths:
        return []
    old = [path for path in paths if is_old(path, now=now)]
    said = (
        f"{len(old)} of them are older than {LEFT_OVER_HOURS} hours and can be deleted"
        if old
        else (f"none is older than {LEFT_OVER_HOURS} hours, so a process at work may still need them: wait")
    )

    def mend() -> None:
        for path in old:
            path.unlink(missing_ok=True)

    return [
        Fault(
            kind=kind,
            where=where,
            what=what,
            fix=said,
            is_damage=False,
            n_bytes=sum(path.stat().st_size for path in paths),
            mend=mend if old else None,
        )
    ]
