"""What a span says does not depend on its encoding: the same rows, the same digests, the same account."""

import base64
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from workbench.loaders import otlp
from workbench.loaders.batch import Batch, Context, Load
from workbench.loaders.otlp import protobuf
from workbench.loaders.source import Source

LINK_ORDER = ("traceId", "spanId", "traceState", "attributes")
"""That of the protocol: the JSON loader keeps a link's members as they come, an empty list among them."""
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.filter(bool) | st.sampled_from(
    ["session.id", "user.id", "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.input.messages", "user_id"]
)
doubles = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["NaN", "Infinity", "-Infinity"])
int64 = st.integers(-(1 << 63), (1 << 63) - 1)
values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        texts.map(lambda text: {"stringValue": text}),
        int64.map(lambda number: {"intValue": str(number)}),
        doubles.map(lambda number: {"doubleValue": number}),
        st.booleans().map(lambda flag: {"boolValue": flag}),
        st.binary(max_size=8).map(lambda raw: {"bytesValue": base64.b64encode(raw).decode()}),
        st.just({}),
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda entries: {"arrayValue": {"values": entries}}),
        st.lists(st.fixed_dictionaries({"key": names, "value": below}), max_size=3).map(
            lambda entries: {"kvlistValue": {"values": entries}}
        ),
    ),
    max_leaves=6,
)
attributes = st.lists(st.fixed_dictionaries({"key": names, "value": values}), max_size=6)
hexes = st.integers(1, (1 << 64) - 1).map(lambda number: f"{number:016x}")
traces = st.tuples(hexes, hexes).map("".join)
nanoseconds = st.integers(1, 4_000_000_000_000_000_000).map(str)
counts = st.integers(1, (1 << 32) - 1)
links = st.fixed_dictionaries(
    {"traceId": traces, "spanId": hexes},
    optional={"traceState": texts.filter(bool), "attributes": attributes.filter(bool)},
).map(lambda link: {name: link[name] for name in LINK_ORDER if name in link})
events = st.fixed_dictionaries(
    {"timeUnixNano": nanoseconds, "name": st.sampled_from(["exception", "gen_ai.evaluation.result", "note"])},
    optional={"attributes": attributes, "droppedAttributesCount": counts},
)
spans = st.fixed_dictionaries(
    {"traceId": traces, "spanId": hexes, "name": texts.filter(bool), "kind": st.integers(0, 5)},
    optional={
        "parentSpanId": hexes,
        "traceState": texts.filter(bool),
        "flags": counts,
        "startTimeUnixNano": nanoseconds,
        "endTimeUnixNano": nanoseconds,
        "attributes": attributes,
        "droppedAttributesCount": counts,
        "events": st.lists(events, max_size=2),
        "droppedEventsCount": counts,
        "links": st.lists(links, max_size=2),
        "droppedLinksCount": counts,
        "status": st.fixed_dictionaries({"code": st.integers(0, 2)}, optional={"message": texts.filter(bool)}),
    },
)
urls = st.sampled_from(["https://example.org/1", "https://example.org/2"])
scopes = st.fixed_dictionaries(
    {"spans": st.lists(spans, min_size=1, max_size=3)},
    optional={
        "schemaUrl": urls,
        "scope": st.fixed_dictionaries({"name": texts.filter(bool)}, optional={"attributes": attributes}),
    },
)
exports = st.lists(
    st.fixed_dictionaries(
        {"resource": st.fixed_dictionaries({"attributes": attributes}), "scopeSpans": st.lists(scopes, max_size=2)},
        optional={"schemaUrl": urls},
    ),
    min_size=1,
    max_size=2,
).map(lambda resources: {"resourceSpans": resources})

EVALUATION = {
    "eventName": "gen_ai.evaluation.result",
    "timeUnixNano": "1767225601000000000",
    "observedTimeUnixNano": "1767225602000000000",
    "severityNumber": 9,
    "body": {"stringValue": "off topic"},
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "attributes": [
        {"key": "gen_ai.evaluation.name", "value": {"stringValue": "relevance"}},
        {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.25}},
    ],
}


def loaded(load: Load, path: Path) -> Batch:
    (batch,) = load(Source(path), Context("src_x", date(2026, 2, 1), lambda user: f"usr_{user}"))
    return batch


def assert_same(one: Batch, other: Batch) -> None:
    assert_frame_equal(one.spans.sort("content_digest"), other.spans.sort("content_digest"))
    assert_frame_equal(one.signals.sort("signal_id"), other.signals.sort("signal_id"))
    assert (one.mapped, one.guessed, one.left) == (other.mapped, other.guessed, other.left)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(exports, st.booleans())
def test_generated_spans_are_the_same_rows_in_both_encodings(
    tmp_path: Path, encode: Any, framed: Any, export: dict[str, Any], is_framed: bool
) -> None:
    (tmp_path / "export.json").write_bytes(orjson.dumps(export))
    message = encode(export)
    (tmp_path / "export.bin").write_bytes(framed(message) if is_framed else message)
    as_json = loaded(otlp.load, tmp_path / "export.json")
    as_protobuf = loaded(protobuf.load, tmp_path / "export.bin")
    assert as_json.refused == list(as_protobuf.refused) == []
    assert_same(as_json, as_protobuf)
    n_spans = sum(len(scope["spans"]) for group in export["resourceSpans"] for scope in group["scopeSpans"])
    assert as_protobuf.spans.height == n_spans


def test_log_records_are_the_same_signals_in_both_encodings(tmp_path: Path, encode: Any) -> None:
    export = {"resourceLogs": [{"scopeLogs": [{"logRecords": [EVALUATION]}]}]}
    (tmp_path / "logs.json").write_bytes(orjson.dumps(export))
    (tmp_path / "logs.bin").write_bytes(encode(export))
    assert protobuf.recognises(encode(export))
    as_json, as_protobuf = loaded(otlp.load, tmp_path / "logs.json"), loaded(protobuf.load, tmp_path / "logs.bin")
    assert_same(as_json, as_protobuf)
    assert as_protobuf.signals["value"].to_list() == [0.25]


def test_the_protocols_own_example_is_the_same_in_both_encodings(
    tmp_path: Path, shared_data: Path, encode: Callable[[Any], bytes]
) -> None:
    path = shared_data / "framework-traces" / "otlp" / "trace.json"
    (tmp_path / "example.bin").write_bytes(encode(orjson.loads(path.read_bytes())))
    as_json, as_protobuf = loaded(otlp.load, path), loaded(protobuf.load, tmp_path / "example.bin")
    assert_same(as_json, as_protobuf)
    assert as_protobuf.spans.height == 1
