"""Small frames for detectors: spans and signals as a few words each, and the answer as plain dictionaries."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from workbench.detectors import Detector
from workbench.schemas import SIGNALS, SPANS, UNITS, Table

START = datetime(2026, 1, 5, tzinfo=UTC)
SPAN = {"trace_id": "t1", "kind": "TOOL", "status": "UNSET", "time_known": True, "day": date(2026, 1, 5)}
SIGNAL = {"target_kind": "trace", "trace_id": "t1", "kind": "feedback", "name": "thumb", "day": date(2026, 1, 5)}

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def span_frame() -> Callable[..., pl.LazyFrame]:
    """Return a function from spans to schemas.SPANS: what is not given is null or usual, times are seconds."""

    def build(rows: Rows) -> pl.LazyFrame:
        return _frame(SPANS, [{**SPAN, "span_id": f"s{place}", **row} for place, row in enumerate(rows)])

    return build


@pytest.fixture
def signal_frame() -> Callable[..., pl.LazyFrame]:
    """Return a function from signals to schemas.SIGNALS: what is not given is usual or null, ids are g0, g1."""

    def build(rows: Rows) -> pl.LazyFrame:
        return _frame(SIGNALS, [{**SIGNAL, "signal_id": f"g{place}", **row} for place, row in enumerate(rows)])

    return build


@pytest.fixture
def answers(
    span_frame: Callable[..., pl.LazyFrame], signal_frame: Callable[..., pl.LazyFrame]
) -> Callable[..., list[dict[str, Any]]]:
    """Return a function from a detector, spans and signals to its units, by trace, span and session."""

    def ask(detector: Detector, spans: Rows, signals: Rows = ()) -> list[dict[str, Any]]:
        units = detector.detect(span_frame(spans), signal_frame(signals)).collect(engine="streaming")
        assert units.schema == UNITS.schema
        return units.sort(UNITS.key).to_dicts()

    return ask


@pytest.fixture
def visit() -> Callable[..., Rows]:
    """Return a function from requests to the spans of a session: one answered trace each, as OpenTelemetry has."""

    def build(*requests: str, answers: Sequence[str | None] = (), session_id: str | None = "visit") -> Rows:
        given = [*answers, *["Here you are."] * (len(requests) - len(answers))]
        return [
            {
                "trace_id": f"t{number}",
                "span_id": f"root{number}",
                "session_id": session_id,
                "kind": "AGENT",
                "started_at": number,
                "input": json.dumps([{"role": "user", "parts": [{"type": "text", "content": request}]}]),
                "output": answer,
            }
            for number, (request, answer) in enumerate(zip(requests, given, strict=True), start=1)
        ]

    return build


@pytest.fixture
def chat() -> Callable[..., Rows]:
    """Return a function from a user's messages to the spans of one trace without times, as loaders of chats do.

    `unanswered` are the user's messages after the last answer.
    """

    def build(*requests: str, unanswered: Sequence[str] = (), answers: Sequence[str] = ()) -> Rows:
        given = [*answers, *["Done."] * (len(requests) - len(answers))]
        left = {"unanswered": [{"role": "user", "content": text} for text in unanswered]} if unanswered else {}
        root = {"span_id": "run", "kind": "AGENT", "input": requests[0], "output": given[-1]}
        calls = [
            {
                "span_id": f"run:{2 * number}",
                "parent_span_id": "run",
                "kind": "LLM",
                "input": json.dumps([{"role": "user", "content": request}], ensure_ascii=False),
                "output": answer,
            }
            for number, (request, answer) in enumerate(zip(requests, given, strict=True), start=1)
        ]
        # The order of the rows says nothing.
        return [*reversed(calls), {**root, "attributes": json.dumps(left, separators=(",", ":"))}]

    return build


def _frame(table: Table, rows: Rows) -> pl.LazyFrame:
    timed = [{name: _moment(name, value) for name, value in row.items()} for row in rows]
    columns = {name: [row.get(name) for row in timed] for name in table.schema.names()}
    assert not {name for row in rows for name in row} - columns.keys(), "no such column"
    return pl.LazyFrame(columns, schema=table.schema)


def _moment(name: str, value: Any) -> Any:
    return START + timedelta(seconds=value) if name in {"started_at", "ended_at"} and value is not None else value
