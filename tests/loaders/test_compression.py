"""Compressed sources give what is whole, say where they are damaged, and no bomb fills the memory."""

import gzip
import io
import resource
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from workbench.errors import FormatError
from workbench.loaders.compression import GZIP, RATIO_FREE_BYTES, ZSTD, Inflated
from workbench.loaders.source import Source
from workbench.loaders.streams import Damage

Write = Callable[..., Path]
Pack = Callable[[bytes], bytes]
LINES = b"".join(b'{"n": %d, "text": "%d"}\n' % (n, n * 7919) for n in range(5000))
PACKS = pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])


def zstd_with_checksum(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(raw)


@PACKS
def test_a_compressed_source_reads_like_a_plain_one(write: Write, pack: Pack) -> None:
    plain, packed = Source(write(LINES, "plain")), Source(write(pack(LINES), "packed"))
    assert list(packed.lines()) == list(plain.lines())
    assert list(packed.lines(start=12_345)) == list(plain.lines(start=12_345))
    assert (packed.document(), packed.id(), packed.head()) == (LINES, plain.id(), plain.head())
    with packed.open_anywhere() as (stream, n_bytes):
        stream.seek(-5, io.SEEK_END)
        assert (stream.read(), n_bytes) == (LINES[-5:], len(LINES))


@PACKS
def test_streams_one_after_another_are_one_source(write: Write, pack: Pack) -> None:
    assert Source(write(pack(LINES[:1000]) + pack(LINES[1000:]))).document() == LINES


def test_a_zstd_stream_may_begin_with_its_content_size_unknown_and_end_with_a_skippable_frame(write: Write) -> None:
    stream = zstandard.ZstdCompressor().compressobj()
    packed = stream.compress(LINES) + stream.flush()
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"seek"
    assert Source(write(packed + skippable)).document() == LINES


@PACKS
@pytest.mark.parametrize("n_cut", [1, 9, 2000])
def test_a_truncated_stream_gives_its_whole_lines_and_one_damage(write: Write, pack: Pack, n_cut: int) -> None:
    source = Source(write(pack(LINES)[:-n_cut]))
    *whole, last = source.lines()
    assert not any(line.damage for line in whole)
    assert "damaged" in last.damage
    assert (last.reason, last.start, last.end) == (
        "damaged",
        whole[-1].end if whole else 0,
        whole[-1].end if whole else 0,
    )
    assert LINES[last.start :].startswith(last.raw)
    with pytest.raises(FormatError, match="damaged"):
        source.document()
    with pytest.raises(FormatError, match="damaged"), source.open_anywhere():
        pass


@pytest.mark.parametrize("pack", [gzip.compress, zstd_with_checksum])
def test_a_wrong_checksum_gives_all_lines_and_one_damage(write: Write, pack: Pack) -> None:
    packed = bytearray(pack(b'{"a": 1}\n{"a": 2}\n'))
    packed[-5 if pack is gzip.compress else -1] ^= 0xFF
    *whole, last = Source(write(bytes(packed))).lines()
    assert last.damage
    assert [line.raw for line in whole] in ([b'{"a": 1}', b'{"a": 2}'], [])


@PACKS
def test_what_follows_a_stream_and_is_none_is_a_damage(write: Write, pack: Pack) -> None:
    *whole, last = Source(write(pack(LINES) + b"garbage after the end of it")).lines()
    assert (len(whole), last.reason) == (5000, "damaged")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_read_no_further_than_its_ratio_allows(write: Write, pack: Pack) -> None:
    """96 records of 1 MB of blanks, in 98 kB of gzip or 4 kB of zstd."""
    source = Source(write(pack((b"{}" + b" " * (1 << 20) + b"\n") * 96)))
    *lines, last = source.lines()
    assert {line.raw for line in lines} == {b"{}"}
    assert last.reason == "bomb"
    assert RATIO_FREE_BYTES - (2 << 20) < last.end < 160 << 20


def test_a_bomb_of_one_line_is_one_damage(write: Write) -> None:
    source = Source(write(zstandard.compress(bytes(1 << 28))))
    (last,) = source.lines()
    assert (last.reason, last.end) == ("bomb", 0)
    assert source.id().startswith("src_")
    with pytest.raises(FormatError, match=r"more than 5,000 times"):
        source.document()


def test_no_bomb_takes_memory_for_what_it_says_it_holds(write: Write) -> None:
    """A frame of zstd turned 8 kB into 256 MB in one call."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Source(write(zstandard.ZstdCompressor(level=19).compress(bytes(1 << 28)))).open() as stream:
        while stream.read(1 << 20):
            pass
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 128 << 10


def test_a_stream_is_read_to_a_limit_at_any_ratio() -> None:
    stream = Inflated(io.BytesIO(gzip.compress(LINES)), GZIP, max_bytes=1000)
    assert len(stream.read()) <= 1000
    assert stream.damage == Damage("too_large", "more than 1,000 bytes after decompression: read no further")
    whole = Inflated(io.BytesIO(gzip.compress(LINES)), GZIP, max_bytes=len(LINES))
    assert (whole.read(), whole.damage) == (LINES, None)


def test_a_frame_that_asks_for_too_much_memory_is_a_damage() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    stream = Inflated(io.BytesIO(packer.compress(LINES) + packer.flush()), ZSTD)
    assert stream.read() == b""
    assert stream.damage is not None
    assert stream.damage.reason == "damaged"


def test_going_back_starts_anew_and_forgets_the_damage() -> None:
    stream = Inflated(io.BytesIO(zlib.compress(LINES, wbits=31)[:-4]), GZIP)
    assert stream.seek(len(LINES) + 9) == len(LINES)
    damaged = stream.damage
    assert damaged is not None
    assert (stream.seek(10), stream.read(5), stream.damage == damaged) == (10, LINES[10:15], False)
    with pytest.raises(io.UnsupportedOperation):
        stream.seek(0, io.SEEK_END)
