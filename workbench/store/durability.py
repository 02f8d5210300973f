"""Bytes that are on the disk, not in a cache: what must have happened before an ingest is acknowledged.

deltalake never calls fsync on a local disk, so that a power cut could take back rows that were already reported as
stored. Folders are synced too, because a new file is lost with the entry that names it.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote


def sync(paths: Iterable[Path]) -> None:
    """Flush files or folders to the disk; one that another process has removed is passed over."""
    for path in paths:
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file so that a reader sees all of it or nothing, also after a power cut."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync([path.parent])


@contextmanager
def lock(path: Path) -> Iterator[bool]:
    """Give whether this process holds the lock of that name now; it does not wait, and a kill lets go of it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


@contextmanager
def turn(path: Path, *, is_alone: bool) -> Iterator[None]:
    """Wait for a turn: many processes have one at once, or a single one has it alone; a kill lets go of it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def sync_commit(table: Path, version: int) -> None:
    """Flush one commit of a local Delta table: its data files, their folders, the commit file and the log."""
    log = table / "_delta_log"
    commit = log / f"{version:020d}.json"
    added = [table / unquote(path) for path in _added_paths(commit)]  # one that was compacted since may be vacuumed
    sync([*added, *sorted({path.parent for path in added}), commit, log, table])


def sync_recent_commits(table: Path, *, younger_than_s: float) -> None:
    """Flush the commits and checkpoints of a local Delta table that were written in the last seconds."""
    log = table / "_delta_log"
    oldest = time.time() - younger_than_s
    for path in sorted(log.iterdir()):
        with suppress(FileNotFoundError):  # another process has published what it had staged
            if path.stat().st_mtime < oldest or not path.is_file():
                continue
            if path.suffix == ".json" and path.stem.isdigit():
                sync_commit(table, int(path.stem))
            else:
                sync([path])


def _added_paths(commit: Path) -> list[str]:
    # As bytes: a text ends its lines at U+2028 and the like too, which stand as they are inside of JSON.
    actions = map(json.loads, commit.read_bytes().splitlines())
    return [action["add"]["path"] for action in actions if "add" in action]
