"""Completeness: shares are taken of what a value applies to."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from workbench.report.completeness import completeness, completeness_chart

AT = datetime(2026, 1, 5, tzinfo=UTC)
Spans = Callable[..., pl.LazyFrame]


def counted(frame: pl.DataFrame) -> dict[str, tuple[str, int, int]]:
    """Return `of`, `n_known` and `n` by name."""
    return {name: (of, n_known, n) for name, of, n, n_known in frame.iter_rows()}


def test_tokens_are_asked_of_models_and_tool_names_of_tools(spans: Spans) -> None:
    known = counted(
        completeness(
            spans(
                {"kind": "LLM", "input_tokens": 5, "output_tokens": 7, "input": "a"},
                {"kind": "LLM", "input_tokens": 5},
                {"kind": "TOOL", "tool_name": "search"},
                {"kind": "AGENT"},
            )
        )
    )
    assert known["tokens"] == ("LLM spans", 1, 2)
    assert known["tool name"] == ("tool spans", 1, 1)
    assert known["input"] == ("LLM and tool spans", 1, 3)
    assert known["time"] == ("spans", 4, 4)


def test_a_trace_has_a_user_if_one_of_its_spans_has(spans: Spans) -> None:
    known = counted(completeness(spans({"trace_id": "a", "user_key": "usr_1"}, {"trace_id": "a"}, {"trace_id": "b"})))
    assert known["user"] == ("traces", 1, 2)


def test_what_applies_to_nothing_is_left_out(spans: Spans) -> None:
    assert "tool name" not in counted(completeness(spans({"kind": "LLM"})))


def test_the_chart_says_its_numbers_in_words(spans: Spans) -> None:
    drawn = completeness_chart(spans({"kind": "LLM", "model": "m"}, {"kind": "LLM"}))
    assert "model, of LLM spans: 1 of 2 (50 %)" in drawn.alt
