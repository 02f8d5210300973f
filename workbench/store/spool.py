"""What was received and not stored yet: messages in files, each on the disk before its sender is told so.

A file holds messages after their lengths, as the Collector's file exporter writes them, so that the loaders read it.
One thread writes; while the disk flushes one group of messages the next one gathers, so that a flush is shared by all
who wait for it. A file that could not be written to its end is left as it is and another one begun: what is behind its
last whole message was never acknowledged.
"""

import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from workbench.store.durability import sync

SPOOL = "spool"
"""The folder of a workspace with what was received and is not stored yet."""
RECEIVER = ".receiver"
"""The file of a workspace whose lock its receiver holds."""
LENGTH_BYTES = 4
SUFFIX = ".otlp"
MAX_GROUP_BYTES = 32 << 20
"""Written between two flushes at most: it bounds how long the first of a group waits."""


class _Message(NamedTuple):
    content: bytes
    written: "Future[None]"


class Spool:
    """The spool of one workspace; one process at a time may have it open.

    Parameters
    ----------
    folder
        Where its files lie; made if it is not there, readable by its owner alone.
    now
        The time, which names the files.
    segment_bytes
        Size at which a file is finished and the next one begun.
    """

    def __init__(self, folder: Path, *, now: Callable[[], datetime], segment_bytes: int) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        sync([folder.parent])
        self.folder, self._now, self._segment_bytes = folder, now, segment_bytes
        self._waiting: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._n_bytes = 0
        self.writing: Path | None = None
        """The file that messages are added to; None before the first one, and after a file is finished."""
        self._writer = threading.Thread(target=self._write_all, name="spool", daemon=True)
        self._writer.start()

    def segments(self) -> list[Path]:
        """Return the files, oldest first, those of earlier processes among them."""
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def n_bytes(self) -> int:
        """Return the size of all files; one that is deleted meanwhile counts nothing."""
        n_bytes = 0
        for path in self.segments():
            with suppress(FileNotFoundError):
                n_bytes += path.stat().st_size
        return n_bytes

    def append(self, message: bytes) -> "Future[None]":
        """Return what is done once the message is on the disk, and fails with an OSError where it cannot get there."""
        written: Future[None] = Future()
        self._waiting.put(_Message(message, written))
        return written

    def finish(self) -> None:
        """Finish the file that is being written: the next message begins another one."""
        with self._lock:
            self._finish()

    def remove(self, segment: Path) -> None:
        """Delete a file of which every message is stored."""
        segment.unlink()
        sync([self.folder])

    def close(self) -> None:
        """Write what is waiting, and take no more."""
        self._waiting.put(None)
        self._writer.join()
        self.finish()

    def _write_all(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._gather()
            if not group:
                continue
            with self._lock:
                try:
                    self._write([message.content for message in group])
                except OSError as error:
                    self._finish()
                    for message in group:
                        message.written.set_exception(error)
                    continue
                if self._n_bytes >= self._segment_bytes:
                    self._finish()
            for message in group:
                message.written.set_result(None)

    def _gather(self) -> tuple[list[_Message], bool]:
        """Return the messages that are waiting, at least one, and whether there may be more after them."""
        group: list[_Message] = []
        n_bytes = 0
        message = self._waiting.get()
        while message is not None:
            group.append(message)
            n_bytes += len(message.content)
            if n_bytes >= MAX_GROUP_BYTES:
                return group, True
            try:
                message = self._waiting.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _write(self, messages: Sequence[bytes]) -> None:
        handle = self._open() if self._handle is None else self._handle
        content = b"".join(len(message).to_bytes(LENGTH_BYTES, "big") + message for message in messages)
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
        self._n_bytes += len(content)

    def _open(self) -> int:
        name = f"{self._now().astimezone(UTC):%Y%m%dT%H%M%S.%f}{SUFFIX}"
        path = self.folder / name
        self.writing, self._n_bytes = path, 0  # before it is there: a file that is not named here is finished
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        sync([self.folder])
        return self._handle

    def _finish(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
        self._handle = self.writing = None
