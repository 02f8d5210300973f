"""Messages that the Collector's file exporter compressed one by one with zstd."""

import pyarrow as pa

from workbench.errors import RecordError
from workbench.loaders.source import HEAD_BYTES, MAX_LINE_BYTES

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 1 << 16


def inflate(raw: bytes) -> bytes:
    """Return a message, decompressed.

    Raises
    ------
    RecordError
        damaged, if it is no whole zstd stream; too_large, if it passes MAX_LINE_BYTES.
    """
    whole, fault = _inflated(raw, MAX_LINE_BYTES + 1)
    if fault:
        raise RecordError(f"the compressed message is damaged: {fault}", reason="damaged")
    if len(whole) > MAX_LINE_BYTES:
        raise RecordError(f"a message longer than {MAX_LINE_BYTES >> 20} MB", reason="too_large")
    return whole


def inflate_head(raw: bytes) -> bytes:
    """Return the beginning of a message that may be cut off or damaged, as far as it can be decompressed."""
    return _inflated(raw, HEAD_BYTES)[0]


def _inflated(raw: bytes, max_bytes: int) -> tuple[bytes, str]:
    """Return at most so many bytes, and why there are no more; nothing if there may be."""
    stream = pa.CompressedInputStream(pa.BufferReader(raw), "zstd")
    content = bytearray()
    try:
        while len(content) < max_bytes and (chunk := stream.read(_CHUNK_BYTES)):
            content += chunk
    except OSError as error:
        return bytes(content[:max_bytes]), str(error)
    return bytes(content[:max_bytes]), ""
