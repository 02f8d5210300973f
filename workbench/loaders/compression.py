"""Compressed streams that end where they are damaged, or where they turn out to be bombs, and say so.

gzip, zstd and the members of zip archives are inflated a little at a time, so that no stream can fill the memory.
"""

import gzip
import io
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

import zstandard

from workbench.loaders.streams import CHUNK_BYTES, Damage, Section

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_INFLATED_BYTES = 64 << 30
"""A compressed stream is read no further than this, however it grew; files of logs are rotated long before."""
MAX_DEFLATE_RATIO = 500
"""A gzip or deflate stream that grows more than this is a bomb: spans of 760 bytes, equal but for their ids, grow
23-fold, a bomb of zeros 1,030-fold."""
MAX_ZSTD_RATIO = 5000
"""The same for zstd, which sees repetitions farther apart: spans that each repeat a growing chat grow 205-fold if an
answer has 150 words, and more if it is shorter; a bomb of zeros 32,700-fold."""
RATIO_FREE_BYTES = 64 << 20
"""So much may come out of a stream at any ratio: it does no harm."""
_MAGIC_BYTES = 4
_GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PACKED_BYTES = 1 << 10
"""Taken from a stream at a time: zstd has no bound for what comes out, and turns 1 kB into 32 MB at most."""
_ZSTD_WINDOW_BYTES = 1 << 27
"""Memory that a zstd frame may ask for; the `zstd` command has the same bound."""
_FAULTS = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)


class Unpacker(Protocol):
    """Reads decompressed bytes."""

    def read1(self, n_bytes: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class Compression(NamedTuple):
    """How a stream is compressed."""

    unpack: Callable[[BinaryIO], Unpacker]
    """Makes the reader of a stream that stands at its beginning."""
    max_ratio: int
    """A stream that grows more than this is a bomb."""


class Inflated(io.RawIOBase):
    """The decompressed bytes of a stream, which end where it is damaged or a bomb.

    Parameters
    ----------
    packed
        The compressed stream, which can seek; it is closed with this.
    compression
        How it is compressed.
    checksum
        CRC-32 of all decompressed bytes, where it is not in the stream itself.
    max_bytes
        After so many it ends.
    """

    def __init__(
        self,
        packed: BinaryIO,
        compression: Compression,
        *,
        checksum: int | None = None,
        max_bytes: int = MAX_INFLATED_BYTES,
    ) -> None:
        self._packed, self._compression = packed, compression
        self._checksum, self._max_bytes = checksum, max_bytes
        self.damage: Damage | None = None
        """Why it ended before its end; None while it is whole."""
        self._begin()

    def _begin(self) -> None:
        self._packed.seek(0)
        self._reader = self._compression.unpack(self._packed)
        self._place = self._crc = 0
        self.damage = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: forwards by reading on, backwards by starting anew."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer and return how many bytes it got; 0 at the end, also where that is damage."""
        chunk = self._read(len(memoryview(buffer)))
        memoryview(buffer)[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, n_bytes: int) -> bytes:
        if self.damage is not None:
            return b""
        try:
            chunk = self._reader.read1(n_bytes)
        except _FAULTS as error:
            self.damage = damage_of(self._packed) or Damage("damaged", f"the compressed data are damaged: {error}")
            return b""
        self._place += len(chunk)
        self.damage = self._bomb()
        if self._checksum is not None:
            self._crc = zlib.crc32(chunk, self._crc)
            if not chunk and self._crc != self._checksum:
                self.damage = Damage("damaged", "the compressed data are damaged: their checksum is another")
        return b"" if self.damage else chunk

    def _bomb(self) -> Damage | None:
        if self._place > self._max_bytes:
            return Damage("too_large", f"more than {self._max_bytes:,} bytes after decompression: read no further")
        max_ratio = self._compression.max_ratio
        if self._place > max(RATIO_FREE_BYTES, max_ratio * self._packed.tell()):
            return Damage("bomb", f"decompression makes it more than {max_ratio:,} times as large: read no further")
        return None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte after decompression, counted from the beginning; stays where the end or a damage comes first.

        Raises
        ------
        io.UnsupportedOperation
            If it is counted from the end, which is not known.
        """
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the length after decompression is not known")
        target = offset + (self._place if whence == io.SEEK_CUR else 0)
        if target < self._place:
            self._begin()
        while self._place < target and self._read(min(CHUNK_BYTES, target - self._place)):
            pass
        return self._place

    def close(self) -> None:
        """Close the compressed stream."""
        self._packed.close()
        super().close()


def compression_of(packed: BinaryIO) -> Compression | None:
    """Return how a stream that stands at its beginning is compressed; None if it is not."""
    magic = packed.read(_MAGIC_BYTES)
    packed.seek(0)
    if magic.startswith(_GZIP_MAGIC):
        return GZIP
    return ZSTD if magic == ZSTD_MAGIC else None


def damage_of(stream: object) -> Damage | None:
    """Return why a stream has ended before its end; None if it has not, or is of no kind that could tell."""
    raw = stream.raw if isinstance(stream, io.BufferedReader) else stream
    return raw.damage if isinstance(raw, Inflated | Section) else None


class _Frame(Protocol):
    """One compressed stretch of a stream, with a beginning and an end of its own."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Frames:
    """Reads a stream of one or more frames."""

    def __init__(self, packed: BinaryIO, begin: Callable[[], _Frame]) -> None:
        self._packed, self._begin = packed, begin
        self._frame = begin()
        self._is_inside = False
        """Whether a frame has begun and not ended."""
        self._ready = memoryview(b"")

    def read1(self, n_bytes: int, /) -> bytes:
        """Return at most so many bytes; none at the end.

        Raises
        ------
        EOFError
            If the stream ends inside of a frame.
        """
        while not self._ready:
            packed = b""
            if self._frame.eof:
                packed, self._frame = self._frame.unused_data, self._begin()
            packed = packed or self._packed.read(_PACKED_BYTES)
            if not packed:
                if self._is_inside:
                    raise EOFError("they end before their end mark")
                return b""
            self._ready = memoryview(self._frame.decompress(packed))
            self._is_inside = not self._frame.eof
        taken, self._ready = self._ready[:n_bytes], self._ready[n_bytes:]
        return bytes(taken)


def _gunzip(packed: BinaryIO) -> Unpacker:
    return gzip.GzipFile(fileobj=packed, mode="rb")


def _unzstd(packed: BinaryIO) -> Unpacker:
    return _Frames(packed, zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj)


def _inflate(packed: BinaryIO) -> Unpacker:
    return _Frames(packed, lambda: zlib.decompressobj(-zlib.MAX_WBITS))


def _as_it_is(packed: BinaryIO) -> Unpacker:
    assert isinstance(packed, io.BufferedReader)
    return packed


GZIP = Compression(_gunzip, MAX_DEFLATE_RATIO)
ZSTD = Compression(_unzstd, MAX_ZSTD_RATIO)
DEFLATE = Compression(_inflate, MAX_DEFLATE_RATIO)
"""A bare stream, as zip archives hold it."""
STORED = Compression(_as_it_is, MAX_DEFLATE_RATIO)
"""Not compressed, but with a checksum."""
