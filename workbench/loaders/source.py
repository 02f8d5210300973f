"""One file as a stream of decompressed bytes, wherever it lies, read without unpacking it to disk.

A source is known by what it holds, not by where it lies: its id is the digest of its first complete record.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import IO, BinaryIO, NamedTuple

import msgspec

from workbench.errors import FormatError, RecordError
from workbench.ids import content_id
from workbench.loaders.compression import Inflated, compression_of, damage_of
from workbench.loaders.streams import CHUNK_BYTES, Damage, spooled

HEAD_BYTES = 1 << 16
"""Enough to see the first keys of a document or the first lines of a log."""
MAX_LINE_BYTES = 32 << 20
"""A line longer than this is refused: the largest span seen is below 20 MB; one of 30 MB takes 463 MB of memory."""
MAX_DOCUMENT_BYTES = 512 << 20
"""A document that has to be held in memory as a whole is refused beyond this."""
_BUFFER_BYTES = 1 << 22
"""Of a plain file: several lines of the Collector's file exporter, so that few are put together from two reads."""
_WHOLE = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw])
"""Passes over what is inside: a line of a megabyte costs a tenth of what reading it does."""


class Line(NamedTuple):
    """One line of a source: where it starts and ends after decompression, and its bytes."""

    start: int
    end: int
    raw: bytes
    """Without white space around it in `lines`, as it stands in the file in `every_line`."""
    is_too_long: bool
    """True if the line passes MAX_LINE_BYTES; `raw` is then only its beginning."""
    damage: str = ""
    """Why the source breaks off here; `raw` is then what was left of the line, and `end` is `start`."""
    is_ended: bool = True
    """False if the file ends without a newline after it."""
    reason: str = "damaged"
    """Of a damage, one word: damaged, bomb, too_large."""


@dataclass(frozen=True, slots=True)
class Source:
    """A telemetry file: plain, gzip or zstd; on disk, at a URL, from standard input or in an archive."""

    path: Path | str
    """Where it lies, as reports show it: a file, a URL without its secrets, `-`, or `archive.zip!member.json`."""
    raw: Callable[[], BinaryIO] | None = None
    """Opens its bytes as they lie there, compressed or not, from the first one on; None where `path` is a file."""
    fault: RecordError | None = None
    """Why it is refused before it is read, as a link in an archive is."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return PurePath(self.path).name

    def open(self) -> BinaryIO:
        """Return the decompressed bytes as a stream, which ends where a source is damaged; the caller closes it."""
        return self._opened(buffer_bytes=_BUFFER_BYTES)[0]

    def open_packed(self, *, buffer_bytes: int = HEAD_BYTES) -> BinaryIO:
        """Return the bytes as they lie there, compressed or not, as a stream; the caller closes it.

        Parameters
        ----------
        buffer_bytes
            Of a plain file: what is read at once, also for a look at its first bytes.

        Raises
        ------
        FormatError
            If it is no readable file.
        """
        if self.raw is not None:
            return self.raw()
        try:
            return open(self.path, "rb", buffering=buffer_bytes)
        except OSError as error:
            raise FormatError(
                f"cannot be read: {error.strerror}",
                where=str(self.path),
                fix="name a file that exists and that you may read",
            ) from error

    @contextmanager
    def open_anywhere(self) -> Iterator[tuple[IO[bytes], int]]:
        """Give the decompressed bytes as a stream that is quick to read from any byte, and their number.

        What is compressed, or cannot go back, is copied first: to memory, or to a temporary file without a name.

        Raises
        ------
        FormatError
            If it is damaged, or too large for a copy.
        """
        stream, _ = self._opened()
        with stream:
            if not isinstance(getattr(stream, "raw", None), Inflated):
                yield stream, stream.seek(0, io.SEEK_END)
                return
            with spooled(stream, what=str(self.path)) as (copy, n_bytes):
                self._require_whole(stream)
                yield copy, n_bytes

    def head(self) -> bytes:
        """Return the first HEAD_BYTES after decompression.

        Raises
        ------
        FormatError
            If it is no readable file.
        """
        return self.beginning()[0]

    def beginning(self) -> tuple[bytes, Damage | None]:
        """Return the first HEAD_BYTES after decompression, and what cut them short if it was no end."""
        stream, damage = self._opened()
        with stream:
            return stream.read(HEAD_BYTES), damage()

    def document(self) -> bytes:
        """Return all bytes after decompression.

        Raises
        ------
        FormatError
            If it is larger than MAX_DOCUMENT_BYTES, or the compressed stream is damaged.
        """
        stream, _ = self._opened()
        with stream:
            whole = stream.read(MAX_DOCUMENT_BYTES + 1)
            self._require_whole(stream)
        if len(whole) > MAX_DOCUMENT_BYTES:
            raise FormatError(
                f"the document is larger than {MAX_DOCUMENT_BYTES >> 20} MB",
                where=str(self.path),
                fix="split it, or export it as JSON lines",
            )
        return whole

    def lines(self, *, start: int = 0) -> Iterator[Line]:
        """Yield the lines from byte `start` on; blank lines are passed over.

        A last line without newline is yielded if it is whole JSON, if it is the only line, or if the source cannot
        grow: else it may still be being written, and is left for next time. Where a source is damaged, a last Line
        says so. `n_bytes_after` says how much was left.
        """
        may_grow = self._may_grow()
        for line in self.every_line(start=start):
            if not (line.is_ended or line.damage or line.start == 0 or not may_grow or _is_json(line.raw)):
                return
            stripped = line.raw.strip()
            if stripped or line.damage:
                yield line._replace(raw=stripped)

    def every_line(self, *, start: int = 0) -> Iterator[Line]:
        """Yield the lines from byte `start` on as they stand in the file, with newline, blank and unfinished ones too.

        Where a source is damaged, a last Line says so.
        """
        stream, damage = self._opened(buffer_bytes=_BUFFER_BYTES)
        with stream:
            offset = start
            if start:
                stream.seek(start)
            while raw := stream.readline(MAX_LINE_BYTES):
                end, tail, is_too_long = _rest_of_line(stream, raw, offset)
                is_ended = tail.endswith(b"\n")
                if not is_ended and damage():
                    break
                yield Line(offset, end, raw, is_too_long, is_ended=is_ended)
                offset = end
            if found := damage():
                yield Line(offset, offset, raw, False, found.detail, reason=found.reason)

    def n_bytes_after(self, end_offset: int) -> int:
        """Return how many bytes after `end_offset`, a batch's, are left for next time; white space counts for nothing.

        Above 0 for a plain file whose last line is not finished, or which has grown since. No other source grows: all
        of it is read, and what is damaged is refused.
        """
        if not self._may_grow():
            return 0
        n_left = n_blank = 0
        with self.open() as stream:
            stream.seek(end_offset)
            while chunk := stream.read(CHUNK_BYTES):
                n_blank += len(chunk)
                if written := len(chunk.rstrip()):
                    n_left, n_blank = n_left + n_blank - len(chunk) + written, len(chunk) - written
        return n_left

    def packed(self, max_bytes: int) -> bytes:
        """Return the bytes as they lie there, compressed or not; if they are more, the first ones, decompressed."""
        with self.open_packed() as stream:
            raw = stream.read(max_bytes + 1)
        return raw if len(raw) <= max_bytes else self.head()

    def id(self) -> str:
        """Return the id of this source, `src_...`: the digest of its first complete record, wherever the file lies.

        The first record is the first line where that is a whole JSON value, the first message where each comes after
        its length in four bytes, and the whole content otherwise. So a log that grows stays the same source.
        """
        with self.open() as stream:
            length = int.from_bytes(stream.read(4), "big")
            if 0 < length <= MAX_LINE_BYTES and len(message := stream.read(length)) == length:
                return content_id("src", message)
            stream.seek(0)
            first = stream.readline(MAX_LINE_BYTES)
            if first.endswith(b"\n") and _is_json(first):
                return content_id("src", first.strip())
            state = hashlib.sha256(first)
            while chunk := stream.read(CHUNK_BYTES):
                state.update(chunk)
        return content_id("src", state.digest())

    def share_read(self, offset: int) -> float | None:
        """Return the share of the source before this byte, 0 to 1; None where its length is not known."""
        if not self._may_grow():
            return None
        n_bytes = Path(self.path).stat().st_size
        return min(1.0, offset / n_bytes) if n_bytes else None

    def _opened(self, *, buffer_bytes: int = HEAD_BYTES) -> tuple[BinaryIO, Callable[[], Damage | None]]:
        """Return the stream, and what tells why it has ended before its end."""
        packed = self.open_packed(buffer_bytes=buffer_bytes)
        compression = compression_of(packed)
        stream = packed if compression is None else io.BufferedReader(Inflated(packed, compression), CHUNK_BYTES)
        return stream, partial(damage_of, stream)

    def _may_grow(self) -> bool:
        """Return whether it is a plain file, which someone may still be writing."""
        if self.raw is not None:
            return False
        with self.open_packed() as packed:
            return compression_of(packed) is None

    def _require_whole(self, stream: BinaryIO) -> None:
        if damage := damage_of(stream):
            raise FormatError(damage.detail, where=str(self.path), fix="copy or export it again")


def _rest_of_line(stream: BinaryIO, raw: bytes, offset: int) -> tuple[int, bytes, bool]:
    """Read on to the end of a line that is too long to keep; return its end, its last bytes, and whether it is one."""
    is_too_long = len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")
    end, tail = offset + len(raw), raw
    while is_too_long and not tail.endswith(b"\n") and (more := stream.readline(CHUNK_BYTES)):
        end, tail = end + len(more), more
    return end, tail, is_too_long


def _is_json(line: bytes) -> bool:
    """Return whether a line is a whole object or array: its brackets and texts close, whatever stands in them."""
    try:
        _WHOLE.decode(line)
    except (ValueError, RecursionError):
        return False
    return True
