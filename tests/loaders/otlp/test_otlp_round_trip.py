"""Columns written as OTLP and read back are the same columns, whatever their values."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.boundaries.redact import NAMES as KINDS
from workbench.loaders import otlp
from workbench.loaders.batch import Context
from workbench.loaders.otlp.plan import Leaf, rebuild
from workbench.loaders.personal import redaction
from workbench.loaders.source import Source

NAMES = {
    "session_id": "session.id",
    "kind": "openinference.span.kind",
    "operation": "gen_ai.operation.name",
    "agent": "gen_ai.agent.name",
    "model": "gen_ai.response.model",
    "provider": "gen_ai.provider.name",
    "prompt_name": "gen_ai.prompt.name",
    "prompt_version": "gen_ai.prompt.version",
    "tool_name": "gen_ai.tool.name",
    "tool_call_id": "gen_ai.tool.call.id",
    "input": "gen_ai.input.messages",
    "output": "gen_ai.output.messages",
    "finish_reason": "gen_ai.response.finish_reasons",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cost_usd": "llm.cost.total",
    "task": "gen_ai.workflow.name",
    "error_type": "error.type",
}
COUNTS = {"input_tokens", "output_tokens"}
PLAIN = ("trace_id", "span_id", "parent_span_id", "name", "status")
STATUSES = ["UNSET", "OK", "ERROR"]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
hexes = st.integers(1, (1 << 64) - 1).map(lambda number: f"{number:016x}")
moments = st.integers(1, 4_000_000_000_000_000)
"""Microseconds since 1970."""
left_names = texts.filter(lambda name: re.search("user|mail|identifier", name.lower()) is None)
"""Names of no column, and of no person: those are keyed."""
left_values = texts | st.integers(-(1 << 63), (1 << 63) - 1) | st.booleans()


def values_of(column: str) -> st.SearchStrategy[Any]:
    """Return values that a column can hold."""
    if column in COUNTS:
        return st.integers(0, (1 << 63) - 1)
    if column == "cost_usd":
        return st.floats(0, 1e6)
    if column == "kind":
        return st.sampled_from(["LLM", "TOOL", "AGENT", "CHAIN"])
    return texts


spans = st.fixed_dictionaries(
    {
        "trace_id": st.tuples(hexes, hexes).map("".join),
        "span_id": hexes,
        "parent_span_id": st.none() | hexes,
        "name": texts,
        "start": moments,
        "duration": st.integers(0, 10**12),
        "status": st.sampled_from(STATUSES),
        "left": st.dictionaries(left_names.map("left {}".format), left_values),
    },
    optional={column: values_of(column) for column in NAMES},
)


def as_wire(span: dict[str, Any], attributes_of: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the columns of one span as a span of the protocol."""
    attributes = {NAMES[column]: value for column, value in span.items() if column in NAMES} | span["left"]
    return {
        "traceId": span["trace_id"],
        "spanId": span["span_id"],
        "parentSpanId": span["parent_span_id"] or "",
        "name": span["name"],
        "startTimeUnixNano": str(span["start"] * 1000),
        "endTimeUnixNano": (span["start"] + span["duration"]) * 1000,
        "attributes": attributes_of(attributes),
        "status": {"code": STATUSES.index(span["status"])},
    }


def identity(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return what the rows and the spans are ordered by."""
    return row["trace_id"], row["span_id"], row["name"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(spans, min_size=1, max_size=6, unique_by=identity), st.booleans())
def test_columns_survive_a_round_trip(
    tmp_path: Path, wire: Any, written: list[dict[str, Any]], is_indented: bool
) -> None:
    path = tmp_path / "spans.json"
    export = wire.export(*[as_wire(span, wire.attributes) for span in written])
    path.write_bytes(orjson.dumps(export, option=orjson.OPT_INDENT_2 if is_indented else None))
    (batch,) = otlp.load(Source(path), Context("src_x", date(2026, 2, 1), str, redaction=redaction(KINDS)))
    assert batch.refused == []
    read = sorted(batch.spans.rows(named=True), key=identity)
    for row, span in zip(read, sorted(written, key=identity), strict=True):
        expected = {column: span[column] for column in PLAIN} | {column: span.get(column) for column in NAMES}
        if "kind" not in span:
            del expected["kind"]
        assert {column: row[column] for column in expected} == expected
        assert round(row["started_at"].timestamp() * 1e6) == span["start"]
        assert row["duration_ms"] == span["duration"] * 1000 / 1e6
        kept = json.loads(row["attributes"])
        assert {name: value for name, value in kept.items() if name != "otlp"} == span["left"]


@given(st.lists(st.fixed_dictionaries({"role": texts, "content": texts}), min_size=1, max_size=12), st.randoms())
def test_indexed_messages_are_rebuilt_in_any_order(messages: list[dict[str, str]], rng: Any) -> None:
    values = [message[name] for message in messages for name in ("role", "content")]
    leaves = [Leaf(position, position // 2, ("role", "content")[position % 2]) for position in range(len(values))]
    rng.shuffle(leaves)
    assert json.loads(rebuild(leaves, values)) == messages
