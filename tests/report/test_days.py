"""Days: what is drawn has a time, and what cannot be drawn is said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl

from workbench.report.blocks import Block
from workbench.report.chart import Chart
from workbench.report.days import cost_by_day, errors_by_day, latency_by_day, operations, volume_by_day
from workbench.report.traces import traces

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
Spans = Callable[..., pl.LazyFrame]


def test_charts_tell_their_extremes_in_words(spans: Spans) -> None:
    derived = traces(
        spans(
            {"trace_id": "a", "started_at": AT, "ended_at": AT + timedelta(seconds=2), "cost_usd": 0.5},
            {"trace_id": "b", "started_at": AT, "ended_at": AT + timedelta(seconds=2), "status": "ERROR"},
            {"trace_id": "c", "started_at": AT + timedelta(days=2), "ended_at": AT + timedelta(days=2, seconds=4)},
        )
    )
    drawn = [draw(derived) for draw in (volume_by_day, errors_by_day, latency_by_day, cost_by_day)]
    alts = [chart.alt for chart in drawn if isinstance(chart, Chart)]
    assert "most on 2026-01-05: 2 traces" in alts[0]
    assert "50 %, on 2026-01-05" in alts[1]
    assert "Median over all days 2.0 s" in alts[2]
    assert "In all $0.5." in alts[3]


def test_a_very_old_trace_is_said_and_not_drawn(spans: Spans) -> None:
    old = {"started_at": AT.replace(year=2018), "ended_at": AT.replace(year=2018), "cost_usd": 0.5}
    new = {"started_at": AT, "ended_at": AT + timedelta(seconds=2), "cost_usd": 0.5}
    derived = traces(spans({"trace_id": "a", **old}, {"trace_id": "b", **old}, {"trace_id": "c", **new}))
    drawn = [draw(derived) for draw in (volume_by_day, errors_by_day, latency_by_day, cost_by_day)]
    alts = [chart.alt for chart in drawn if isinstance(chart, Chart)]
    assert ["2 of 3 traces lie before these 60 days and are not drawn" in alt for alt in alts] == [True] * 4
    assert "1 day; most on 2026-01-05: 1 trace." in alts[0]


def test_without_times_there_is_a_sentence_and_no_chart(spans: Spans) -> None:
    derived = traces(spans({"time_known": False}))
    for draw in (volume_by_day, errors_by_day, latency_by_day):
        assert isinstance(draw(derived), Block)


def test_an_unrecorded_cost_is_not_drawn_as_zero(spans: Spans) -> None:
    shown = cost_by_day(traces(spans({"started_at": AT})))
    assert isinstance(shown, Block)
    assert "not a cost of zero" in shown.plain


def test_a_single_trace_is_a_chart(spans: Spans) -> None:
    assert isinstance(volume_by_day(traces(spans({"started_at": AT}))), Chart)


def test_operations_with_most_failures_come_first_and_few_spans_have_no_95th_percentile(spans: Spans) -> None:
    rows = [{"kind": "TOOL", "tool_name": "calm", "duration_ms": 10.0}] * 20
    rows += [{"kind": "TOOL", "tool_name": "broken", "duration_ms": 30.0, "status": "ERROR"}] * 2
    shown = operations(spans(*rows), top_n=5).plain.splitlines()
    assert [" ".join(row.split()) for row in shown if row.startswith("TOOL")] == [
        "TOOL broken 2 2 of 2 (100 %) 30 ms too few",
        "TOOL calm 20 0 of 20 (0 %) 10 ms 10 ms",
    ]


def test_a_hostile_tool_name_stays_text(spans: Spans) -> None:
    assert "<img" not in operations(spans({"kind": "TOOL", "tool_name": "<img src=x onerror=alert(1)>"}), top_n=5).html
