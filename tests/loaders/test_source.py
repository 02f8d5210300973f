"""A source gives every whole line once, and says where a compressed file is damaged."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import FormatError
from workbench.loaders.source import MAX_LINE_BYTES, Source

Write = Callable[..., Path]
LINES = b'{"a": 1}\n\n{"a": 2}\n{"a": 3}\n'


def _raw(source: Source, start: int = 0) -> list[bytes]:
    return [line.raw for line in source.lines(start=start)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_are_the_same_plain_and_compressed(write: Write, pack: Callable[[bytes], bytes]) -> None:
    source = Source(write(pack(LINES)))
    assert [(line.start, line.end, line.raw) for line in source.lines()] == [
        (0, 9, b'{"a": 1}'),
        (10, 19, b'{"a": 2}'),
        (19, 28, b'{"a": 3}'),
    ]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_go_on_from_a_byte(write: Write, pack: Callable[[bytes], bytes]) -> None:
    assert _raw(Source(write(pack(LINES))), start=19) == [b'{"a": 3}']
    assert _raw(Source(write(pack(LINES))), start=999) == []


def test_a_last_line_that_is_whole_needs_no_newline(write: Write) -> None:
    assert _raw(Source(write(LINES.rstrip()))) == [b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']


def test_a_last_line_that_is_still_being_written_is_left_for_next_time(write: Write) -> None:
    path = write(LINES + b'{"a": ')
    lines = list(Source(path).lines())
    assert len(lines) == 3
    path.write_bytes(LINES + b'{"a": 4}\n')
    assert _raw(Source(path), start=lines[-1].end) == [b'{"a": 4}']


def test_a_cut_last_line_of_a_whole_archive_is_not_left_because_archives_do_not_grow(write: Write) -> None:
    assert _raw(Source(write(gzip.compress(LINES + b'{"a": '))))[-1] == b'{"a":'


def test_a_file_of_one_line_without_newline_is_that_line(write: Write) -> None:
    assert _raw(Source(write(b"no newline"))) == [b"no newline"]


def test_a_truncated_archive_gives_its_whole_lines_and_says_that_it_is_damaged(write: Write) -> None:
    lines = b"".join(b'{"n": %d, "text": "%d"}\n' % (n, n * 7919) for n in range(5000))
    source = Source(write(gzip.compress(lines)[:-2000]))
    *whole, last = source.lines()
    assert 100 < len(whole) < 5000
    assert not any(line.damage for line in whole)
    assert last.start == last.end == whole[-1].end
    assert "damaged" in last.damage
    assert lines[last.start :].startswith(last.raw)


def test_an_archive_with_a_wrong_checksum_gives_all_lines_and_says_that_it_is_damaged(write: Write) -> None:
    packed = bytearray(gzip.compress(LINES))
    packed[-6] ^= 0xFF
    *whole, last = Source(write(bytes(packed))).lines()
    assert [line.raw for line in whole] == [b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']
    assert "damaged" in last.damage


def test_a_truncated_archive_still_has_a_head_and_an_id_but_is_no_document(write: Write) -> None:
    source = Source(write(gzip.compress(LINES * 50)[:-9]))
    assert source.head().startswith(b'{"a": 1}')
    assert source.id().startswith("src_")
    with pytest.raises(FormatError, match="damaged"):
        source.document()


def test_a_line_beyond_the_limit_is_marked_and_the_next_one_is_read(write: Write) -> None:
    long = b"x" * (MAX_LINE_BYTES + 3_000_000)
    first, second = Source(write(gzip.compress(long + b"\n" + b"{}\n", 1))).lines()
    assert first.is_too_long
    assert (first.end, second.raw) == (len(long) + 1, b"{}")


def test_the_id_is_the_first_line_so_a_log_that_grows_or_is_compressed_stays_the_same(write: Write) -> None:
    small = Source(write(b'{"a": 1}\n', "small")).id()
    assert small == Source(write(LINES, "large")).id() == Source(write(gzip.compress(LINES), "packed")).id()
    assert small != Source(write(b'{"a": 2}\n', "other")).id()


def test_a_log_whose_first_line_holds_broken_text_stays_the_same_as_it_grows(write: Write) -> None:
    """Its id followed from all of it, so that with each new line its records had yet another source."""
    first = b'{"a": "\xff"}\n'
    assert Source(write(first, "small")).id() == Source(write(first + LINES, "large")).id()


def test_a_folder_or_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(FormatError, match="cannot be read"):
            Source(path).head()


def test_bytes_left_for_next_time_are_counted(write: Write) -> None:
    """If nobody counts them, a record that is never finished is neither stored nor refused, and nobody knows."""
    path = write(LINES + b'{"a": ')
    source = Source(path)
    end = list(source.lines())[-1].end
    assert (end, source.n_bytes_after(end)) == (len(LINES), len(b'{"a":'))
    path.write_bytes(LINES + b'{"a": 4}\n\n  \n')
    assert source.n_bytes_after(list(source.lines())[-1].end) == 0


def test_of_an_archive_nothing_is_left(write: Write) -> None:
    source = Source(write(gzip.compress(LINES + b'{"a": ')))
    assert source.n_bytes_after(list(source.lines())[-1].end) == 0


def test_every_line_is_the_file_as_it_is(write: Write) -> None:
    raw = b" a \r\n\n\xff\nno newline"
    lines = list(Source(write(raw)).every_line())
    assert b"".join(line.raw for line in lines) == raw
    assert [(line.end, line.is_ended) for line in lines] == [(5, True), (6, True), (8, True), (18, False)]


def test_what_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="name a file that exists"):
        Source(tmp_path / "missing").head()
