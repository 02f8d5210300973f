"""Messages on the disk before their senders are told so, whatever ends the file they are in."""

import errno
import shutil
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from workbench.store.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    seconds = count()
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return Spool(tmp_path / "spool", now=lambda: start + timedelta(seconds=next(seconds)), segment_bytes=100)


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def test_messages_stand_after_their_lengths_in_the_order_they_came(spool: Spool) -> None:
    wait([spool.append(message) for message in (b"one", b"", b"three")])
    (segment,) = spool.segments()
    assert segment.read_bytes() == framed(b"one", b"", b"three")
    assert (segment.stat().st_mode & 0o777, spool.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert spool.writing == segment


def test_a_file_that_is_large_enough_is_finished_and_another_begun(spool: Spool) -> None:
    for message in (b"x" * 96, b"y", b"z"):
        spool.append(message).result()
    first, second = spool.segments()
    assert (first.read_bytes(), second.read_bytes()) == (framed(b"x" * 96), framed(b"y", b"z"))
    assert spool.writing == second


def test_closing_writes_what_waits(spool: Spool) -> None:
    written = [spool.append(b"%d" % number) for number in range(50)]
    spool.close()
    assert all(one.done() and one.exception() is None for one in written)
    assert sum(segment.stat().st_size for segment in spool.segments()) == len(framed(*(b"%d" % n for n in range(50))))
    assert spool.writing is None


def test_a_disk_that_does_not_take_it_fails_the_message_and_not_the_spool(spool: Spool) -> None:
    shutil.rmtree(spool.folder)
    with pytest.raises(OSError, match="No such file"):
        spool.append(b"lost").result()
    spool.folder.mkdir()
    spool.append(b"kept").result()
    assert [segment.read_bytes() for segment in spool.segments()] == [framed(b"kept")]


def test_after_a_failure_another_file_is_begun_and_the_torn_one_left(spool: Spool) -> None:
    import resource

    spool.append(b"one").result()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            spool.append(b"x" * 50).result()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool.append(b"two").result()
    torn, whole = spool.segments()
    assert torn.read_bytes().startswith(framed(b"one"))
    assert len(torn.read_bytes()) == 20
    assert whole.read_bytes() == framed(b"two")


def test_what_the_disk_does_not_flush_is_not_acknowledged(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    spool.append(b"one").result()
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            spool.append(b"two").result()
    spool.append(b"three").result()
    assert spool.segments()[-1].read_bytes() == framed(b"three"), "a file that was not flushed is not written to again"


def test_a_file_of_which_all_is_stored_is_removed(spool: Spool) -> None:
    spool.append(b"one").result()
    spool.finish()
    (segment,) = spool.segments()
    spool.remove(segment)
    assert (spool.segments(), spool.n_bytes(), spool.writing) == ([], 0, None)


def test_a_file_that_is_deleted_while_sizes_are_added_up_counts_nothing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender got no answer when the file that was stored last went away just then."""
    spool.append(b"one").result()
    there = spool.segments()
    monkeypatch.setattr(spool, "segments", lambda: [*there, spool.folder / "gone.otlp"])
    assert spool.n_bytes() == len(framed(b"one"))
