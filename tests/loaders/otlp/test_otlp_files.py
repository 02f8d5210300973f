"""OTLP files: real ones by hand count, and how a file may be written down."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from workbench import schemas
from workbench.loaders import otlp

Read = Callable[..., Any]


def test_the_protocols_own_example_is_one_span(read: Read, shared_data: Path) -> None:
    """Every column by hand: upper-case ids, times as numbers, one resource, one scope and one span attribute."""
    loaded = read(otlp.load, shared_data / "framework-traces/otlp/trace.json")
    row = loaded.spans.row(0, named=True)
    attributes = json.loads(row.pop("attributes"))
    filled = {name: value for name, value in row.items() if value is not None}
    assert loaded.spans.height == 1
    assert loaded.refused == []
    assert set(filled) - {"source", "content_digest"} == {
        "trace_id", "span_id", "parent_span_id", "kind", "name", "started_at", "ended_at", "duration_ms", "time_known",
        "status", "service", "day",
    }  # fmt: skip
    assert filled["trace_id"] == "5b8efff798038103d269b633813fc60c"
    assert filled["span_id"] == "eee19b7ec3c1b174"
    assert filled["parent_span_id"] == "eee19b7ec3c1b173"
    assert filled["name"] == "I'm a server span"
    assert filled["started_at"] == datetime(2018, 12, 13, 14, 51, 0, tzinfo=UTC)
    assert filled["duration_ms"] == 1000.0
    assert (filled["kind"], filled["status"], filled["time_known"]) == ("UNKNOWN", "UNSET", True)
    assert filled["service"] == "my.service"
    assert attributes == {
        "my.span.attr": "some value",
        "otlp": {
            "kind": "SERVER",
            "resource": {"service.name": "my.service"},
            "scope": {
                "name": "my.library",
                "version": "1.0.0",
                "attributes": {"my.scope.attribute": "some scope attribute"},
            },
        },
    }


def test_spans_of_the_javascript_sdk_are_read_from_their_array(read: Read, shared_data: Path) -> None:
    """Ten spans in ten traces, no tool call, no error; tokens and kinds counted by hand."""
    loaded = read(otlp.load, shared_data / "framework-traces/openinference/vercel-v6-all-spans.json")
    spans = loaded.spans
    assert (spans.height, loaded.refused, spans["trace_id"].n_unique()) == (10, [], 10)
    assert dict(spans["kind"].value_counts().iter_rows()) == {"LLM": 4, "AGENT": 4, "EMBEDDING": 1, "CHAIN": 1}
    assert spans["input_tokens"].sum() == 2 * (14 + 50 + 63 + 15) + 2 * 10
    assert spans["output_tokens"].sum() == 2 * (20 + 9 + 156 + 112)
    assert spans["status"].to_list() == ["UNSET"] * 10
    assert spans["error_type"].null_count() == spans["tool_name"].null_count() == 10
    assert loaded.guessed == {"kind from the operation": 10}
    first = spans.row(0, named=True)
    assert first["started_at"] == datetime(2026, 2, 3, 15, 19, 52, 242_000, tzinfo=UTC)
    assert first["ended_at"] == datetime(2026, 2, 3, 15, 19, 54, 21_415, tzinfo=UTC)
    assert first["duration_ms"] == pytest.approx(1779.415667)
    assert first["model"] == "gpt-4o-mini-2024-07-18"
    assert (first["operation"], first["finish_reason"], first["task"]) == ("chat", "stop", "test-generate-text")
    stream = json.loads(spans.row(6, named=True)["attributes"])
    assert [event["name"] for event in stream["otlp"]["events"]] == ["ai.stream.firstChunk", "ai.stream.finish"]


def test_one_span_is_the_same_however_its_file_is_written(read: Read, wire: Any) -> None:
    export = wire.export(wire.span({"gen_ai.operation.name": "chat"}))
    written = [
        orjson.dumps(export),
        orjson.dumps(export) + b"\n",
        orjson.dumps(export, option=orjson.OPT_INDENT_2),
        json.dumps(export, indent=1, separators=(" ,", " : ")).encode(),
        orjson.dumps([export]),
        orjson.dumps({"resourceSpans": [], "resourceLogs": []}) + b"\n" + orjson.dumps(export) + b"\n",
    ]
    frames = [read(otlp.load, content).spans.drop("source") for content in written]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert frames[0].height == 1


def test_numbers_and_strings_are_the_same_time_and_count(read_lines: Read, wire: Any) -> None:
    as_text = wire.span({"gen_ai.usage.input_tokens": 97})
    as_number = {
        **as_text,
        "startTimeUnixNano": int(as_text["startTimeUnixNano"]),
        "endTimeUnixNano": int(as_text["endTimeUnixNano"]),
    }
    as_number["attributes"] = [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": 97}}]
    digests = read_lines(wire.export(as_text), wire.export(as_number)).spans["content_digest"]
    assert digests.n_unique() == 1


def test_ids_come_as_hex_of_any_case_or_as_base64(read_lines: Read, wire: Any) -> None:
    upper = wire.span(traceId="5B8EFFF798038103D269B633813FC60C", spanId="EEE19B7EC3C1B174")
    encoded = wire.span(traceId="W47/95gDgQPSabYzgT/GDA==", spanId="7uGbfsPBsXQ=")
    spans = read_lines(wire.export(upper), wire.export(encoded), wire.export(wire.span())).spans
    assert spans["content_digest"].n_unique() == 1
    assert spans["trace_id"].unique().to_list() == ["5b8efff798038103d269b633813fc60c"]


def test_a_span_without_time_gets_none(read_lines: Read, wire: Any) -> None:
    spans = [wire.span(startTimeUnixNano=none, endTimeUnixNano=none) for none in (0, "0", "", None, ...)]
    loaded = read_lines(wire.export(*spans))
    assert loaded.refused == []
    assert loaded.spans["time_known"].to_list() == [False] * 5
    assert loaded.spans["started_at"].null_count() == loaded.spans["duration_ms"].null_count() == 5
    assert loaded.spans["day"].unique().to_list() == [datetime(2026, 2, 1).date()]


def test_the_parent_of_a_root_is_null_however_it_is_written(read_lines: Read, wire: Any) -> None:
    spans = [wire.span(parentSpanId=none) for none in ("", None, "0000000000000000", ...)]
    assert read_lines(wire.export(*spans)).spans["parent_span_id"].to_list() == [None] * 4


def test_a_duration_keeps_what_the_times_cut_off(read_lines: Read, wire: Any) -> None:
    span = wire.span(startTimeUnixNano="1767225600000000999", endTimeUnixNano="1767225600000002000")
    row = read_lines(wire.export(span)).spans.row(0, named=True)
    assert row["started_at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert row["ended_at"].microsecond == 2
    assert row["duration_ms"] == 1001 / 1e6


def test_batches_of_lines_end_where_their_lines_end(write: Read, wire: Any, key: Callable[[str], str]) -> None:
    from workbench.loaders.batch import Context
    from workbench.loaders.source import Source

    line = orjson.dumps(wire.export(wire.span(), wire.span(name="other"))) + b"\n"
    source = Source(write(line * 3))
    day = datetime(2026, 2, 1).date()
    batches = list(otlp.load(source, Context("src_x", day, key, batch_records=2)))
    assert [batch.end_offset for batch in batches] == [len(line), 2 * len(line), 3 * len(line), 3 * len(line)]
    assert [batch.n_records for batch in batches] == [2, 2, 2, 0]
    resumed = list(otlp.load(source, Context("src_x", day, key, start=len(line))))
    assert sum(batch.n_records for batch in resumed) == 4


def test_a_large_document_is_handed_over_by_its_resources(read: Read, wire: Any) -> None:
    document = {"resourceSpans": [wire.export(wire.span(name=str(n)))["resourceSpans"][0] for n in range(5)]}
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    loaded = read(otlp.load, content, batch_records=2)
    assert loaded.spans["name"].to_list() == ["0", "1", "2", "3", "4"]
    assert loaded.end == len(content)


def test_every_column_has_its_declared_type(read_lines: Read, wire: Any) -> None:
    loaded = read_lines(wire.export(wire.span()), b"{}")
    assert loaded.spans.schema == schemas.SPANS.schema
    assert loaded.signals.schema == schemas.SIGNALS.schema
    assert isinstance(loaded.spans, pl.DataFrame)


@pytest.mark.parametrize(
    ("head", "is_otlp"),
    [
        (b'{"resourceSpans":[]}', True),
        (b'\xef\xbb\xbf  {\n "resourceLogs" : []}', True),
        ('{"resourceSpans":[]}'.encode("utf-16"), True),
        (b'not json\n{"resourceSpans":[]}\n', True),
        (b'[\n {"name":"a","spanContext":{"traceId":"1"}}]', True),
        (b'{"trace":{"input":"{\\"resourceSpans\\":[]}"}}', False),
        (b'{"messages":[]}', False),
        (b"", False),
    ],
)
def test_a_file_is_known_by_its_lists(head: bytes, is_otlp: bool) -> None:
    assert otlp.recognises(head) is is_otlp
