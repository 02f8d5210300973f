"""Columns written as LangSmith runs and read back are the same columns, whatever their values."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.boundaries.redact import NAMES as REDACTED
from workbench.loaders import langsmith
from workbench.loaders.batch import Context
from workbench.loaders.personal import redaction
from workbench.loaders.source import Source

METADATA = {
    "session_id": "thread_id",
    "user_key": "user_id",
    "release": "revision_id",
    "agent": "lc_agent_name",
    "model": "ls_model_name",
    "provider": "ls_provider",
    "prompt_name": "lc_hub_repo",
    "prompt_version": "lc_hub_commit_hash",
}
"""Columns that the metadata fills, and their names there."""
KINDS = {"LLM": "llm", "TOOL": "tool", "CHAIN": "chain", "RETRIEVER": "retriever", "PROMPT": "prompt"}
STATUSES = {"OK": "success", "UNSET": "pending"}

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
lines = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
ids = st.uuids().map(str)
moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
counts = st.none() | st.integers(1, (1 << 63) - 1)
spans = st.fixed_dictionaries(
    {
        "trace_id": ids,
        "span_id": ids,
        "parent_span_id": st.none() | ids,
        "kind": st.sampled_from(sorted(KINDS)),
        "name": texts,
        "started_at": moments,
        "ms": st.none() | st.integers(0, 10**9),
        "status": st.sampled_from(sorted(STATUSES)),
        "error": st.none() | st.tuples(st.sampled_from(["ValueError", "a.b.Timeout"]), lines),
        "input": st.none() | texts,
        "output": st.none() | texts,
        "input_tokens": counts,
        "output_tokens": counts,
        "cost_usd": st.none() | st.floats(1e-9, 1e6),
        "tool_call_id": st.none() | texts,
        "left": st.dictionaries(
            st.text("ab", max_size=9).map("left {}".format), texts | st.integers(-9, 9) | st.booleans(), max_size=3
        ),
    },
    optional=dict.fromkeys(METADATA, texts),
)


def as_run(span: dict[str, Any]) -> dict[str, Any]:
    """Return the run that says what the columns of a span say."""
    error = span["error"] and f"Traceback (most recent call last):\n  File\n{span['error'][0]}: {span['error'][1]}"
    end = None if span["ms"] is None else span["started_at"] + timedelta(milliseconds=span["ms"])
    return {
        "id": span["span_id"],
        "trace_id": span["trace_id"],
        "parent_run_id": span["parent_span_id"],
        "run_type": KINDS[span["kind"]],
        "name": span["name"],
        "start_time": span["started_at"].isoformat(),
        "end_time": end and end.isoformat(),
        "status": "error" if error else STATUSES[span["status"]],
        "error": error,
        "inputs": {"input": span["input"]},
        "outputs": {"output": span["output"]},
        "prompt_tokens": span["input_tokens"],
        "completion_tokens": span["output_tokens"],
        "total_cost": span["cost_usd"] and str(span["cost_usd"]),
        "extra": {
            "metadata": {name: span[column] for column, name in METADATA.items() if column in span},
            "tool_call_id": span["tool_call_id"],
            **span["left"],
        },
    }


def as_columns(span: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the run must have."""
    is_model, is_tool = span["kind"] == "LLM", span["kind"] == "TOOL"
    error_type, error_message = span["error"] or (None, None)
    return {
        **{name: span[name] for name in ("trace_id", "span_id", "parent_span_id", "kind", "name", "started_at")},
        **{column: span.get(column) for column in METADATA},
        **{name: span[name] for name in ("input", "output")},
        **{name: span[name] if is_model else None for name in ("input_tokens", "output_tokens", "cost_usd")},
        "tool_name": span["name"] if is_tool else None,
        "tool_call_id": span["tool_call_id"] if is_tool else None,
        "duration_ms": span["ms"],
        "status": "ERROR" if span["error"] else span["status"],
        "error_type": error_type,
        "error_message": error_message,
    }


def as_parquet(path: Path, runs: list[dict[str, Any]]) -> None:
    """Write runs as the bulk export does: a column a field, objects as JSON text."""
    rows = [{name: json.dumps(run[name]) if isinstance(run[name], dict) else run[name] for name in run} for run in runs]
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)


@pytest.mark.parametrize("form", ["lines", "array", "parquet"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(written=st.lists(spans, min_size=1, max_size=5, unique_by=lambda span: str(span["span_id"])))
def test_columns_survive_a_round_trip(tmp_path: Path, form: str, written: list[dict[str, Any]]) -> None:
    path, runs = tmp_path / "runs", [as_run(span) for span in written]
    if form == "parquet":
        as_parquet(path, runs)
    else:
        path.write_bytes(orjson.dumps(runs) if form == "array" else b"".join(orjson.dumps(run) + b"\n" for run in runs))
    (batch,) = langsmith.load(Source(path), Context("src_x", date(2026, 2, 1), str, redaction=redaction(REDACTED)))
    assert batch.refused == []
    for row, span in zip(batch.spans.rows(named=True), written, strict=True):
        expected = as_columns(span)
        assert {column: row[column] for column in expected} == expected
        kept = json.loads(row["attributes"])["extra"]
        assert {name: value for name, value in kept.items() if name.startswith("left ")} == span["left"]
