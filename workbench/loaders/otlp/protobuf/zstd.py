"""Messages that the Collector's file exporter compressed one by one with zstd."""

import io

from workbench.errors import RecordError
from workbench.loaders.compression import ZSTD, Inflated, damage_of
from workbench.loaders.source import HEAD_BYTES, MAX_LINE_BYTES
from workbench.loaders.streams import Damage


def inflate(raw: bytes) -> bytes:
    """Return a message, decompressed.

    Raises
    ------
    RecordError
        damaged or bomb, if it is no whole zstd stream; too_large, if it passes MAX_LINE_BYTES.
    """
    whole, damage = _inflated(raw, MAX_LINE_BYTES + 1)
    if damage is not None:
        raise RecordError(damage.detail, reason=damage.reason)
    if len(whole) > MAX_LINE_BYTES:
        raise RecordError(f"a message longer than {MAX_LINE_BYTES >> 20} MB", reason="too_large")
    return whole


def inflate_head(raw: bytes) -> bytes:
    """Return the beginning of a message that may be cut off or damaged, as far as it can be decompressed."""
    return _inflated(raw, HEAD_BYTES)[0]


def _inflated(raw: bytes, max_bytes: int) -> tuple[bytes, Damage | None]:
    """Return at most so many bytes, and why there are no more; None if there may be."""
    with io.BufferedReader(Inflated(io.BytesIO(raw), ZSTD)) as stream:
        return stream.read(max_bytes), damage_of(stream)
