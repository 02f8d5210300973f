"""Attributes of traces: several values at once, nothing invented, failing tools."""

import polars as pl
import pytest

from workbench.causes.attributes import ATTRIBUTES, trace_attributes
from workbench.errors import SchemaError
from workbench.schemas import SPANS


def spans(*rows: dict[str, str | None]) -> pl.LazyFrame:
    """Return spans of the given columns, all others null."""
    return pl.DataFrame(list(rows), schema=SPANS.schema).lazy()


def values(frame: pl.LazyFrame, attribute: str) -> list[tuple[str, str | None]]:
    """Return trace and value of one attribute, sorted."""
    return sorted(trace_attributes(frame).filter(attribute=attribute).select("trace_id", "value").rows())


def test_a_trace_that_used_two_tools_has_both_and_each_once() -> None:
    tools = spans(
        {"trace_id": "a", "span_id": "1", "tool_name": "search"},
        {"trace_id": "a", "span_id": "2", "tool_name": "cite"},
        {"trace_id": "a", "span_id": "3", "tool_name": "search"},
        {"trace_id": "b", "span_id": "1", "tool_name": "cite"},
    )
    assert values(tools, "tool_name") == [("a", "cite"), ("a", "search"), ("b", "cite")]


def test_what_is_not_recorded_is_no_value() -> None:
    frame = spans(
        {"trace_id": "a", "model": None},
        {"trace_id": "b", "model": ""},
        {"trace_id": "c", "model": "gpt-4o"},
    )
    assert trace_attributes(frame).rows() == [("c", "model", "gpt-4o")]


def test_a_failing_tool_is_known_of_every_trace_that_used_a_tool() -> None:
    frame = spans(
        {"trace_id": "failed", "tool_name": "pay", "status": "ERROR"},
        {"trace_id": "failed", "tool_name": "search", "status": "OK"},
        {"trace_id": "worked", "tool_name": "pay", "status": "OK"},
        {"trace_id": "unsaid", "tool_name": "pay", "status": None},
        {"trace_id": "no tool", "model": "gpt-4o", "status": "ERROR"},
    )
    assert values(frame, "failing_tool") == [("failed", "pay"), ("unsaid", None), ("worked", None)]


@pytest.mark.parametrize(
    "name", [attribute.name for attribute in ATTRIBUTES if attribute.name not in {"failing_tool", "locale"}]
)
def test_every_attribute_comes_from_its_column(name: str) -> None:
    assert ("a", name, "x") in trace_attributes(spans({"trace_id": "a", name: "x"})).rows()


def test_no_span_has_no_attribute() -> None:
    attributes = trace_attributes(SPANS.empty().lazy())
    assert attributes.schema == {"trace_id": pl.String, "attribute": pl.String, "value": pl.String}
    assert attributes.is_empty()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="prompt_version"):
        trace_attributes(SPANS.empty().lazy().drop("prompt_version"))


def test_an_unusual_finish_is_a_value_and_a_usual_one_is_known_as_none() -> None:
    """Nearly every healthy answer ends with stop: that it did explains nothing."""
    finished = spans(
        {"trace_id": "a", "finish_reason": "stop"},
        {"trace_id": "a", "finish_reason": "length"},
        {"trace_id": "b", "finish_reason": "Tool_Calls"},
        {"trace_id": "c", "finish_reason": None},
    )
    assert values(finished, "finish_reason") == [("a", "length"), ("b", None)]
