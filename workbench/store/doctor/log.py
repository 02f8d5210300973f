"""The log of a local Delta table: commits that are torn, empty or gone, and checkpoints that cannot be read.

A commit is flushed before it is acknowledged, so that one which is torn or empty at the end of the log was never
acknowledged: it is set aside, and the next ingest brings its rows again. In the middle, nobody may guess.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from deltalake import DeltaTable

from workbench.store.doctor.fault import Fault, set_aside

_HINT = "_last_checkpoint"
_COMMIT = re.compile(r"\d{20}\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")
_AGAIN = "then ingest the newest files again: what is stored already is not stored twice"
_RESTORE = "restore the table's folder from a backup, or move it away and ingest all files again"


def check_log(folder: Path, *, aside: Path) -> Iterator[Fault]:
    """Yield what is wrong with the log of one table.

    Parameters
    ----------
    folder
        The table.
    aside
        Where mending moves what is bad.
    """
    log = folder / "_delta_log"
    commits = {int(path.stem): path for path in log.iterdir() if _COMMIT.fullmatch(path.name)}
    found = {path: int(match[1]) for path in log.iterdir() if (match := _CHECKPOINT.fullmatch(path.name))}
    good = {version for path, version in found.items() if _is_parquet(path)}
    bad = [path for path, version in found.items() if version not in good]
    first_needed = max(good, default=-1) + 1
    needed = range(first_needed, max(commits, default=-1) + 1)
    if gaps := [version for version in needed if version not in commits]:
        yield _damaged(folder, f"commit {gaps[0]} is gone, and so is what it said")
        return
    yield from _check_checkpoints(log, bad, good, aside=aside)
    yield from _check_commits(folder, [commits[version] for version in needed], aside=aside)


def _check_commits(folder: Path, commits: list[Path], *, aside: Path) -> Iterator[Fault]:
    for place, path in enumerate(commits, start=1):
        state, is_last = _state(path), place == len(commits)
        where = f"{folder.name}/_delta_log/{path.name}"
        if state != "good" and is_last:
            yield Fault(
                kind="torn_commit",
                where=where,
                what=f"the last commit is {state}: a power cut or a full disk; it was never acknowledged",
                fix=f"set the commit aside, {_AGAIN}",
                is_damage=True,
                mend=partial(set_aside, path, into=aside),
            )
        elif state == "torn":
            yield _damaged(folder, f"commit {int(path.stem)} is torn, and later ones stand on it")
        elif state == "empty":
            yield Fault(
                kind="empty_commit",
                where=where,
                what="the commit is empty: what it was to say was never acknowledged, and later ones went on without",
                fix="leave it; ingest the files of that time again if you are in doubt",
                is_damage=False,
            )


def _check_checkpoints(log: Path, bad: list[Path], good: set[int], *, aside: Path) -> Iterator[Fault]:
    """Yield the checkpoints that cannot be read; they repeat what the commits say, which are all there."""
    hint = log / _HINT
    named = _named_version(hint)
    if not bad and (named is None or named in good):
        return
    what = f"checkpoint {bad[0].name} cannot be read" if bad else f"{_HINT} names no checkpoint"

    def mend() -> None:
        for path in (*bad, hint):
            if path.exists():
                set_aside(path, into=aside)
        if not good:
            DeltaTable(log.parent).create_checkpoint()

    yield Fault(
        kind="bad_checkpoint",
        where=f"{log.parent.name}/_delta_log",
        what=f"{what}; all commits that it repeats are there",
        fix="set it aside and write it anew from the commits",
        is_damage=True,
        mend=mend,
    )


def _damaged(folder: Path, what: str) -> Fault:
    return Fault(kind="damaged_log", where=f"{folder.name}/_delta_log", what=what, fix=_RESTORE, is_damage=True)


def _state(commit: Path) -> str:
    try:
        lines = [json.loads(line) for line in commit.read_bytes().splitlines() if line.strip()]
    except (UnicodeDecodeError, json.JSONDecodeError):
        return "torn"
    if not lines:
        return "empty"
    return "good" if all(isinstance(line, dict) for line in lines) else "torn"


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_table(path)
    except Exception:  # noqa: BLE001  # whatever a reader of damaged bytes raises: they cannot be read
        return False
    return True


def _named_version(hint: Path) -> int | None:
    """Return the checkpoint that the hint names: None without a hint, -1 where it cannot be read."""
    if not hint.exists():
        return None
    try:
        version = json.loads(hint.read_bytes())["version"]
    except (ValueError, KeyError, TypeError):
        return -1
    return version if isinstance(version, int) else -1
