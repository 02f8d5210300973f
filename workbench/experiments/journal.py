"""The journal of a run: a line before a question is asked, a line once its answer is safe, and never one taken back.

A process that is killed loses no answer that it has paid for. What had begun and has no answer stands there too: that
money may be gone.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from workbench.errors import ConfigError, StoreError
from workbench.experiments.arm import Spend
from workbench.experiments.outcome import Outcome

FORMAT = 1
"""Of the lines; a later one that these readers do not understand has another number."""


class Opened(msgspec.Struct, tag="opened", tag_field="line", forbid_unknown_fields=True):
    """The first line: whose journal it is."""

    format: int
    run: str


class Started(msgspec.Struct, tag="started", tag_field="line", forbid_unknown_fields=True):
    """A question is about to be asked."""

    key: str
    at: datetime
    most: Spend


class Finished(msgspec.Struct, tag="finished", tag_field="line", forbid_unknown_fields=True):
    """A question has its outcome."""

    outcome: Outcome


class LetGo(msgspec.Struct, tag="let_go", tag_field="line", forbid_unknown_fields=True):
    """A question that was about to be asked was not: the run was stopped by a fault that is not the arm's."""

    key: str


Line = Opened | Started | Finished | LetGo
_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Held(NamedTuple):
    """What a journal says."""

    finished: Mapping[str, Outcome]
    """Outcomes by key."""
    interrupted: tuple[Started, ...]
    """Questions that were about to be asked when the process ended: they may have been paid for."""


class Journal:
    """An open journal; from `open_journal`."""

    def __init__(self, handle: int, held: Held) -> None:
        self._handle = handle
        self.held = held
        """What it said when it was opened."""

    def started(self, key: str, *, at: datetime, most: Spend) -> None:
        """Say that a question is about to be asked; on the disk when this returns."""
        _append(self._handle, Started(key, at, most))

    def finished(self, outcome: Outcome) -> None:
        """Say what came of a question; on the disk when this returns."""
        _append(self._handle, Finished(outcome))

    def let_go(self, key: str) -> None:
        """Say that a question was not answered and not paid for; on the disk when this returns."""
        _append(self._handle, LetGo(key))


@contextmanager
def open_journal(path: Path, *, run: str) -> Iterator[Journal]:
    """Give the journal of a run, which no other process writes meanwhile; it is made where it is not there.

    Parameters
    ----------
    path
        The file; only its owner may read it, for answers may quote users.
    run
        What the run is known by.

    Raises
    ------
    ConfigError
        If it is the journal of another run.
    StoreError
        If another process has it open, or a line that is not its last cannot be read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                "another process runs this experiment", where=str(path), fix="wait for it, or end it"
            ) from None
        yield Journal(handle, _opened(handle, path, run=run))
    finally:
        os.close(handle)


def read_journal(path: Path) -> Held:
    """Return what a journal says, whether or not a process is writing it.

    Raises
    ------
    StoreError
        If there is none, or a line that is not its last cannot be read.
    """
    return _held(read_lines(path))


def read_lines(path: Path) -> list[Line]:
    """Return the lines of a journal; as `read_journal`."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise StoreError("there is no journal", where=str(path)) from None
    return _lines(raw, path)[0]


def _opened(handle: int, path: Path, *, run: str) -> Held:
    raw = b"".join(iter(lambda: os.read(handle, 1 << 20), b""))
    lines, n_bytes = _lines(raw, path)
    opening = Opened(FORMAT, run)
    if not lines and not _encoded(opening).startswith(raw):
        raise StoreError("is no journal", where=str(path), fix="name another file")
    if n_bytes < len(raw):  # the write that a kill or a power cut broke off
        os.ftruncate(handle, n_bytes)
    if not lines:
        _append(handle, opening)
        _sync_folder(path.parent)
        return Held({}, ())
    first = lines[0]
    if not isinstance(first, Opened) or first.format != FORMAT:
        raise StoreError("is no journal that this version reads", where=str(path))
    if first.run != run:
        raise ConfigError(
            "is the journal of another run: cases, arms, versions, settings, trials or seed were others",
            where=str(path),
            fix="name another file",
        )
    return _held(lines)


def _lines(raw: bytes, path: Path) -> tuple[list[Line], int]:
    """Return the lines that can be read, and where the last of them ends."""
    lines: list[Line] = []
    n_bytes, broken = 0, None
    for number, line in enumerate(raw.splitlines(keepends=True), start=1):
        try:
            read = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            broken = broken or number
            continue
        if broken is not None:
            raise StoreError("is not what was written", where=f"{path}, line {broken}", fix="restore it from a copy")
        if not line.endswith(b"\n"):
            break
        lines.append(read)
        n_bytes += len(line)
    return lines, n_bytes


def _held(lines: list[Line]) -> Held:
    finished: dict[str, Outcome] = {}
    begun: dict[str, list[Started]] = {}
    for line in lines:
        if isinstance(line, Started):
            begun.setdefault(line.key, []).append(line)
        elif isinstance(line, Finished):
            finished[line.outcome.key] = line.outcome
            if not line.outcome.is_cached and begun.get(line.outcome.key):
                begun[line.outcome.key].pop()
        elif isinstance(line, LetGo) and begun.get(line.key):
            begun[line.key].pop()
    return Held(finished, tuple(one for several in begun.values() for one in several))


def _encoded(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def _append(handle: int, line: Line) -> None:
    raw, n_bytes = _encoded(line), os.lseek(handle, 0, os.SEEK_END)
    try:
        while raw:
            raw = raw[os.write(handle, raw) :]
        os.fsync(handle)
    except OSError as error:
        os.ftruncate(handle, n_bytes)  # half a line would spoil the next one
        raise StoreError(
            f"cannot be written ({error.strerror})", where="the journal", fix="make room, and start the run again"
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
