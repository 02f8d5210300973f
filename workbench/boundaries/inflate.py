"""Compressed bodies of strangers, decompressed up to a limit and no further: a kilobyte may stand for a gigabyte."""

import zlib

_CHUNK_BYTES = 1 << 20
_WINDOWS = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""By encoding. `deflate` is zlib's format by the standard, and raw in what some clients send."""
ENCODINGS = ("identity", *_WINDOWS)
"""Content encodings that are read."""


class TooLargeError(Exception):
    """The content is larger than the limit."""


class DamagedError(Exception):
    """The bytes are not of the encoding that they are said to be."""


def inflate(raw: bytes, *, encoding: str, max_bytes: int) -> bytes:
    """Return the content of a body in one of ENCODINGS.

    Raises
    ------
    TooLargeError
        If it is larger than `max_bytes`; no more than that was decompressed.
    DamagedError
        If it is of another encoding, cut off, or followed by something else.

    Examples
    --------
    >>> inflate(zlib.compress(b"spans"), encoding="deflate", max_bytes=5)
    b'spans'
    """
    if encoding == "identity":
        if len(raw) > max_bytes:
            raise TooLargeError
        return raw
    for window in _WINDOWS[encoding]:
        try:
            return _inflated(raw, window, max_bytes)
        except zlib.error:
            continue
    raise DamagedError


def _inflated(raw: bytes, window: int, max_bytes: int) -> bytes:
    content = bytearray()
    while raw:
        stream = zlib.decompressobj(window)
        while not stream.eof and len(content) <= max_bytes:
            chunk = stream.decompress(raw, min(_CHUNK_BYTES, max_bytes + 1 - len(content)))
            raw = stream.unconsumed_tail
            content += chunk
            if not chunk and not raw and not stream.eof:
                raise DamagedError
        if len(content) > max_bytes:
            raise TooLargeError
        raw = stream.unused_data  # gzip allows several members, one after the other
    return bytes(content)
