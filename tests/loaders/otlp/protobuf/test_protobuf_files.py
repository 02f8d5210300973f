"""Files of protobuf messages: one message, many after their lengths, compressed, cut off, damaged."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.loaders import choose, expand
from workbench.loaders.otlp import protobuf
from workbench.loaders.source import Source

Encode = Callable[[dict[str, Any]], bytes]
Read = Callable[..., Any]
ZSTD = pa.Codec("zstd")


def varied(wire: Any, *span_ids: int) -> dict[str, Any]:
    """Return an export of one span for each id."""
    return dict(wire.export(*[wire.span(spanId=f"{number:016x}") for number in span_ids]))


def test_a_span_fills_the_columns_that_it_names(read: Read, wire: Any, encode: Encode) -> None:
    span = wire.span(
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1", "gen_ai.usage.input_tokens": 7, "x": b"no"[0]},
        parentSpanId="00000000000000ff",
        status={"code": 2, "message": "too long"},
    )
    loaded = read(protobuf.load, encode(wire.export(span, resource={"service.name": "shop"})))
    row = loaded.spans.row(0, named=True)
    assert (row["trace_id"], row["span_id"]) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
    assert (row["parent_span_id"], row["service"], row["kind"]) == ("00000000000000ff", "shop", "LLM")
    assert (row["model"], row["input_tokens"], row["status"]) == ("m-1", 7, "ERROR")
    assert (row["error_message"], row["duration_ms"]) == ("too long", 1500.0)
    assert json.loads(row["attributes"])["x"] == ord("n")


def test_many_messages_are_read_one_after_the_other(read: Read, wire: Any, encode: Encode, framed: Any) -> None:
    raw = framed(encode(varied(wire, 1, 2)), encode(varied(wire, 3)))
    loaded = read(protobuf.load, raw)
    assert sorted(loaded.spans["span_id"]) == [f"{number:016x}" for number in (1, 2, 3)]
    assert (loaded.refused, loaded.end) == ([], len(raw))


def test_reading_starts_where_an_earlier_reading_ended(read: Read, wire: Any, encode: Encode, framed: Any) -> None:
    first = framed(encode(varied(wire, 1)))
    loaded = read(protobuf.load, first + framed(encode(varied(wire, 2))), start=len(first))
    assert loaded.spans["span_id"].to_list() == [f"{2:016x}"]


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_messages_that_were_compressed_one_by_one_are_read(
    read: Read, wire: Any, encode: Encode, framed: Any, encoding: str
) -> None:
    spell: Encode = encode if encoding == "protobuf" else orjson.dumps
    raw = framed(*[ZSTD.compress(spell(varied(wire, number)), asbytes=True) for number in (1, 2)])
    assert protobuf.recognises(raw)
    assert sorted(read(protobuf.load, raw).spans["span_id"]) == [f"{number:016x}" for number in (1, 2)]


def test_a_compressed_file_is_known_and_read(tmp_path: Path, read: Read, wire: Any, encode: Encode) -> None:
    path = tmp_path / "spans.bin.gz"
    path.write_bytes(gzip.compress(encode(varied(wire, 1))))
    assert choose(Source(path))[0] == "otlp_protobuf"
    assert read(protobuf.load, path).spans.height == 1


def test_a_folder_is_searched_for_protobuf_files_too(tmp_path: Path, wire: Any, encode: Encode, framed: Any) -> None:
    (tmp_path / "one.pb").write_bytes(encode(varied(wire, 1)))
    (tmp_path / "many.pb").write_bytes(framed(encode(varied(wire, 1))))
    (tmp_path / "notes.txt").write_text("\nnotes\n")
    assert [Path(place).name for place in expand([tmp_path])] == ["many.pb", "one.pb"]


def test_a_message_cut_off_at_the_end_waits_and_is_read_when_it_is_whole(
    read: Read, wire: Any, encode: Encode, framed: Any
) -> None:
    first, second = framed(encode(varied(wire, 1))), framed(encode(varied(wire, 2)))
    for n_written in range(1, len(second)):
        loaded = read(protobuf.load, first + second[:n_written])
        assert (loaded.spans.height, loaded.refused, loaded.end) == (1, [], len(first))
    assert read(protobuf.load, first + second, start=loaded.end).spans.height == 1


def test_a_broken_compressed_file_says_where_it_ends(
    tmp_path: Path, read: Read, wire: Any, encode: Encode, framed: Any
) -> None:
    path = tmp_path / "spans.bin.gz"
    whole = framed(*[encode(varied(wire, number)) for number in range(1, 400)])
    path.write_bytes(gzip.compress(whole)[:-300])
    loaded = read(protobuf.load, path)
    assert 0 < loaded.spans.height < 399
    assert [refused.reason for refused in loaded.refused] == ["damaged"]
    assert loaded.refused[0].raw in whole


def test_a_damaged_message_costs_no_other_one(read: Read, wire: Any, encode: Encode, framed: Any) -> None:
    good, bad = encode(varied(wire, 1)), encode(varied(wire, 2))
    loaded = read(protobuf.load, framed(good, bad[:-3], encode(varied(wire, 3))))
    assert loaded.spans.height == 2
    (refused,) = loaded.refused
    assert (refused.offset, refused.piece, refused.reason) == (4 + len(good), -1, "not_protobuf")
    assert refused.raw == bad[:-3]


def test_a_damaged_span_costs_no_other_one_and_is_kept_byte_for_byte(read: Read, wire: Any, encode: Encode) -> None:
    """A text that is not UTF-8 must not make 500 good spans of the same message unreadable."""
    message = encode(wire.export(wire.span(), wire.span(name="BROKEN", spanId=f"{2:016x}"), wire.span(spanId="f" * 16)))
    broken = message.replace(b"BROKEN", b"BRO\xffEN")
    loaded = read(protobuf.load, broken)
    assert sorted(loaded.spans["span_id"]) == ["eee19b7ec3c1b174", "f" * 16]
    (refused,) = loaded.refused
    assert (refused.piece, refused.reason, refused.raw in broken) == (1, "not_protobuf", True)
    assert b"BRO\xffEN" in refused.raw


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"traceId": "00" * 16}, "no_id"),
        ({"traceId": "ab" * 5}, "bad_id"),
        ({"spanId": ""}, "no_id"),
        ({"kind": 77}, "wrong_type"),
        ({"status": {"code": 9}}, "wrong_type"),
    ],
)
def test_a_span_that_no_encoding_could_say_is_refused_as_in_json(
    read: Read, wire: Any, encode: Encode, change: dict[str, Any], reason: str
) -> None:
    message = encode(wire.export(wire.span(), wire.span(**change)))
    loaded = read(protobuf.load, message)
    assert loaded.spans.height == 1
    (refused,) = loaded.refused
    assert (refused.piece, refused.reason) == (1, reason)
    assert refused.raw in message


def test_fields_of_a_later_protocol_stay_with_their_span(read: Read, wire: Any, encode: Encode) -> None:
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    message = TracesData.FromString(encode(wire.export(wire.span({"a": "b"}))))
    span = message.resource_spans[0].scope_spans[0].spans[0]
    span.MergeFromString(bytes([0xF0, 0x06, 5]))  # field 110, the number 5
    span.attributes[0].MergeFromString(bytes([0xFA, 0x06, 2]) + b"hi")  # field 111, two bytes
    message.resource_spans[0].MergeFromString(bytes([0xF0, 0x06, 7]))
    loaded = read(protobuf.load, message.SerializeToString())
    assert loaded.refused == []
    kept = json.loads(loaded.spans["attributes"][0])
    assert kept["a"] == "b"
    assert kept["otlp"]["more"]["unknownFields"] == {"110#0": "5", "attributes.0.111#0": "aGk="}
    assert kept["otlp"]["envelope"]["unknownFields"] == {"110#0": "7"}


def test_a_field_beside_the_resources_is_refused_and_kept(read: Read, wire: Any, encode: Encode) -> None:
    loaded = read(protobuf.load, encode(varied(wire, 1)) + b"\xfa\x06\x02hi")
    assert loaded.spans.height == 1
    assert [(refused.reason, refused.raw) for refused in loaded.refused] == [("unknown_record", b"\xfa\x06\x02hi")]


def test_users_are_keyed_as_in_json(read: Read, wire: Any, encode: Encode, key: Callable[[str], str]) -> None:
    loaded = read(protobuf.load, encode(wire.export(wire.span({"user.id": "ann@example.org"}))))
    assert loaded.spans["user_key"].to_list() == [key("ann@example.org")]
    assert "ann@example.org" not in str(loaded.spans.rows())


def test_a_message_that_inflates_beyond_the_limit_is_refused(
    read: Read, wire: Any, encode: Encode, framed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.loaders.otlp.protobuf.zstd.MAX_LINE_BYTES", 10_000)
    bomb = ZSTD.compress(b"\x0a" * 1_000_000, asbytes=True)
    loaded = read(protobuf.load, framed(ZSTD.compress(encode(varied(wire, 1)), asbytes=True), bomb))
    assert loaded.spans.height == 1
    assert [(refused.reason, refused.raw) for refused in loaded.refused] == [("too_large", bomb)]


def test_a_length_that_no_message_has_is_refused(read: Read, wire: Any, encode: Encode, framed: Any) -> None:
    too_large = (65 << 20).to_bytes(4, "big") + bytes(65 << 20)
    loaded = read(protobuf.load, framed(encode(varied(wire, 1))) + too_large + framed(encode(varied(wire, 2))))
    assert loaded.spans.height == 2
    assert [refused.reason for refused in loaded.refused] == ["too_large"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_costs_no_message_after_it(
    read: Read, wire: Any, encode: Encode, framed: Any, data: st.DataObject
) -> None:
    message = encode(varied(wire, 1, 2))
    first = data.draw(st.integers(0, len(message) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=20))
    damaged = message[:first] + damage + message[first + len(damage) :]
    loaded = read(protobuf.load, framed(encode(varied(wire, 7)), damaged, encode(varied(wire, 8))))
    assert {f"{7:016x}", f"{8:016x}"} <= set(loaded.spans["span_id"])
    assert all(refused.raw in damaged for refused in loaded.refused)


@pytest.mark.parametrize(
    "head", [b"", b"\n", b"\n\n\n\n\n\n", b"\x0a\x00", b"\n{x}\n{y}\n", b"PAR1", b"\x00" * 64, b"\xff" * 64]
)
def test_what_is_no_protobuf_is_not_taken_for_it(head: bytes) -> None:
    assert not protobuf.recognises(head)
