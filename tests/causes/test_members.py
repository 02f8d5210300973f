"""Findings about sessions count for each trace of the session."""

import polars as pl
import pytest

from workbench.causes.members import in_last_traces, with_traces
from workbench.errors import SchemaError
from workbench.schemas import SPANS

UNIT = {"unit": pl.String, "trace_id": pl.String, "session_id": pl.String}


def spans(*places: tuple[str, str | None]) -> pl.LazyFrame:
    """Return spans with trace and session."""
    rows = [{"trace_id": trace_id, "session_id": session_id} for trace_id, session_id in places]
    return pl.DataFrame(rows, schema=SPANS.schema).lazy()


def told(units: list[tuple[str, str | None, str | None]], telemetry: pl.LazyFrame) -> list[tuple[str, str]]:
    """Return unit and trace, sorted."""
    frame = with_traces(pl.DataFrame(units, schema=UNIT, orient="row"), telemetry)
    return sorted(frame.select("unit", "trace_id").rows())


def test_a_session_stands_for_its_traces() -> None:
    telemetry = spans(("a", "s"), ("a", None), ("b", "s"), ("b", "s"), ("c", "other"))
    assert told([("f1", None, "s"), ("f2", "c", "other")], telemetry) == [("f1", "a"), ("f1", "b"), ("f2", "c")]


def test_a_trace_stands_for_itself_also_within_a_session() -> None:
    assert told([("f1", "a", "s")], spans(("a", "s"), ("b", "s"))) == [("f1", "a")]


def test_a_session_without_spans_has_no_trace() -> None:
    assert told([("f1", None, "unseen"), ("f2", None, None)], spans(("a", "s"))) == []


def test_a_session_is_shown_by_its_last_trace_and_one_without_any_by_none() -> None:
    schema = {"trace_id": pl.String, "session_id": pl.String, "at": pl.Int64}
    traces = pl.DataFrame([("b", "s", 2), ("a", "s", 2), ("c", "s", None), ("d", None, 9)], schema=schema, orient="row")
    units = [("f1", None, "s"), ("f2", "a", "s"), ("f3", None, "unseen"), ("f4", None, None)]
    placed = in_last_traces(pl.DataFrame(units, schema=UNIT, orient="row"), traces)
    assert placed["trace_id"].to_list() == ["b", "a", None, None]
    assert placed.columns == list(UNIT)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="session_id"):
        with_traces(pl.DataFrame(schema={"trace_id": pl.String}), SPANS.empty().lazy())
