"""OTLP in protobuf: one message in a file, or many, each after its length, as the Collector's file exporter writes.

The exporter puts four bytes before each message, its length, the highest byte first (`format: proto`); with
`compression: zstd` each message is compressed by itself, and may then be JSON. Spans, signals and refusals are those
that the same records have as OTLP/JSON (workbench/loaders/otlp): one set of conventions, two spellings. Fields that the
protocol did not have when its package was made are kept, under their numbers, in `attributes`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from workbench.errors import RecordError
from workbench.loaders import otlp
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.compression import ZSTD_MAGIC
from workbench.loaders.otlp import Collected
from workbench.loaders.otlp.protobuf.pieces import begins_like_a_message
from workbench.loaders.otlp.protobuf.zstd import inflate, inflate_head
from workbench.loaders.otlp.spans import Harvest
from workbench.loaders.source import MAX_LINE_BYTES, Source

if TYPE_CHECKING:
    from workbench.loaders.otlp.protobuf.messages import MessageReader

FORMAT = "otlp_protobuf"
LENGTH_BYTES = 4
"""Before each message of the file exporter's: its length, the highest byte first."""
_KEPT_BYTES = 1 << 20
"""Kept of a message that is too large: enough to see what it is."""


class Frame(NamedTuple):
    """One message of a file of many."""

    start: int
    """Byte where its length stands."""
    end: int
    raw: bytes
    n_missing: int
    """Bytes that its length promises and that are not there."""
    is_too_large: bool


def recognises(head: bytes) -> bool:
    """Return whether a file that begins with `head` holds OTLP in protobuf, good or damaged.

    >>> recognises(b'{"resourceSpans": []}')
    False
    """
    return begins_like_a_message(head) or _begins_like_a_frame(head)


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and signals of one file; every record is in exactly one batch, read or refused."""
    from workbench.loaders.otlp.protobuf.messages import MessageReader  # the protocol's package: 30 ms

    rows, reader = Collected(Rows(context)), MessageReader(context.key_user)
    if begins_like_a_message(source.head()):
        yield from _load_message(source.document(), rows, reader)
    else:
        yield from _load_frames(source, rows, reader)


def frames(stream: BinaryIO, *, start: int) -> Iterator[Frame]:
    """Yield the messages of a file of many, from byte `start` on; the last one may not be whole."""
    stream.seek(start)
    while header := stream.read(LENGTH_BYTES):
        length = int.from_bytes(header, "big")
        is_too_large = length > MAX_LINE_BYTES
        raw = stream.read(_KEPT_BYTES if is_too_large else length)
        n_read = len(raw)
        while is_too_large and n_read < length and (more := len(stream.read(min(_KEPT_BYTES, length - n_read)))):
            n_read += more
        n_missing = LENGTH_BYTES - len(header) + length - n_read
        yield Frame(start, start + len(header) + n_read, raw, n_missing, is_too_large)
        start += len(header) + n_read


def _load_message(message: bytes, rows: Collected, reader: "MessageReader") -> Iterator[Batch]:
    """Yield the records of a file that is one message; it is read as a whole or, after a kill, once more."""
    start = rows.rows.context.start
    for part in reader.read(message, offset=0) if start < len(message) else ():
        if rows.rows.is_full:
            yield rows.take(start)
        rows.add(*part)
    yield rows.take(len(message))


def _load_frames(source: Source, rows: Collected, reader: "MessageReader") -> Iterator[Batch]:
    end = rows.rows.context.start
    with source.open() as stream:
        for frame in frames(stream, start=end):
            if frame.n_missing and source.n_bytes_after(end):
                break  # it is still being written, or was cut off: it waits, and counts as waiting
            end = frame.end
            for part in _read_frame(frame, reader):
                rows.add(*part)
            if rows.rows.is_full:
                yield rows.take(end)
    yield rows.take(end)


def _read_frame(frame: Frame, reader: "MessageReader") -> Iterator[tuple[Harvest, list[Refused]]]:
    if frame.n_missing:
        yield _refusal(frame, RecordError(f"the file ends {frame.n_missing} bytes before it does", reason="damaged"))
    elif frame.is_too_large:
        what = f"a message longer than {MAX_LINE_BYTES >> 20} MB; its beginning is kept"
        yield _refusal(frame, RecordError(what, reason="too_large"))
    elif frame.raw:
        try:
            message = inflate(frame.raw) if frame.raw.startswith(ZSTD_MAGIC) else frame.raw
        except RecordError as error:
            yield _refusal(frame, error)
        else:
            yield from reader.read(message, offset=frame.start)


def _refusal(frame: Frame, error: RecordError) -> tuple[Harvest, list[Refused]]:
    return Harvest(), [Refused(frame.start, -1, error.reason, error.what, frame.raw)]


def _begins_like_a_frame(head: bytes) -> bool:
    length, first = int.from_bytes(head[:LENGTH_BYTES], "big"), head[LENGTH_BYTES:]
    if not 0 < length <= MAX_LINE_BYTES:
        return False
    if first.startswith(ZSTD_MAGIC):
        first = inflate_head(first[:length])
    return otlp.recognises(first) or begins_like_a_message(first[:length])
