"""One file as a stream of decompressed bytes, read without unpacking it to disk.

A source is known by what it holds, not by where it lies: its id is the digest of its first complete record.
"""

import gzip
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from workbench.errors import FormatError
from workbench.ids import content_id

HEAD_BYTES = 1 << 16
"""Enough to see the first keys of a document or the first lines of a log."""
MAX_LINE_BYTES = 64 << 20
"""A line longer than this is refused: the largest span seen in practice is below 20 MB."""
MAX_DOCUMENT_BYTES = 512 << 20
"""A document that has to be held in memory as a whole is refused beyond this."""
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20


class Line(NamedTuple):
    """One line of a source: where it starts and ends after decompression, and its bytes without the newline."""

    start: int
    end: int
    raw: bytes
    is_too_long: bool
    """True if the line passes MAX_LINE_BYTES; `raw` is then only its beginning."""


@dataclass(frozen=True, slots=True)
class Source:
    """A telemetry file, plain or gzip."""

    path: Path
    """The file, as it was given."""

    def open(self) -> BinaryIO:
        """Return the decompressed bytes as a stream; the caller closes it."""
        raw = open(self.path, "rb")  # noqa: SIM115  (handed to the caller)
        magic = raw.read(2)
        raw.seek(0)
        if magic == _GZIP_MAGIC:
            return io.BufferedReader(gzip.GzipFile(fileobj=raw), _CHUNK_BYTES)  # type: ignore[arg-type]
        return io.BufferedReader(raw.detach() if hasattr(raw, "detach") else raw, _CHUNK_BYTES)

    def head(self) -> bytes:
        """Return the first HEAD_BYTES after decompression."""
        try:
            with self.open() as stream:
                return stream.read(HEAD_BYTES)
        except (OSError, EOFError) as error:
            raise FormatError(f"cannot be read: {error}", where=str(self.path)) from error

    def document(self) -> bytes:
        """Return all bytes after decompression.

        Raises
        ------
        FormatError
            If it is larger than MAX_DOCUMENT_BYTES, or the compressed stream is damaged.
        """
        try:
            with self.open() as stream:
                whole = stream.read(MAX_DOCUMENT_BYTES + 1)
        except (OSError, EOFError) as error:
            raise FormatError(f"cannot be read: {error}", where=str(self.path)) from error
        if len(whole) > MAX_DOCUMENT_BYTES:
            raise FormatError(
                f"the document is larger than {MAX_DOCUMENT_BYTES >> 20} MB",
                where=str(self.path),
                fix="split it, or export it as JSON lines",
            )
        return whole

    def lines(self, *, start: int = 0) -> Iterator[Line]:
        """Yield the lines from byte `start` on; blank lines are passed over, a last line without newline is left for next time.

        A last line without newline is yielded all the same if the whole source has no newline at all.
        """
        with self.open() as stream:
            offset = start
            if start:
                stream.seek(start)
            while raw := stream.readline(MAX_LINE_BYTES):
                is_too_long = len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")
                end = offset + len(raw)
                tail = raw
                while is_too_long and not tail.endswith(b"\n") and (tail := stream.readline(_CHUNK_BYTES)):
                    end += len(tail)
                if not tail.endswith(b"\n") and offset > 0:
                    return
                if stripped := raw.strip():
                    yield Line(offset, end, stripped, is_too_long)
                offset = end

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

    def has_more(self, offset: int) -> bool:
        """Return whether there are bytes after this one, after decompression."""
        with self.open() as stream:
            stream.seek(offset)
            return bool(stream.read(1))

    def share_read(self, offset: int) -> float | None:
        """Return the share of the file before this byte, 0 to 1; None for a compressed file, whose length is not known."""
        with open(self.path, "rb") as raw:
            is_compressed = raw.read(2) == _GZIP_MAGIC
        n_bytes = self.path.stat().st_size
        return None if is_compressed or not n_bytes else min(1.0, offset / n_bytes)

    def prefix_digest(self, end: int) -> str | None:
        """Return the SHA-256 of the first `end` bytes after decompression, or None if there are fewer."""
        state, left = hashlib.sha256(), end
        with self.open() as stream:
            while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                state.update(chunk)
                left -= len(chunk)
        return None if left else state.hexdigest()


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict | list)
    except orjson.JSONDecodeError:
        return False
