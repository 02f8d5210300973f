"""Parts and copies of files as streams that say, instead of raising, why they end before their end.

What was read up to a damage counts; who reads asks for it afterwards.
"""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from workbench.errors import FormatError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 1 << 20
MAX_SPOOLED_BYTES = 8 << 30
"""A copy is refused beyond this: it lies on the disk of temporary files, which is often small."""
_IN_MEMORY_BYTES = 16 << 20
"""A copy up to this needs no disk."""


class Damage(NamedTuple):
    """Why a stream ends before its end."""

    reason: str
    """One word: damaged, bomb, too_large."""
    detail: str
    """The same in a sentence."""


class Section(io.RawIOBase):
    """A stretch of a stream as a stream of its own; the stream stays open when this is closed.

    Parameters
    ----------
    stream
        A stream with cheap seeks, which others may read between two reads of this.
    start, n_bytes
        The stretch.
    """

    def __init__(self, stream: IO[bytes], *, start: int, n_bytes: int) -> None:
        self._stream, self._start, self._n_bytes = stream, start, n_bytes
        self._place = 0
        self.damage: Damage | None = None
        """Why it ended before its end; None while it is whole."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer and return how many bytes it got; 0 at the end, also where the stream ends too early."""
        room = memoryview(buffer)[: max(0, self._n_bytes - self._place)]
        self._stream.seek(self._start + self._place)
        chunk = self._stream.read(len(room))
        room[: len(chunk)] = chunk
        self._place += len(chunk)
        if len(chunk) < len(room):
            self.damage = Damage("damaged", "the file ends inside of this part of it")
        return len(chunk)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of the stretch."""
        self._place = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._n_bytes}[whence])
        return self._place


def section(stream: IO[bytes], *, start: int, n_bytes: int) -> io.BufferedReader:
    """Return a stretch of a stream as a buffered stream of its own."""
    return io.BufferedReader(Section(stream, start=start, n_bytes=n_bytes), CHUNK_BYTES)


@contextmanager
def spooled(stream: IO[bytes], *, what: str, n_bytes: int | None = None) -> Iterator[tuple[IO[bytes], int]]:
    """Give a copy of a stream that can be read from any byte, and its length; in memory, or a file without a name.

    Parameters
    ----------
    stream
        It is read from where it stands.
    what
        What it is, for the error.
    n_bytes
        At most so many are copied; all of it if None.

    Raises
    ------
    FormatError
        If all of it is more than MAX_SPOOLED_BYTES.
    """
    limit = MAX_SPOOLED_BYTES + 1 if n_bytes is None else n_bytes
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy:
        n_copied = 0
        while chunk := stream.read(min(CHUNK_BYTES, limit - n_copied)):
            copy.write(chunk)
            n_copied += len(chunk)
        if n_copied > MAX_SPOOLED_BYTES:
            raise FormatError(
                f"is larger than {MAX_SPOOLED_BYTES >> 30} GB, which is too much for a temporary copy",
                where=what,
                fix="give it as a plain file",
            )
        yield copy, n_copied
