"""One file as a stream of decompressed bytes, read without unpacking it to disk.

A source is known by what it holds, not by where it lies: its id is the digest of its first complete record.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import orjson

from workbench.errors import FormatError
from workbench.ids import content_id

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 1 << 16
"""Enough to see the first keys of a document or the first lines of a log."""
MAX_LINE_BYTES = 64 << 20
"""A line longer than this is refused: the largest span seen in practice is below 20 MB."""
MAX_DOCUMENT_BYTES = 512 << 20
"""A document that has to be held in memory as a whole is refused beyond this."""
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20
_BUFFER_BYTES = 1 << 22
"""Of a plain file: several lines of the Collector's file exporter, so that few are put together from two reads."""


class Line(NamedTuple):
    """One line of a source: where it starts and ends after decompression, and its bytes."""

    start: int
    end: int
    raw: bytes
    """Without white space around it in `lines`, as it stands in the file in `every_line`."""
    is_too_long: bool
    """True if the line passes MAX_LINE_BYTES; `raw` is then only its beginning."""
    damage: str = ""
    """Why the compressed stream breaks off here; `raw` is then what was left of the line, and `end` is `start`."""
    is_ended: bool = True
    """False if the file ends without a newline after it."""


class Inflated(io.RawIOBase):
    """A gzip stream that ends where it is damaged, instead of losing what was read up to there."""

    def __init__(self, path: Path) -> None:
        self._stream = gzip.open(path, "rb")  # noqa: SIM115  (closed with this)
        self.damage = ""
        """Why the stream ended before its end; empty while it is whole."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: forwards by reading on, backwards by starting anew."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer and return how many bytes it got; 0 at the end, also where that is damage."""
        room = memoryview(buffer)
        try:
            chunk = self._stream.read1(len(room))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.damage = f"the compressed file is damaged: {error}"
            return 0
        room[: len(chunk)] = chunk
        return len(chunk)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte after decompression; stays where the damage is if that comes first."""
        try:
            return self._stream.seek(offset, whence)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.damage = f"the compressed file is damaged: {error}"
            return self.tell()

    def tell(self) -> int:
        """Return the place in the decompressed bytes."""
        return self._stream.tell()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Source:
    """A telemetry file, plain or gzip."""

    path: Path
    """The file, as it was given."""

    def open(self) -> BinaryIO:
        """Return the decompressed bytes as a stream, which ends where a gzip file is damaged; the caller closes it."""
        return self._opened()[0]

    def head(self) -> bytes:
        """Return the first HEAD_BYTES after decompression.

        Raises
        ------
        FormatError
            If it is no readable file.
        """
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    def document(self) -> bytes:
        """Return all bytes after decompression.

        Raises
        ------
        FormatError
            If it is larger than MAX_DOCUMENT_BYTES, or the compressed stream is damaged.
        """
        stream, inflated = self._opened()
        with stream:
            whole = stream.read(MAX_DOCUMENT_BYTES + 1)
        if inflated is not None and inflated.damage:
            raise FormatError(inflated.damage, where=str(self.path), fix="copy or export it again")
        if len(whole) > MAX_DOCUMENT_BYTES:
            raise FormatError(
                f"the document is larger than {MAX_DOCUMENT_BYTES >> 20} MB",
                where=str(self.path),
                fix="split it, or export it as JSON lines",
            )
        return whole

    def lines(self, *, start: int = 0) -> Iterator[Line]:
        """Yield the lines from byte `start` on; blank lines are passed over.

        A last line without newline is yielded if it is whole JSON, if it is the only line, or if the file is
        compressed: else it may still be being written, and is left for next time. Where a compressed file is damaged,
        a last Line says so. `n_bytes_after` says how much was left.
        """
        is_compressed = self._is_compressed()
        for line in self.every_line(start=start):
            if not (line.is_ended or line.damage or line.start == 0 or is_compressed or _is_json(line.raw)):
                return
            stripped = line.raw.strip()
            if stripped or line.damage:
                yield line._replace(raw=stripped)

    def every_line(self, *, start: int = 0) -> Iterator[Line]:
        """Yield the lines from byte `start` on as they stand in the file, with newline, blank and unfinished ones too.

        Where a compressed file is damaged, a last Line says so.
        """
        stream, inflated = self._opened()
        with stream:
            offset = start
            if start:
                stream.seek(start)
            while raw := stream.readline(MAX_LINE_BYTES):
                end, tail, is_too_long = _rest_of_line(stream, raw, offset)
                is_ended = tail.endswith(b"\n")
                if not is_ended and inflated is not None and inflated.damage:
                    break
                yield Line(offset, end, raw, is_too_long, is_ended=is_ended)
                offset = end
            if inflated is not None and inflated.damage:
                yield Line(offset, offset, raw, False, inflated.damage)

    def n_bytes_after(self, end_offset: int) -> int:
        """Return how many bytes after `end_offset`, a batch's, are left for next time; white space counts for nothing.

        Above 0 for a plain file whose last line is not finished, or which has grown since. A compressed file does not
        grow: all of it is read, and what is damaged is refused.
        """
        if self._is_compressed():
            return 0
        n_left = n_blank = 0
        with self.open() as stream:
            stream.seek(end_offset)
            while chunk := stream.read(_CHUNK_BYTES):
                n_blank += len(chunk)
                if written := len(chunk.rstrip()):
                    n_left, n_blank = n_left + n_blank - len(chunk) + written, len(chunk) - written
        return n_left

    def _opened(self) -> tuple[BinaryIO, Inflated | None]:
        """Return the stream, and its decompressor where it has one: that knows of damage."""
        if not self._is_compressed():
            return open(self.path, "rb", buffering=_BUFFER_BYTES), None
        inflated = Inflated(self.path)
        return io.BufferedReader(inflated, _CHUNK_BYTES), inflated

    def _is_compressed(self) -> bool:
        try:
            with open(self.path, "rb") as raw:
                return raw.read(2) == _GZIP_MAGIC
        except OSError as error:
            raise FormatError(
                f"cannot be read: {error.strerror}",
                where=str(self.path),
                fix="name a file that exists and that you may read",
            ) from error

    def id(self) -> str:
        """Return the id of this source, `src_...`: the digest of its first complete record, wherever the file lies.

        The first record is the first line where that is a whole JSON value, and the whole content otherwise. So a log
        that grows stays the same source.
        """
        with self.open() as stream:
            first = stream.readline(MAX_LINE_BYTES)
            if first.endswith(b"\n") and _is_json(first):
                return content_id("src", first.strip())
            state = hashlib.sha256(first)
            while chunk := stream.read(_CHUNK_BYTES):
                state.update(chunk)
        return content_id("src", state.digest())

    def share_read(self, offset: int) -> float | None:
        """Return the share of the file before this byte, 0 to 1; None for a compressed file of unknown length."""
        n_bytes = self.path.stat().st_size
        return None if self._is_compressed() or not n_bytes else min(1.0, offset / n_bytes)


def _rest_of_line(stream: BinaryIO, raw: bytes, offset: int) -> tuple[int, bytes, bool]:
    """Read on to the end of a line that is too long to keep; return its end, its last bytes, and whether it is one."""
    is_too_long = len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")
    end, tail = offset + len(raw), raw
    while is_too_long and not tail.endswith(b"\n") and (more := stream.readline(_CHUNK_BYTES)):
        end, tail = end + len(more), more
    return end, tail, is_too_long


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict | list)
    except orjson.JSONDecodeError:
        return False
