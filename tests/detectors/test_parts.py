"""A window cut into parts is the same window: each span once, each trace whole, and every answer as before."""

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detectors import DETECTORS, Detector, cut, examine, joined, tool_error
from workbench.schemas import UNITS

Frame = Callable[..., pl.LazyFrame]
NOW = datetime(2026, 2, 3, tzinfo=UTC)
MONDAY = date(2026, 1, 5)
TRACES_AND_DAYS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9)), max_size=40)


@given(placed=TRACES_AND_DAYS, n_spans=st.integers(1, 50))
def test_parts_are_all_spans_once_and_every_trace_whole(placed: list[tuple[str, int]], n_spans: int) -> None:
    rows = [(trace, MONDAY + timedelta(days=day), number) for number, (trace, day) in enumerate(placed)]
    spans = pl.LazyFrame(rows, schema={"trace_id": pl.String, "day": pl.Date, "number": pl.Int64}, orient="row")
    parts = [part.collect() for part in cut(spans, n_spans=n_spans)]
    numbers = [number for part in parts for number in part["number"]]
    assert sorted(numbers) == list(range(len(placed)))
    traces = [trace for part in parts for trace in part["trace_id"].unique()]
    assert len(traces) == len(set(traces))


def test_a_part_ends_with_the_day_that_fills_it_and_long_traces_are_a_part_of_their_own(span_frame: Frame) -> None:
    days = {"t1": (0,), "t2": (0, 1), "t3": (1,), "t4": (2,), "long": (0, 3)}
    spans = span_frame(
        [{"trace_id": trace, "day": MONDAY + timedelta(days=day)} for trace, on in days.items() for day in on]
    )
    parts = [sorted(set(part.collect()["trace_id"])) for part in cut(spans, n_spans=3)]
    assert parts == [["t1", "t2"], ["t3", "t4"], ["long"]]


def test_a_part_travels_light(tmp_path: Path) -> None:
    """Each job of ten million spans took 150 MB to the workers: the ids of all traces, for the few over midnight."""
    rows = [(f"{number:032x}", MONDAY) for number in range(20_000)]
    rows += [(f"{number:032x}", MONDAY + timedelta(days=1)) for number in range(3)]
    pl.DataFrame(rows, schema={"trace_id": pl.String, "day": pl.Date}, orient="row").write_parquet(tmp_path / "spans")
    (part,) = cut(pl.scan_parquet(tmp_path / "spans"))
    first, second = cut(pl.concat([pl.scan_parquet(tmp_path / "spans"), later(tmp_path)]), n_spans=1)
    assert part.select(pl.len()).collect().item() == 20_003
    assert len(first.collect()) == 20_003
    assert len(second.collect()) == 1
    assert all(len(pickle.dumps(one)) < 20_000 for one in (part, first, second))


def later(folder: Path) -> pl.LazyFrame:
    """Return one more trace, of Tuesday alone."""
    rows = pl.DataFrame({"trace_id": ["tuesday"], "day": [MONDAY + timedelta(days=1)]})
    rows.write_parquet(folder / "later")
    return pl.scan_parquet(folder / "later")


@pytest.mark.parametrize("entry", [one for one in DETECTORS if one.reads == "trace"], ids=lambda one: one.code)
def test_what_reads_a_trace_answers_in_parts_as_in_one_piece(
    entry: Detector, span_frame: Frame, signal_frame: Frame
) -> None:
    spans = span_frame([row for number in range(12) for row in failing_trace(number)])
    signals = signal_frame(
        [{"trace_id": f"t{number}", "kind": "outcome", "name": "reward", "value": number % 2} for number in range(12)]
    )
    whole = examine(entry, spans, signals, run_id="run_1", now=NOW)
    in_parts = joined([examine(entry, part, signals, run_id="run_1", now=NOW) for part in cut(spans, n_spans=9)])
    assert len(cut(spans, n_spans=9)) > 2
    assert whole.tally.n_examined > 0
    assert in_parts.tally == whole.tally
    assert in_parts.findings.equals(whole.findings)
    places = ["detector", "trace_id", "session_id"]
    assert in_parts.judged.sort(places).equals(whole.judged.sort(places))


def failing_trace(number: int) -> list[dict[str, Any]]:
    """Return an agent that asks one tool the same three times, the last of them a day later; every third one fails."""
    day, start = MONDAY + timedelta(days=number % 5), number % 5 * 86_400
    of_trace = {"trace_id": f"t{number}", "session_id": f"v{number % 4}", "day": day}
    root = {"span_id": f"r{number}", "kind": "AGENT", "output": "Done.", "finish_reason": "stop"}
    call = {"kind": "TOOL", "tool_name": "find", "input": "{}", "parent_span_id": f"r{number}"}
    ends = {"day": day + timedelta(days=1), "status": "ERROR" if number % 3 == 0 else "OK", "error_message": "no such"}
    at = {"started_at": start, "ended_at": start + 2}
    return [
        {**of_trace, **at, **root},
        *({**of_trace, **at, **call, "span_id": f"c{number}-{turn}"} for turn in range(2)),
        {
            **of_trace,
            **call,
            "span_id": f"c{number}-2",
            "started_at": start + 86_400,
            "ended_at": start + 86_401,
            **ends,
        },
        {**of_trace, **at, "span_id": f"m{number}", "kind": "LLM", "output": "", "finish_reason": "length"},
    ]


def test_a_detector_that_fails_on_one_part_has_failed(span_frame: Frame, signal_frame: Frame) -> None:
    def breaks_on_t1(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        if "t1" in spans.collect()["trace_id"]:
            raise RuntimeError("not this one")
        return UNITS.empty().lazy()

    entry = Detector(
        code="odd", version=1, unit="span", severity="low", question="?", detect=breaks_on_t1, reads="trace"
    )
    parts = [span_frame([{"trace_id": "t0"}]), span_frame([{"trace_id": "t1"}])]
    examined = joined([examine(entry, part, signal_frame([]), run_id="run_1", now=NOW) for part in parts])
    assert examined.tally.state == "failed"
    assert str(examined.tally.error).startswith("RuntimeError in test_parts.py, line ")


def test_a_detector_reads_the_whole_window_unless_it_says_less() -> None:
    entry = Detector(
        code="odd", version=1, unit="span", severity="low", question="?", detect=tool_error.DETECTOR.detect
    )
    assert entry.reads == "window"
