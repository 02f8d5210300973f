"""What of holdouts is a user's: the cases of their traces, which go from the files and stay as ids in the ledger.

A case that went is no fault of its holdout afterwards: its record says which did. Files that no record names, left by
a kill, are gone through too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.paths import file_name
from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.records import Holdout
from workbench.store import Belongings, Names, Workspace
from workbench.store.durability import write_durably


class HeldLines(NamedTuple):
    """What of one file goes."""

    path: Path
    """The file."""
    case_ids: tuple[str, ...]
    """The cases that go, and of lines that are none nothing."""
    left: bytes
    """What stays of it."""


def held_lines(workspace: Workspace, rows: Belongings, names: Names) -> tuple[HeldLines, ...]:
    """Return what of the files is the user's; read-only. A line that cannot be read goes: nobody can tell whose it is.

    Parameters
    ----------
    workspace
        The workspace.
    rows
        What of the tables is theirs.
    names
        What names them.
    """
    if not workspace.holdouts.is_dir():
        return ()
    found = (_of_file(path, rows, names) for path in sorted(workspace.holdouts.iterdir()) if path.is_file())
    return tuple(one for one in found if one is not None)


def drop_held_lines(workspace: Workspace, gone: Sequence[HeldLines], *, now: datetime) -> None:
    """Drop the cases: first their record says so, so that a kill leaves no holdout that seems to be tampered with."""
    ids = {one.path.name: one.case_ids for one in gone}
    workspace.ledger.append(_told(workspace.ledger.latest(Holdout), ids), now=now)
    for one in gone:
        if one.left:
            write_durably(one.path, one.left)
        else:
            one.path.unlink(missing_ok=True)


def _told(holdouts: Iterable[Holdout], ids: dict[str, tuple[str, ...]]) -> list[Holdout]:
    told = []
    for holdout in holdouts:
        gone = ids.get(file_name(holdout.id, suffix=".jsonl"), ())
        if gone:
            told.append(replace(holdout, erased=tuple(sorted({*holdout.erased, *gone}))))
    return told


def _of_file(path: Path, rows: Belongings, names: Names) -> HeldLines | None:
    case_ids, left, n_gone = [], [], 0
    for line in path.read_bytes().splitlines(keepends=True):
        case = _read(line)
        is_theirs = case is None or case.get("trace_id") in rows.traces or names.are_in(line)
        if is_theirs:
            n_gone += 1
            case_ids += [str(case["case_id"])] if case and "case_id" in case else []
        else:
            left.append(line)
    return HeldLines(path, tuple(case_ids), b"".join(left)) if n_gone else None


def _read(line: bytes) -> dict[str, object] | None:
    try:
        value = read_json(line)
    except RecordError:
        return None
    return value if isinstance(value, dict) else None
