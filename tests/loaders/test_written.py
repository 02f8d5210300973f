"""A part of a document is cut out byte for byte, wherever it lies."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.loaders.reading.written import Trail, Written

DOCUMENT = (
    b'\xef\xbb\xbf { "runs" : [ {"id": 1.0e0, "id": NaN}, [ ] , 7 ,"\\u00fc \xc3\xbc"],'
    b' "inner": "{\\"a\\": [1,  {\\"b\\": NaN}]}", "quoted": "\\"[5]\\"", "a": 1, "a": { "c" : 2 } }\n'
)


@pytest.mark.parametrize(
    ("trail", "part"),
    [
        ((), DOCUMENT),
        (("runs", 0), b'{"id": 1.0e0, "id": NaN}'),
        (("runs", 0, "id"), b"NaN"),
        (("runs", 1), b"[ ]"),
        (("runs", 2), b"7"),
        (("runs", 3), b'"\\u00fc \xc3\xbc"'),
        (("inner", "a", 1), b'{"b": NaN}'),
        (("quoted", 0), b"5"),
        (("a", "c"), b"2"),
    ],
)
def test_a_part_is_cut_as_it_was_written(trail: Trail, part: bytes) -> None:
    assert Written(DOCUMENT).cut(trail) == part


@pytest.mark.parametrize("trail", [("runs", 2, "x"), ("runs", 2, 0, 0)])
def test_where_a_part_is_not_there_what_is_around_it_is_cut(trail: Trail) -> None:
    assert Written(DOCUMENT).cut(trail) == b"7"
    assert Written(DOCUMENT).cut(("no", *trail)) == DOCUMENT


@pytest.mark.parametrize("raw", [b"", b"\xff", b'{"a": ', b'{"a" 1', b"[1,", b'"', b"[" * 5000])
def test_what_is_no_json_is_kept_whole(raw: bytes) -> None:
    assert Written(raw).cut(("a", 0)) == raw


def test_parts_may_be_asked_for_in_any_order() -> None:
    written = Written(b'{"a": [1, 2], "b": [3, 4]}')
    assert [written.cut(trail) for trail in (("b", 1), ("a", 0), ("b", 0), ("a",), ("a", 1))] == [
        *(b"4", b"1", b"3", b"[1, 2]", b"2")
    ]


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(_VALUES, st.sampled_from([None, 1]))
def test_each_part_of_any_document_says_what_the_document_says_there(value: Any, indent: int | None) -> None:
    written = Written(json.dumps(value, indent=indent).encode())

    def check(below: Any, trail: Trail) -> None:
        assert json.loads(written.cut(trail)) == below
        entries = below.items() if isinstance(below, dict) else enumerate(below) if isinstance(below, list) else ()
        for name, entry in entries:
            check(entry, (*trail, name))

    check(value, ())


def test_a_document_whose_every_part_is_refused_takes_linear_time() -> None:
    """If each refused part read its document anew, one hostile file would hold up an ingest for hours."""
    n_parts = 100_000
    written = Written(b'{"a": [' + b",".join(b"%d" % n for n in range(n_parts)) + b"]}")
    start = time.process_time()
    assert written.cut(("a", n_parts - 1)) == b"%d" % (n_parts - 1)
    for number in range(n_parts):
        written.cut(("a", number))
    assert time.process_time() - start < 5
