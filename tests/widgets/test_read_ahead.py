"""What is shown next is read before it is asked for, once, and many tasks in one scan."""

from collections.abc import Sequence
from typing import Any

import pytest

from workbench.widgets.read_ahead import KEPT, ReadAhead, ready

Reader = tuple[ReadAhead, list[list[str]]]


def task(place: int) -> dict[str, Any]:
    return {"place": place, "kind": "trace", "target_id": f"t{place}"}


@pytest.fixture
def reader() -> Reader:
    """Return what reads, and the targets of each scan so far."""
    scans: list[list[str]] = []

    def read(tasks: Sequence[Any]) -> list[dict[str, Any]]:
        scans.append([one["target_id"] for one in tasks])
        return [{"trace": {"title": one["target_id"]}} for one in tasks]

    return ReadAhead(read), scans


def test_what_was_read_ahead_is_read_in_one_scan_and_never_again(reader: Reader) -> None:
    ahead, scans = reader
    ahead.prepare([task(1), task(2)])
    assert [ahead.get(task(place)).shown["trace"]["title"] for place in (2, 1, 2)] == ["t2", "t1", "t2"]
    ahead.prepare([task(2), task(3)])
    assert ahead.get(task(3)).shown == {"trace": {"title": "t3"}}
    assert scans == [["t1", "t2"], ["t3"]]


def test_what_was_not_read_ahead_is_read_when_it_is_asked_for(reader: Reader) -> None:
    ahead, scans = reader
    assert ahead.get(task(9)).shown == {"trace": {"title": "t9"}}
    assert scans == [["t9"]]


def test_another_trace_is_read_in_a_tasks_stead(reader: Reader) -> None:
    ahead, _ = reader
    assert ahead.other({**task(1), "kind": "cause"}, trace_id="t7").shown == {"trace": {"title": "t7"}}


def test_what_failed_is_read_anew_when_it_is_asked_for_again() -> None:
    answers: list[Any] = [OSError("gone"), [{"trace": {}}]]

    def read(_: Sequence[Any]) -> list[dict[str, Any]]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return list(answer)

    ahead = ReadAhead(read)
    with pytest.raises(OSError, match="gone"):
        ahead.get(task(1))
    assert ahead.get(task(1)).shown == {"trace": {}}


def test_what_was_read_long_ago_is_let_go(reader: Reader) -> None:
    ahead, _ = reader
    ahead.prepare([task(place) for place in range(KEPT + 5)])
    assert not ahead.is_ready(task(4))
    assert ahead.is_ready(task(5))


def test_what_is_shown_is_digested_with_what_it_is_of() -> None:
    """The digest is what a verdict keeps of what the reviewer saw: another text, or another item, is another one."""
    said = {"trace": {"title": "a\u202eb"}, "map": {"points": [[0, 0, 1]], "here": [0, 0]}}
    made = ready(task(1), said)
    assert made.said == {"trace": {"title": "a⟨U+202E⟩b"}}
    assert ready(task(1), {**said, "map": None}).seen == made.seen
    assert len({made.seen, ready(task(2), said).seen, ready(task(1), {"trace": {"title": "ab"}}).seen}) == 3


def test_what_was_read_is_forgotten_when_it_may_be_gone(reader: Reader) -> None:
    ahead, scans = reader
    ahead.prepare([task(1), task(2)])
    ahead.forget()
    assert ahead.get(task(1)).shown == {"trace": {"title": "t1"}}
    assert scans == [["t1", "t2"], ["t1"]]
