"""Records that belong together meet wherever they stand, and a source is cut as what it is."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import RecordError
from workbench.loaders.batch import Context, Rows
from workbench.loaders.reading.joined import load_joined
from workbench.loaders.reading.pieces import Piece, cut_json
from workbench.loaders.reading.records import csv_sample, cut_any, is_csv
from workbench.loaders.source import Source

Read = Callable[..., Any]


def _load(source: Source, context: Context) -> Any:
    return load_joined(source, context, key_of=_key, read_group=_add, cut=cut_json)


def _key(value: Any) -> str | None:
    return value.get("k") if isinstance(value, dict) else None


def _add(pieces: Sequence[Piece], rows: Rows) -> None:
    """Add a span that spells the records of a group; refuse a group with a bad record."""
    if any(not isinstance(piece.value, dict) for piece in pieces):
        raise RecordError("no object")
    spelt = "".join(piece.value["v"] for piece in pieces)
    rows.add_span({"trace_id": pieces[0].value.get("k") or "alone", "span_id": spelt, "time_known": False})


def _lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


A, B, C = {"k": "x", "v": "a"}, {"k": "y", "v": "b"}, {"k": "x", "v": "c"}


def test_a_group_is_handed_over_once_all_of_it_was_seen(read: Read) -> None:
    loaded = read(_load, _lines(A, B, {"v": "z"}, C))
    assert loaded.spans["span_id"].to_list() == ["b", "z", "ac"]
    assert loaded.end == len(_lines(A, B, {"v": "z"}, C))


def test_a_refused_record_and_a_refused_group_are_kept_line_by_line(read: Read) -> None:
    loaded = read(_load, b"garbage\n" + _lines(A, [7], C))
    assert loaded.spans["span_id"].to_list() == ["ac"]
    assert [refused.raw for refused in loaded.refused] == [b"garbage", b"7"]


def test_a_source_that_has_grown_is_read_as_a_whole_and_one_that_has_not_is_not(read: Read) -> None:
    """What comes now may belong to what came before: the beginning of an operation lies before its end."""
    before = len(_lines(A, B))
    assert read(_load, _lines(A, B, C), start=before).spans["span_id"].to_list() == ["b", "ac"]
    unchanged = read(_load, _lines(A, B), start=before)
    assert (unchanged.spans.height, unchanged.end) == (0, before)


def test_batches_all_end_where_the_source_ends(write: Callable[..., Path], key: Callable[[str], str]) -> None:
    source = Source(write(_lines(A, B, C, {"v": "z"})))
    context = Context(source.id(), date(2026, 2, 1), key, 0, 1)
    batches = list(_load(source, context))
    assert [batch.spans.height for batch in batches] == [1, 1, 1, 0]
    assert {batch.end_offset for batch in batches} == {len(_lines(A, B, C, {"v": "z"}))}


@pytest.mark.parametrize(
    ("head", "is_table"),
    [
        (b"id,name\n1,Ann\n", True),
        (b"\xef\xbb\xbfid;name\n", True),
        (b'id,said\n1,"[\n {\n  ""a"": 1\n }\n]"\n', True),
        (b'{"a": 1, "b": 2}\n', False),
        (b" [1, 2]", False),
        (b'garbage, of course\n{"a": 1}\n', False),
        (b"one word\n", False),
        (b"PAR1,", False),
        (b"", False),
    ],
)
def test_a_table_is_told_from_json(head: bytes, *, is_table: bool) -> None:
    assert is_csv(head) == is_table


def test_a_table_shows_its_first_rows_and_an_empty_one_its_columns() -> None:
    rows = "".join(f"{number},Ann\n" for number in range(9))
    assert csv_sample(f"id,name\n{rows}".encode()).splitlines()[4] == b'{"id":"4","name":"Ann"}'
    assert len(csv_sample(f"id,name\n{rows}".encode()).splitlines()) == 5
    assert csv_sample(b"id;name\n") == b'{"id":null,"name":null}'


def test_what_looks_like_a_table_of_another_format_is_cut_as_json(read: Read) -> None:
    """Damaged JSON was cut as a table without rows, and was neither stored nor refused."""
    cut = partial(cut_any, recognises=lambda head: b'"k"' in head)
    load = partial(load_joined, key_of=_key, read_group=_add, cut=cut)
    assert read(load, b"k,v\nx,a\n").spans["span_id"].to_list() == ["a"]
    assert [refused.reason for refused in read(load, b"broken, off").refused] == ["not_json"]
