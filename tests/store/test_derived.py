"""Traces and sessions: one row each, whatever is missing, contradictory or late."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from workbench.schemas import SESSIONS, SPANS, TRACES
from workbench.store.derived import sessions, traces
from workbench.store.telemetry import Telemetry
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Row = Mapping[str, object]


def span(span_id: str, parent: str | None = None, *, at: float | None = 0, lasts: float = 1, **fields: object) -> Row:
    """Return a span of trace t that starts `at` seconds after noon; None is a span without time."""
    start = None if at is None else NOON + at * SECOND
    known = {
        "trace_id": "t",
        "span_id": span_id,
        "parent_span_id": parent,
        "kind": "CHAIN",
        "started_at": start,
        "ended_at": start and start + lasts * SECOND,
        "time_known": at is not None,
        "status": "UNSET",
        "content_digest": span_id,
        "day": (start or NOON).date(),
    }
    return known | fields


def spans_of(*rows: Row) -> pl.LazyFrame:
    return pl.LazyFrame([{name: row.get(name) for name in SPANS.schema} for row in rows], schema=SPANS.schema)


def trace_of(*rows: Row) -> dict[str, object]:
    """Return the one trace of these spans, the same in every order that they may come in."""
    seen = []
    for seed in range(4):
        shuffled = random.Random(seed).sample(rows, len(rows))
        frame = traces(spans_of(*shuffled)).collect()
        assert frame.schema == TRACES.schema
        seen.append(frame.row(0, named=True))
        assert frame.height == 1
    assert all(row == seen[0] for row in seen)
    return seen[0]


def test_a_whole_trace_has_its_roots_words_and_the_sums_of_its_llm_spans() -> None:
    trace = trace_of(
        span("r", name="handle", lasts=9, status="OK", input="hi", output="bye", kind="AGENT", input_tokens=30),
        span("a", "r", at=1, kind="LLM", input_tokens=10, output_tokens=2, cost_usd=0.25, release="v2"),
        span("b", "r", at=2, kind="LLM", input_tokens=20, output_tokens=3, cost_usd=0.5, status="ERROR"),
        span(
            "c",
            "b",
            at=3,
            kind="TOOL",
            session_id="s",
            user_key="usr_x",
            user_tier="pro",
            service="bot",
            input="secret",
        ),
    )
    assert trace == {
        **{
            "trace_id": "t",
            "root_span_id": "r",
            "session_id": "s",
            "user_key": "usr_x",
            "user_tier": "pro",
            "name": "handle",
        },
        **{"service": "bot", "environment": None, "release": "v2", "task": None},
        **{"started_at": NOON, "ended_at": NOON + 9 * SECOND, "duration_ms": 9000.0, "status": "OK"},
        **{"n_spans": 4, "n_errors": 1, "input_tokens": 10 + 20, "output_tokens": 2 + 3, "cost_usd": 0.25 + 0.5},
        **{"input": "hi", "output": "bye", "day": NOON.date()},
    }


def test_a_call_that_is_told_twice_one_span_in_the_other_counts_once() -> None:
    trace = trace_of(
        span("outer", kind="LLM", input_tokens=10, cost_usd=0.25),
        span("inner", "outer", kind="LLM", input_tokens=10, output_tokens=2),
        span("silent", at=2, kind="LLM"),
        span("asked", "silent", at=2, kind="LLM", input_tokens=7),
        span("tool", "asked", at=3, kind="TOOL"),
        span("of_tool", "tool", at=3, kind="LLM", input_tokens=5, cost_usd=0.5),
    )
    assert (trace["input_tokens"], trace["output_tokens"], trace["cost_usd"]) == (10 + 7 + 5, 2, 0.25 + 0.5)


@pytest.mark.parametrize(
    ("rows", "root"),
    [
        pytest.param([span("b", at=1), span("a", at=2), span("c", "b")], "b", id="the root that began first"),
        pytest.param([span("b"), span("a")], "a", id="of two that began at once the least id"),
        pytest.param([span("b", at=None), span("a", at=5)], "a", id="one without time comes last"),
        pytest.param([span("b", at=None), span("a", at=None)], "a", id="no time at all"),
        pytest.param([span("c", "gone", at=3), span("b", "gone", at=2), span("a", "b", at=1)], "b", id="orphans"),
        pytest.param([span("b", "a"), span("a", "b", at=1)], "b", id="parents in a circle"),
        pytest.param([span("a", "a")], "a", id="its own parent"),
        pytest.param([span("b", "a"), span("a", "b"), span("z", "gone", at=9)], "z", id="an orphan beside a circle"),
    ],
)
def test_the_root_follows_one_rule(rows: list[Row], root: str) -> None:
    assert trace_of(*rows)["root_span_id"] == root


def test_what_no_span_says_stays_null() -> None:
    trace = trace_of(span("a", at=None))
    silent = ("started_at", "ended_at", "duration_ms", "input_tokens", "cost_usd", "session_id", "input", "output")
    assert [trace[name] for name in silent] == [None] * len(silent)
    assert (trace["n_spans"], trace["n_errors"], trace["day"]) == (1, 0, NOON.date())


def test_cost_of_other_spans_counts_where_no_llm_span_has_one() -> None:
    assert trace_of(span("r", cost_usd=0.5), span("a", "r", kind="LLM"))["cost_usd"] == 0.5
    assert trace_of(span("r", cost_usd=0.5), span("a", "r", kind="LLM", cost_usd=0.25))["cost_usd"] == 0.25


def test_a_parent_of_another_trace_is_no_parent() -> None:
    rows = spans_of(span("a", "x"), span("b", "a"), span("x", trace_id="u"))
    roots = traces(rows).sort("trace_id").collect()
    assert roots["root_span_id"].to_list() == ["a", "x"]


def test_a_session_adds_up_its_traces_in_their_order() -> None:
    rows = spans_of(
        span("1", trace_id="t1", session_id="s", at=60, input="second", output="b", kind="LLM", cost_usd=0.25),
        span(
            "2",
            trace_id="t2",
            session_id="s",
            at=0,
            input="first",
            output="a",
            status="ERROR",
            user_key="usr_x",
            user_tier="free",
        ),
        span("3", "2", trace_id="t2", at=1, status="ERROR"),
        span("4", trace_id="t3", session_id="s", at=None, output="no time"),
        span("5", trace_id="t4", at=5),
    )
    found = sessions(traces(rows)).collect()
    assert found.schema == SESSIONS.schema
    assert found.rows(named=True) == [
        {
            **{
                "session_id": "s",
                "user_key": "usr_x",
                "user_tier": "free",
                "service": None,
                "first_trace_id": "t2",
                "last_trace_id": "t3",
            },
            **{"started_at": NOON, "ended_at": NOON + 61 * SECOND, "duration_ms": 61_000.0},
            **{"n_traces": 3, "n_traces_with_errors": 1, "n_spans": 4, "n_errors": 2},
            **{"input_tokens": None, "output_tokens": None, "cost_usd": 0.25},
            **{"input": "first", "output": "no time", "day": NOON.date()},
        }
    ]


def test_from_the_store_a_trace_across_midnight_with_one_span_twice_is_one_row(tmp_path: Path) -> None:
    telemetry = Telemetry(tmp_path)
    telemetry.create()
    late = 12 * 3600 - 1  # a second before midnight
    stored = [
        span("r", at=late, lasts=3, name="draft", content_digest="r1"),
        span("r", at=late, lasts=4, name="final", content_digest="r2", session_id="s"),
        span("a", "r", at=late + 2),
    ]
    rows = spans_of(*stored).collect()
    telemetry.append(SPANS, rows, source="s", offset=1)
    day = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    trace = telemetry.traces(window=day).collect().row(0, named=True)
    assert (trace["n_spans"], trace["name"], trace["duration_ms"], trace["day"]) == (2, "final", 4000, date(2026, 3, 1))
    assert telemetry.sessions(window=day).collect()["n_traces"].to_list() == [1]
    assert telemetry.traces(window=Window(day.end, None)).collect().is_empty()
    assert telemetry.sessions(window=Window(day.end, None)).collect().schema == SESSIONS.schema
