"""A path finds what is there, and takes out no more than it found."""

from typing import Any

import pytest

from workbench.loaders.mapped.places import find, without

RECORD: dict[str, Any] = {
    "a": {"b": [{"c": 1}, {"c": 2}], "b.c": 3},
    "user.id": "ann",
    "cell": '{"inner": {"x": [10, 20]}}',
    "empty": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", 1),
        ("a.b.-1.c", 2),
        ("a.b.c", 3),
        ("user.id", "ann"),
        ("cell.inner.x.1", 20),
        ("a.b.2.c", None),
        ("a.b.99999999999.c", None),
        ("a.b.x", None),
        ("nothing", None),
        ("empty", None),
        ("", None),
    ],
)
def test_a_path_finds_what_is_there(path: str, value: Any) -> None:
    assert find(RECORD, path) == value


@pytest.mark.parametrize("path", ["a.b.0.c", "a.b.c", "user.id", "cell.inner.x.1", "a"])
def test_what_is_taken_out_is_gone_and_the_record_is_not_changed(path: str) -> None:
    before = repr(RECORD)
    left = without(RECORD, [path])
    assert find(left, path) is None
    assert repr(RECORD) == before


def test_the_rest_stays() -> None:
    assert without(RECORD, ["a.b.0.c", "cell.inner.x.0", "no.such"]) == {
        "a": {"b": [{}, {"c": 2}], "b.c": 3},
        "user.id": "ann",
        "cell": {"inner": {"x": [None, 20]}},
        "empty": None,
    }
