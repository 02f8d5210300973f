"""The map's Python side: bytes that go over, a selection that comes back, and a text that is asked for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.widgets.cluster_map import ClusterMap, Point

GROUPS = [
    {"rank": 0, "name": "in none", "colour": "#9AA0A8", "shape": "dot"},
    {"rank": 1, "name": "timed\nout \u202e", "colour": "#D55E00", "shape": "square"},
]
POINTS = pl.DataFrame(
    {"x": [0.5, 1.0, 3.0], "y": [2.0, 4.0, 8.0], "group": [0, 1, 1], "n": [1, 2, 300]},
    schema={"x": pl.Float64, "y": pl.Float64, "group": pl.Int64, "n": pl.UInt32},
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the messages that a map sends to its view."""
    messages: list[Any] = []
    monkeypatch.setattr(ClusterMap, "send", lambda _self, content, _buffers=None: messages.append(content))
    return messages


@pytest.fixture
def shown() -> ClusterMap:
    """Return a map of three points."""
    return ClusterMap(POINTS, GROUPS, read=lambda point: Point(f"text {point}\x07", "about", 2))


def test_points_go_over_as_four_bytes_a_number(shown: ClusterMap) -> None:
    assert np.frombuffer(shown.xy, "<f4").tolist() == [0.5, 2.0, 1.0, 4.0, 3.0, 8.0]
    assert np.frombuffer(shown.group_of, "<u2").tolist() == [0, 1, 1]
    assert np.frombuffer(shown.sizes, "<u4").tolist() == [1, 2, 300]


def test_a_group_has_its_findings_and_the_middle_of_its_points(shown: ClusterMap) -> None:
    of_group = shown.groups[1]
    assert (of_group["n"], of_group["x"], of_group["y"]) == (302, 2.0, 6.0)
    assert of_group["name"] == "timed out ⟨U+202E⟩"


def test_a_group_without_points_is_still_listed() -> None:
    shown = ClusterMap(POINTS.filter(pl.col("group") == 0), GROUPS, read=lambda _: Point("", "", 1))
    assert [group["n"] for group in shown.groups] == [1, 0]


def test_what_the_browser_selects_is_read_as_numbers(shown: ClusterMap) -> None:
    """The browser sends a buffer, which arrives as a memoryview and never as bytes."""
    shown.set_state({"selected": memoryview(np.asarray([0, 2], "<u4").tobytes())})
    assert shown.selection.tolist() == [0, 2]


def test_a_selection_of_points_that_are_not_there_is_none(shown: ClusterMap) -> None:
    shown.set_state({"selected": np.asarray([1, 7], "<u4").tobytes()})
    assert shown.selection.tolist() == [1]


def test_python_selects_too(shown: ClusterMap) -> None:
    shown.select(np.asarray([2, 1], np.uint32))
    assert shown.selection.tolist() == [1, 2]


def test_a_point_is_read_when_the_view_asks(shown: ClusterMap, sent: list[Any]) -> None:
    shown._handle_custom_msg({"kind": "read", "point": 1}, [])
    assert sent == [{"kind": "text", "point": 1, "text": "text 1⟨U+0007⟩", "about": "about", "n": 2}]


@pytest.mark.parametrize(
    "content",
    [{}, {"kind": "read"}, {"kind": "read", "point": 3}, {"kind": "read", "point": -1}, {"kind": "read", "point": "1"}],
)
def test_a_message_that_makes_no_sense_is_not_answered(
    shown: ClusterMap, sent: list[Any], content: dict[str, Any]
) -> None:
    shown._handle_custom_msg(content, [])
    assert sent == []


def test_fifty_thousand_points_are_less_than_a_megabyte() -> None:
    n = 50_000
    many = pl.DataFrame(
        {"x": np.arange(n, dtype=float), "y": np.ones(n), "group": np.ones(n, int), "n": np.ones(n, int)}
    )
    read: Callable[[int], Point] = lambda _: Point("", "", 1)  # noqa: E731
    shown = ClusterMap(many, GROUPS, read=read)
    assert sum(map(len, (shown.xy, shown.group_of, shown.sizes))) == n * (8 + 2 + 4)
