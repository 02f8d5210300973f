"""The files in a zip or tar archive, one after another, each a source of its own.

Nothing is unpacked: a member's name is shown and never touches the file system, links and devices are refused, and an
archive inside of an archive stays closed. A log of Inspect AI counts as a file, though it is a zip. What is refused is
yielded too, with the reason, so that it is counted.
"""

import io
import struct
import tarfile
import zipfile
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from workbench.errors import FormatError, RecordError
from workbench.loaders.compression import DEFLATE, STORED, ZSTD, Inflated, damage_of
from workbench.loaders.source import HEAD_BYTES, Source
from workbench.loaders.streams import CHUNK_BYTES, MAX_SPOOLED_BYTES, section, spooled

BETWEEN = "!"
"""Stands between an archive and its member: `export.zip!traces/1.json`."""
MAX_DIRECTORY_BYTES = 16 << 20
"""Of the table of contents of a zip archive, which is held in memory: that of 310,000 members, in the worst case, takes
350 MB."""
MAX_HEADER_BYTES = 1 << 20
"""Of the names and notes before a member of a tar archive, which are held in memory."""
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_MAX_OFFSET = 1 << 62
_LOCAL_HEADER = struct.Struct("<4s22x2H")
"""Its mark, and the lengths of the name and of the notes that follow it."""
_COMPRESSIONS = {0: STORED, 8: DEFLATE, 93: ZSTD}
"""By their numbers in zip archives."""
_IS_ENCRYPTED = 1
_APPLE_FOLDER = "__MACOSX"
_FAULTS = (
    *(zipfile.BadZipFile, tarfile.TarError, NotImplementedError, struct.error),
    *(ValueError, LookupError, ArithmeticError, EOFError, RecursionError),
)
"""What the readers of archives raise on archives that someone bent."""


def members(source: Source) -> Iterator[Source]:
    """Yield the files in an archive, hidden ones left out; the source itself if it is no archive.

    Each can be read until the next one is asked for.
    """
    if source.fault is not None:
        yield source
        return
    head = source.head()
    if is_zip(head):
        yield from (member if member is source else _closed(member) for member in _zip_members(source))
    elif is_tar(head):
        yield from map(_closed, _tar_members(source))
    else:
        yield source


def is_zip(head: bytes) -> bool:
    """Return whether a file that begins like this is a zip archive."""
    return head.startswith(_ZIP_MAGICS)


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins like this is a tar archive, which its first header's checksum tells."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _closed(member: Source) -> Source:
    """Return the member, refused if it is an archive itself, so that no archive can unfold without end."""
    if member.fault is None:
        head = member.head()
        if is_tar(head) or (is_zip(head) and not _is_inspect_log(member)):
            return _refused(member, "nested_archive", "an archive inside of an archive is not opened")
    return member


def _is_inspect_log(member: Source) -> bool:
    try:
        with zip_files(member) as files:
            return is_inspect_log({name for name, _ in files})
    except RecordError:
        return False


def _refused(source: Source, reason: str, detail: str) -> Source:
    return replace(source, fault=RecordError(detail, reason=reason))


def _member(archive: Source, name: str) -> Source:
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return replace(archive, path=f"{archive.path}{BETWEEN}{shown}")


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and part.strip(".")) or part == _APPLE_FOLDER for part in parts)


class _Bounded:
    """A stream for a reader of archives, which must not be made to read a whole archive into memory at once."""

    def __init__(self, stream: IO[bytes], *, max_bytes: int) -> None:
        self._stream, self._max_bytes = stream, max_bytes
        self.tell = stream.tell
        self.last = b""
        """What was read last."""

    def read(self, n_bytes: int = -1) -> bytes:
        self.last = self._stream.read(min(n_bytes, self._max_bytes + 1) if n_bytes >= 0 else self._max_bytes + 1)
        if len(self.last) > self._max_bytes:
            raise RecordError(f"the archive's own notes are larger than {self._max_bytes:,} bytes", reason="too_large")
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and not 0 <= offset < _MAX_OFFSET:
            raise RecordError("the archive places a file outside of itself", reason="damaged")
        return self._stream.seek(offset, whence)


def _zip_members(archive: Source) -> Iterator[Source]:
    try:
        with zip_files(archive) as files:
            if is_inspect_log({name for name, _ in files}):
                yield archive
                return
            yield from (member for name, member in files if not _is_hidden(name))
    except RecordError as error:
        yield replace(archive, fault=error)


@contextmanager
def zip_files(archive: Source) -> Iterator[list[tuple[str, Source]]]:
    """Give the files in a zip archive with their names, in the order of their bytes; two may have one name.

    Raises
    ------
    RecordError
        If its table of contents is missing, damaged or too large.
    """
    with ExitStack() as opened:
        try:
            stream, n_bytes = opened.enter_context(archive.open_anywhere())
        except FormatError as error:
            raise RecordError(error.what, reason="damaged") from error
        entries = _entries_of_zip(stream)
        ends = [*(entry.header_offset for entry in entries[1:]), n_bytes]
        yield [
            (entry.filename, _zip_member(archive, entry, stream, end=end))
            for entry, end in zip(entries, ends, strict=False)
            if not entry.filename.endswith("/")
        ]


def is_inspect_log(names: Container[str]) -> bool:
    """Return whether a zip archive with files of these names is one log of Inspect AI, which is read as a whole."""
    return "_journal/start.json" in names or ("header.json" in names and "summaries.json" in names)


def _entries_of_zip(stream: IO[bytes]) -> list[zipfile.ZipInfo]:
    bounded = _Bounded(stream, max_bytes=MAX_DIRECTORY_BYTES)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", bounded)) as directory:
            return sorted(directory.infolist(), key=lambda entry: entry.header_offset)
    except _FAULTS as error:
        raise RecordError("the archive's table of contents is missing or damaged", reason="damaged") from error


def _zip_member(archive: Source, entry: zipfile.ZipInfo, stream: IO[bytes], *, end: int) -> Source:
    """Return a member, whose bytes must end before those of the next one begin."""
    is_outside = not 0 <= entry.header_offset < _MAX_OFFSET
    place = 0 if is_outside else entry.header_offset
    stream.seek(place)
    header = stream.read(_LOCAL_HEADER.size).ljust(_LOCAL_HEADER.size, b"\0")
    magic, n_name, n_notes = _LOCAL_HEADER.unpack(header)
    start = place + len(header) + n_name + n_notes
    packed = partial(section, stream, start=start, n_bytes=max(0, min(entry.compress_size, end - start)))
    member = replace(_member(archive, entry.filename), raw=packed)
    compression = _COMPRESSIONS.get(entry.compress_type)
    if is_outside or magic != _ZIP_MAGICS[0] or start + entry.compress_size > end:
        return _refused(member, "damaged", "the archive's table of contents misplaces this file, or two share bytes")
    if entry.flag_bits & _IS_ENCRYPTED:
        return _refused(member, "encrypted", "the file is encrypted in the archive")
    if compression is None:
        return _refused(member, "unsupported", "compressed in the archive by neither deflate nor zstd")

    def raw() -> BinaryIO:
        return io.BufferedReader(Inflated(packed(), compression, checksum=entry.CRC), CHUNK_BYTES)

    return replace(member, raw=raw)


def _tar_members(archive: Source) -> Iterator[Source]:
    with archive.open() as stream:
        headers = _Bounded(stream, max_bytes=MAX_HEADER_BYTES)
        end = 0  # of the last member that was yielded
        fault: RecordError | None = None
        try:
            for entry in _entries(headers):
                for member in _tar_member(archive, entry, stream):
                    yield member
                    end = entry.offset_data + entry.size if member.fault is None else end
        except RecordError as error:
            fault = error
        fault = fault or _fault_at_end(stream, headers.last, end)
        if fault is not None:
            yield replace(archive, raw=partial(io.BytesIO, headers.last), fault=fault)


def _entries(headers: _Bounded) -> Iterator[tarfile.TarInfo]:
    place = -1
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", headers), mode="r:") as directory:
            while (entry := directory.next()) is not None and place < entry.offset:
                directory.members = []  # type: ignore[attr-defined]  # else it keeps them all
                place = entry.offset
                yield entry
    except _FAULTS:
        return  # what was read last tells


def _fault_at_end(stream: BinaryIO, last: bytes, end: int) -> RecordError | None:
    """Return what is wrong where a tar archive ends; None if it ends in a member, which tells of it itself."""
    is_inflated = isinstance(getattr(stream, "raw", None), Inflated)
    if (stream.tell() if is_inflated else stream.seek(0, io.SEEK_END)) < end:
        return None
    if damage := damage_of(stream):
        return RecordError(damage.detail, reason=damage.reason)
    if len(last) == tarfile.BLOCKSIZE and not last.strip(b"\0"):
        return None
    return RecordError("the archive breaks off before its end mark", reason="damaged")


def _tar_member(archive: Source, entry: tarfile.TarInfo, stream: BinaryIO) -> Iterator[Source]:
    if entry.isdir() or _is_hidden(entry.name):
        return
    member = _member(archive, entry.name)
    if not entry.isreg() or entry.issparse():
        header = entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        unread = replace(member, raw=partial(io.BytesIO, header))
        yield _refused(unread, "not_a_file", "a link, a device or a file with holes; its header is kept")
        return
    start, n_bytes = entry.offset_data, entry.size
    if not isinstance(getattr(stream, "raw", None), Inflated):
        yield replace(member, raw=partial(section, stream, start=start, n_bytes=n_bytes))
        return
    stream.seek(start)
    is_too_large = n_bytes > MAX_SPOOLED_BYTES
    with spooled(stream, what=str(member.path), n_bytes=HEAD_BYTES if is_too_large else n_bytes) as (copy, n_copied):
        copied = replace(member, raw=partial(section, copy, start=0, n_bytes=n_copied if is_too_large else n_bytes))
        if is_too_large:
            copied = _refused(copied, "too_large", f"above {MAX_SPOOLED_BYTES >> 30} GB in a compressed archive")
        yield copied
