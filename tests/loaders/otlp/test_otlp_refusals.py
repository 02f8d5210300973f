"""What is refused: counted, with its reason and its bytes, and at no cost to its neighbours."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.loaders import otlp, source
from workbench.loaders.otlp import lines
from workbench.loaders.otlp.lines import LineReader

Read = Callable[..., Any]

BAD_SPANS: dict[str, tuple[dict[str, Any], str]] = {
    "no trace": ({"traceId": ""}, "no_id"),
    "zero span id": ({"spanId": "0000000000000000"}, "no_id"),
    "absent id": ({"spanId": ...}, "no_id"),
    "short id": ({"traceId": "abc"}, "bad_id"),
    "id with NUL": ({"spanId": "eee19b7ec3c1b17\x00"}, "bad_id"),
    "id with a path": ({"spanId": "../../etc/passwd"}, "bad_id"),
    "word as time": ({"startTimeUnixNano": "yesterday"}, "bad_time"),
    "negative time": ({"startTimeUnixNano": -5}, "bad_time"),
    "fraction as time": ({"endTimeUnixNano": 1.5}, "bad_time"),
    "time of 2^64": ({"startTimeUnixNano": "18446744073709551616"}, "bad_time"),
    "number as name": ({"name": 7}, "wrong_type"),
    "list as attributes' value": ({"attributes": [{"key": "a", "value": []}]}, "wrong_type"),
    "attributes as object": ({"attributes": {"a": 1}}, "wrong_type"),
    "two values in one": ({"attributes": [{"key": "a", "value": {"stringValue": "x", "intValue": 1}}]}, "wrong_type"),
    "unknown kind of value": ({"attributes": [{"key": "a", "value": {"futureValue": "x"}}]}, "wrong_type"),
    "status of 9": ({"status": {"code": 9}}, "wrong_type"),
    "kind of 9": ({"kind": 9}, "wrong_type"),
    "digits that are none": ({"attributes": [{"key": "a", "value": {"intValue": "1_0"}}]}, "bad_number"),
}


@pytest.mark.parametrize("fault", BAD_SPANS)
def test_a_bad_span_is_refused_and_its_neighbours_are_read(read_lines: Read, wire: Any, fault: str) -> None:
    fields, reason = BAD_SPANS[fault]
    before, bad, after = wire.span(name="before"), wire.span(**fields), wire.span(name="after")
    loaded = read_lines(wire.export(before, bad, after))
    assert sorted(loaded.spans["name"]) == ["after", "before"]
    (refused,) = loaded.refused
    assert (refused.reason, refused.piece, refused.offset) == (reason, 1, 0)
    assert refused.raw == orjson.dumps(bad)


BAD_TEXTS = {
    "repeated key": (b'"name":"chat"', b'"name":"chat","name":"other"', "duplicate_key"),
    "repeated inner key": (b'"key":"a"', b'"key":"a","key":"b"', "duplicate_key"),
    "NaN": (b'"kind":3', b'"kind":NaN', "bad_number"),
    "2^64 in a value": (b'"intValue":"1"', b'"intValue":18446744073709551616', "bad_number"),
    "5,000 digits": (b'"kind":3', b'"kind":' + b"9" * 5000, "bad_number"),
    "beyond floats": (b'"kind":3', b'"kind":1e999', "bad_number"),
    "no JSON": (b'"kind":3', b'"kind":three', "not_json"),
    "control character": (b'"name":"chat"', b'"name":"ch\x01at"', "not_json"),
    "no UTF-8": (b'"name":"chat"', b'"name":"ch\xffat"', "not_utf8"),
    "nested 10^5 deep": (b'"kind":3', b'"kind":3,"x":' + b"[" * 100_000 + b"]" * 100_000, "too_deep"),
}


@pytest.mark.parametrize("fault", BAD_TEXTS)
def test_a_span_that_parsers_disagree_on_is_refused_alone(read_lines: Read, wire: Any, fault: str) -> None:
    good, bad, reason = BAD_TEXTS[fault]
    broken = orjson.dumps(wire.span({"a": 1})).replace(good, bad, 1)
    line = orjson.dumps(wire.export(wire.span(name="before"), "HERE", wire.span(name="after")))
    loaded = read_lines(line.replace(b'"HERE"', broken))
    assert sorted(loaded.spans["name"]) == ["after", "before"]
    assert [(refused.reason, refused.raw) for refused in loaded.refused] == [(reason, broken)]


BAD_LINES = {
    "cut short": (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":', "not_json"),
    "no JSON": (b"not json at all", "not_json"),
    "other object": (b'{"resourceMetrics":[]}', "unknown_record"),
    "number": (b"17", "unknown_record"),
    "repeated list": (b'{"resourceSpans":[],"resourceSpans":[]}', "duplicate_key"),
    "list that is none": (b'{"resourceSpans":{"a":1}}', "wrong_type"),
    "UTF-16": ('{"resourceSpans":[]}'.encode("utf-16"), "not_utf8"),
    "deep": (b'{"resourceSpans":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
}


@pytest.mark.parametrize("fault", BAD_LINES)
def test_a_bad_line_counts_as_one_record(read_lines: Read, wire: Any, fault: str) -> None:
    line, reason = BAD_LINES[fault]
    loaded = read_lines(wire.export(wire.span(name="before")), line, wire.export(wire.span(name="after")))
    assert sorted(loaded.spans["name"]) == ["after", "before"]
    (refused,) = loaded.refused
    assert refused.reason == reason
    assert refused.raw == line


def test_a_line_that_is_too_long_is_refused(read_lines: Read, wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_LINE_BYTES", 1000)
    loaded = read_lines(wire.export(wire.span({"a": "x" * 2000})), wire.export(wire.span(name="after")))
    assert loaded.spans["name"].to_list() == ["after"]
    assert [refused.reason for refused in loaded.refused] == ["too_large"]


def test_spans_and_refusals_account_for_every_record(read_lines: Read, wire: Any) -> None:
    """Three lines: 3 spans with 1 bad; no JSON; 2 spans of which one repeats the other: 5 records and 1 line."""
    spans = [wire.span(), wire.span(spanId="no hex"), wire.span(name="b")]
    loaded = read_lines(wire.export(*spans), b"{", wire.export(wire.span(), wire.span()), batch_records=1)
    assert loaded.spans.height == 4
    assert [(refused.reason, refused.piece) for refused in loaded.refused] == [("bad_id", 1), ("not_json", -1)]


def test_what_is_no_object_among_spans_is_refused_with_its_text(read_lines: Read, wire: Any) -> None:
    loaded = read_lines(wire.export(wire.span(), 5, "word", [1], None))
    assert loaded.spans.height == 1
    assert [refused.raw for refused in loaded.refused] == [b"5", b'"word"', b"[1]", b"null"]


def test_a_lone_surrogate_is_repaired_and_said(read_lines: Read, wire: Any) -> None:
    line = orjson.dumps(wire.export(wire.span({"gen_ai.completion": "HERE"}), wire.span(name="after")))
    loaded = read_lines(line.replace(b"HERE", rb"a\ud800b"))
    assert sorted(loaded.spans["output"].to_list(), key=str) == [None, "a\ufffdb"]
    assert loaded.guessed["a lone surrogate became U+FFFD"] == 1


def test_a_field_of_tomorrow_stays_with_its_span(read_lines: Read, wire: Any) -> None:
    line = wire.export(wire.span(newField={"a": 1}))
    line["resourceSpans"][0]["newEnvelopeField"] = "kept"
    row = read_lines(line).spans.row(0, named=True)
    assert orjson.loads(row["attributes"])["otlp"]["more"] == {"newField": {"a": 1}}
    assert orjson.loads(row["attributes"])["otlp"]["envelope"] == {"newEnvelopeField": "kept"}


def test_an_unknown_list_beside_the_spans_is_refused_alone(read_lines: Read, wire: Any) -> None:
    loaded = read_lines({**wire.export(wire.span()), "resourceMetrics": [1]})
    assert loaded.spans.height == 1
    assert [(refused.reason, refused.raw) for refused in loaded.refused] == [
        ("unknown_record", b'{"resourceMetrics":[1]}')
    ]


def test_ten_thousand_names_and_a_megabyte_are_one_span(read_lines: Read, wire: Any) -> None:
    attributes = {f"name {number}": number for number in range(10_000)} | {"text": "x" * 1_000_000}
    loaded = read_lines(wire.export(wire.span(attributes)))
    assert loaded.spans.height == 1
    assert len(orjson.loads(loaded.spans["attributes"][0])) == 10_000 + 2
    assert len(loaded.left) <= otlp.MAX_REPORTED_FIELDS + 1


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ resourceSpnab0', max_size=80).map(str.encode))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    if raw.strip():
        harvest, refused = LineReader(str).read(raw.strip(), offset=0)
        assert harvest.n_spans + len(refused) >= 0


@given(st.data())
def test_one_changed_byte_costs_one_record(data: st.DataObject) -> None:
    """Three spans stay three records, whatever one byte becomes that is no bracket, quote, comma or backslash."""
    span = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat", "kind": 1}
    line = bytearray(orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, span, span]}]}]}))
    structure = set(b'{}[]",\\')
    inside = [place for place in range(line.index(b'{"traceId'), len(line)) if line[place] not in structure]
    line[data.draw(st.sampled_from(inside))] = data.draw(st.sampled_from(sorted(set(range(256)) - structure)))
    harvest, refused = LineReader(str).read(bytes(line), offset=0)
    assert harvest.n_spans + len(refused) == 3
    assert len(refused) <= 1


def test_a_resource_does_not_fill_the_memory_by_standing_on_every_span(
    read_lines: Read, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 32 MB, half of it one resource, was spread over its 100,000 spans: 1.6 TB of memory."""
    monkeypatch.setattr(lines, "REPEATABLE_BYTES", 0)
    resource = {"host": "x" * 10_000}
    spread = wire.export(*(wire.span(spanId=f"{n:016x}") for n in range(1, 101)), resource=resource)
    n_bytes_each = len('{"resource":{"host":""},"scope":{"name":"library","version":"1"}}') + 10_000
    n_stored = 16 * len(orjson.dumps(spread)) // n_bytes_each
    loaded = read_lines(spread, wire.export(wire.span()))
    assert 1 < n_stored < 100
    assert (loaded.spans.height, len(loaded.refused)) == (n_stored + 1, 100 - n_stored)
    assert {refused.reason for refused in loaded.refused} == {"too_large"}
