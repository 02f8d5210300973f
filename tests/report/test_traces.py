"""Traces: one row each, counted by hand, and what is not recorded stays null."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from workbench.errors import SchemaError
from workbench.report.traces import traces

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 5, 12, 0, 3, tzinfo=UTC)
Spans = Callable[..., pl.LazyFrame]


def test_a_trace_lasts_from_its_first_start_to_its_last_end(spans: Spans) -> None:
    derived = traces(
        spans({"started_at": AT, "ended_at": AT}, {"started_at": AT, "ended_at": LATER, "status": "ERROR"})
    )
    assert derived.select("n_spans", "duration_ms", "has_error").rows() == [(2, 3_000.0, True)]


def test_cost_is_that_of_the_models_where_it_is_recorded_and_else_that_of_other_spans(spans: Spans) -> None:
    derived = traces(
        spans(
            {"trace_id": "a", "kind": "AGENT", "cost_usd": 9.0},
            {"trace_id": "a", "cost_usd": 1.0},
            {"trace_id": "a", "cost_usd": 2.0},
            {"trace_id": "b", "kind": "AGENT", "cost_usd": 5.0},
            {"trace_id": "b"},
            {"trace_id": "c"},
        )
    )
    assert derived["cost_usd"].to_list() == [3.0, 5.0, None]


def test_a_trace_without_times_has_no_day_and_no_duration(spans: Spans) -> None:
    derived = traces(spans({"time_known": False}))
    assert derived.select("day", "started_at", "duration_ms").rows() == [(None, None, None)]


def test_a_placeholder_time_is_no_time(spans: Spans) -> None:
    assert traces(spans({"time_known": False, "started_at": AT}))["started_at"].to_list() == [None]


def test_no_spans_are_no_traces(spans: Spans) -> None:
    assert traces(spans()).is_empty()


def test_a_frame_without_the_columns_is_refused() -> None:
    with pytest.raises(SchemaError, match="missing column"):
        traces(pl.LazyFrame({"trace_id": ["a"]}))
