"""A trace on a page: folded, its steps in their order, of a long one those around what matters."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl

from workbench.report.steps import MAX_STEPS, folded_trace

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOSTILE = "</q></details><img src=x onerror=alert(1)>"
Spans = Callable[..., pl.LazyFrame]


def calls(spans: Spans, n: int, *, failing: int) -> pl.DataFrame:
    """Return a trace of calls of a tool one after the other, one of which fails."""
    rows = [
        {
            "span_id": f"s{at:03}",
            "started_at": START + timedelta(seconds=at),
            "kind": "TOOL",
            "tool_name": f"tool {at}",
            "status": "ERROR" if at == failing else "OK",
        }
        for at in range(n)
    ]
    return spans(*rows).collect()


def test_a_short_trace_is_shown_whole_with_its_failure_and_the_finding(spans: Spans) -> None:
    shown = folded_trace(calls(spans, 3, failing=1), limit=100, found="s002").plain.splitlines()
    assert shown[0] == "The whole trace: 3 steps, failing first at step 2"
    assert shown[1:] == [
        "tool tool 0",
        "tool tool 1 first failure",
        "error",
        "no message is recorded",
        "tool tool 2 found here",
    ]


def test_of_a_long_trace_the_steps_around_the_failure_are_shown(spans: Spans) -> None:
    shown = folded_trace(calls(spans, 100, failing=80), limit=100).plain
    assert "tool 70\n" in shown
    assert "tool 80 first failure" in shown
    assert "tool 69\n" not in shown
    assert f"{100 - MAX_STEPS} steps before and after these are not shown." in shown


def test_a_trace_that_is_gone_is_nothing(spans: Spans) -> None:
    assert folded_trace(spans().collect(), limit=100).html == ""


def test_hostile_words_stay_text(spans: Spans) -> None:
    row = {
        "kind": "TOOL",
        "tool_name": HOSTILE,
        "input": HOSTILE,
        "output": HOSTILE,
        "status": "ERROR",
        "error_type": HOSTILE,
    }
    shown = folded_trace(spans(row).collect(), limit=100)
    assert "<img src=x" not in shown.html
    assert shown.plain.count("<img src=x") == 4
