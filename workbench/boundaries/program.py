"""The door to an app that is a program: one question on its standard input, one answer on its standard output.

It is somebody's version under test and may hang, print without end, or leave children behind. It is given no shell and
nothing of this process's environment, keys least of all, and when its time is over its whole process group ends.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

MAX_ANSWER_BYTES = 4 << 20
"""As of a server's answer."""
TIME_LIMIT_S = 120.0
"""As of a server's answer."""
_ERROR_BYTES = 2_000
"""Of what it says on standard error: the end, where the exception stands."""
_KEPT = ("PATH", "TMPDIR", "SYSTEMROOT")
"""Variables of this process that it is given."""


class Ran(NamedTuple):
    """What became of one run."""

    out: bytes
    """Standard output; empty if it did not end well."""
    took_ms: float
    """From start to end."""
    fault: Literal["timeout", "too_large", "failed"] | None = None
    """Why it did not end well."""
    what: str = ""
    """The same in words, with the end of its standard error."""


async def run_program(
    command: Sequence[str],
    given: bytes,
    *,
    folder: Path,
    environment: Mapping[str, str] = {},
    time_limit_s: float = TIME_LIMIT_S,
    max_bytes: int = MAX_ANSWER_BYTES,
    monotonic: Callable[[], float] = time.monotonic,
) -> Ran:
    """Return what a program answers to what it is given.

    Parameters
    ----------
    command
        Program and arguments; a program without `/` is looked for in PATH.
    given
        Its standard input.
    folder
        Where it runs.
    environment
        Variables that it gets besides PATH; nothing else of this process's.
    time_limit_s
        After so many seconds it is killed, with all that it started.
    max_bytes
        It is killed once it has printed more.
    monotonic
        Gives seconds, for how long it took.
    """
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    loop, began = asyncio.get_running_loop(), monotonic()
    try:
        transport, talk = await loop.subprocess_exec(
            lambda: _Talk(loop.create_future(), max_bytes),
            *command,
            cwd=folder,
            env={**known, "LANG": "C.UTF-8", **environment},
            start_new_session=True,
        )
    except OSError as error:
        return Ran(b"", 0.0, "failed", f"cannot be started ({type(error).__name__})")
    try:
        async with asyncio.timeout(time_limit_s):
            _give(transport, given)
            await talk.is_over
    except TimeoutError:
        return Ran(b"", (monotonic() - began) * 1_000, "timeout", f"no whole answer within {time_limit_s:g} s")
    finally:
        _end(transport.get_pid())
        transport.close()
    took_ms = (monotonic() - began) * 1_000
    if talk.is_too_large:
        return Ran(b"", took_ms, "too_large", f"prints more than {max_bytes:,} bytes")
    if code := transport.get_returncode():
        said = talk.said.decode("utf-8", "replace").strip()
        return Ran(b"", took_ms, "failed", f"ends with {code}: {said}".rstrip(": "))
    return Ran(bytes(talk.out), took_ms)


class _Talk(asyncio.SubprocessProtocol):
    """What a program says until it has ended and all who could still say something."""

    def __init__(self, is_over: asyncio.Future[None], max_bytes: int) -> None:
        self.is_over, self._max_bytes = is_over, max_bytes
        self.out, self.said, self.is_too_large = bytearray(), b"", False
        self._pid = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note which process it is."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._pid = transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what it prints, up to the bounds."""
        if fd == 2:
            self.said = (self.said + data)[-_ERROR_BYTES:]
        elif not self.is_too_large:
            self.out += data
            self.is_too_large = len(self.out) > self._max_bytes
            if self.is_too_large:
                _end(self._pid)

    def process_exited(self) -> None:
        """End what it left behind, which may hold its output open."""
        _end(self._pid)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        if not self.is_over.done():
            self.is_over.set_result(None)


def _give(transport: asyncio.SubprocessTransport, given: bytes) -> None:
    pipe = transport.get_pipe_transport(0)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(given)
        pipe.close()  # once all is written; a program need not read it


def _end(pid: int) -> None:
    """End a process and all of its group that is left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
