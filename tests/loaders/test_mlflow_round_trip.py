"""Columns written as MLflow traces and read back are the same columns, whatever their values."""

import json
from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.boundaries.redact import NAMES as REDACTED
from workbench.loaders import mlflow
from workbench.loaders.batch import Context
from workbench.loaders.personal import redaction
from workbench.loaders.source import Source

ATTRIBUTES = {
    "model": "mlflow.llm.model",
    "provider": "mlflow.llm.provider",
    "agent": "gen_ai.agent.name",
    "finish_reason": "gen_ai.response.finish_reason",
    "tool_name": "gen_ai.tool.name",
    "tool_call_id": "gen_ai.tool.call.id",
    "input": "mlflow.spanInputs",
    "output": "mlflow.spanOutputs",
}
"""Columns that attributes fill, and their names."""
KINDS = {"LLM": ("model", "provider", "finish_reason"), "TOOL": ("tool_name", "tool_call_id"), "RETRIEVER": ()}
"""Span types, and the columns that only such spans have."""
STATUSES = ["UNSET", "OK", "ERROR"]

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ids = st.integers(1, (1 << 64) - 1)
counts = st.none() | st.integers(0, (1 << 63) - 1)
left_values = texts | st.integers(-9, 9) | st.booleans() | st.lists(st.integers(-9, 9), min_size=1, max_size=2)
spans = st.fixed_dictionaries(
    {
        "span_id": ids,
        "kind": st.sampled_from(sorted(KINDS)),
        "name": texts,
        "start": st.integers(86_400_000_000, 4_000_000_000_000_000),
        "duration": st.integers(0, 10**12),
        "status": st.sampled_from(STATUSES),
        "error": st.none() | st.tuples(texts, texts),
        "input_tokens": counts,
        "output_tokens": counts,
        "cost_usd": st.none() | st.floats(0, 1e6),
        "prompt": st.none() | st.tuples(texts, texts),
        "left": st.dictionaries(st.text("ab", max_size=9).map("left {}".format), left_values, max_size=3),
    },
    optional=dict.fromkeys(ATTRIBUTES, texts),
)
traces = st.fixed_dictionaries(
    {
        "trace_id": st.integers(1, (1 << 128) - 1),
        "session_id": st.none() | texts,
        "user_key": st.none() | texts,
        "release": st.none() | texts,
        "task": st.none() | texts,
        "spans": st.lists(spans, min_size=1, max_size=4, unique_by=lambda span: str(span["span_id"])),
    }
)


def as_attributes(span: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a span as values."""
    tokens = {name: span[name] for name in ("input_tokens", "output_tokens") if span[name] is not None}
    prompt = span["prompt"] and [{"name": span["prompt"][0], "version": span["prompt"][1]}]
    said = {
        "mlflow.spanType": span["kind"],
        "mlflow.chat.tokenUsage": tokens or None,
        "mlflow.llm.cost": None if span["cost_usd"] is None else {"total_cost": span["cost_usd"]},
        "mlflow.linkedPrompts": prompt,
        **{name: span[column] for column, name in ATTRIBUTES.items() if column in span},
    }
    left: dict[str, Any] = span["left"]
    return {name: value for name, value in said.items() if value is not None} | left


def wrapped(value: Any) -> dict[str, Any]:
    """Return a value as the server wraps it."""
    if isinstance(value, dict):
        return {"kvlist_value": {"values": [{"key": name, "value": wrapped(entry)} for name, entry in value.items()]}}
    if isinstance(value, list):
        return {"array_value": {"values": [wrapped(entry) for entry in value]}}
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        return {"int_value": str(value)}
    return {"double_value" if isinstance(value, float) else "string_value": value}


def as_span(span: dict[str, Any], trace_id: int, form: str) -> dict[str, Any]:
    """Return a span as the client exports it, as the server answers it, or as schema 2 had it."""
    said = as_attributes(span)
    attributes: Any = {name: json.dumps(value) for name, value in said.items()}
    if form == "server":
        attributes = [{"key": name, "value": wrapped(value)} for name, value in said.items()]
    error = {"exception.type": span["error"][0], "exception.message": span["error"][1]} if span["error"] else None
    start, end = span["start"] * 1000, (span["start"] + span["duration"]) * 1000
    shared = {
        "name": span["name"],
        "attributes": attributes,
        "events": [{"name": "exception", "attributes": error}] if error else [],
    }
    if form == "schema 2":
        context = {"trace_id": f"0x{trace_id:032x}", "span_id": f"0x{span['span_id']:016x}"}
        status = {"status_code": span["status"], "status_message": ""}
        return shared | {"context": context, "parent_id": None, "start_time": start, "end_time": end} | status
    return shared | {
        "trace_id": b64encode(trace_id.to_bytes(16)).decode(),
        "span_id": b64encode(span["span_id"].to_bytes(8)).decode(),
        "parent_span_id": "",
        "start_time_unix_nano": start,
        "end_time_unix_nano": str(end),
        "status": {"code": f"STATUS_CODE_{span['status']}"},
    }


def as_export(trace: dict[str, Any], form: str) -> dict[str, Any]:
    """Return a trace as the form has it."""
    metadata = {"mlflow.trace.session": "session_id", "mlflow.trace.user": "user_key", "mlflow.modelId": "release"}
    said = {name: trace[column] for name, column in metadata.items() if trace[column] is not None}
    tags = {"mlflow.traceName": trace["task"]} if trace["task"] else {}
    written = [as_span(span, trace["trace_id"], form) for span in trace["spans"]]
    trace_id = f"tr-{trace['trace_id']:032x}"
    if form == "schema 2":
        info = {"request_id": trace_id, "request_metadata": said, "tags": tags, "execution_time_ms": 1}
        return {"info": info, "data": {"spans": written}}
    info = {"trace_id": trace_id, "trace_metadata": said, "tags": tags}
    if form == "server":
        return {"trace": {"trace_info": info, "spans": written}}
    return {"info": info, "data": {"spans": written}}


def as_columns(span: dict[str, Any], trace: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the span must have."""
    own = {"input", "output", "agent", *KINDS[span["kind"]]}
    error_type, error_message = span["error"] or (None, None)
    prompt_name, prompt_version = span["prompt"] or (None, None)
    columns = {
        **{name: trace[name] for name in ("session_id", "user_key", "release", "task")},
        **{column: span.get(column) for column in ATTRIBUTES if column in own},
        **{name: span[name] for name in ("kind", "name", "status", "input_tokens", "output_tokens", "cost_usd")},
        "trace_id": f"{trace['trace_id']:032x}",
        "span_id": f"{span['span_id']:016x}",
        "parent_span_id": None,
        "error_type": error_type,
        "error_message": error_message,
        "prompt_name": prompt_name,
        "prompt_version": prompt_version,
        "duration_ms": span["duration"] / 1000,
    }
    if span["kind"] == "TOOL" and "tool_name" not in span:
        columns["tool_name"] = span["name"]
    return columns


@pytest.mark.parametrize("form", ["client", "server", "schema 2"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(written=st.lists(traces, min_size=1, max_size=3))
def test_columns_survive_a_round_trip(tmp_path: Path, form: str, written: list[dict[str, Any]]) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_bytes(b"".join(orjson.dumps(as_export(trace, form)) + b"\n" for trace in written))
    (batch,) = mlflow.load(Source(path), Context("src_x", date(2026, 2, 1), str, redaction=redaction(REDACTED)))
    assert batch.refused == []
    pairs = [(span, trace) for trace in written for span in trace["spans"]]
    for row, (span, trace) in zip(batch.spans.rows(named=True), pairs, strict=True):
        expected = as_columns(span, trace)
        assert {column: row[column] for column in expected} == expected
        assert round(row["started_at"].timestamp() * 1e6) == span["start"]
        kept = json.loads(row["attributes"])
        assert {name: value for name, value in kept.items() if name.startswith("left ")} == span["left"]
