"""A failure without an error says what else was found in its trace, if that says why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from workbench.detectors import (
    Detector,
    Examination,
    beside,
    examine,
    failed_outcome,
    heavy_edit,
    incomplete_answer,
    retry_storm,
)

Frame = Callable[[Sequence[Mapping[str, Any]]], pl.LazyFrame]
NOW = datetime(2026, 1, 6, tzinfo=UTC)
DETECTORS: Sequence[Detector] = (
    failed_outcome.DETECTOR,
    incomplete_answer.DETECTOR,
    heavy_edit.DETECTOR,
    retry_storm.DETECTOR,
)


def texts(examinations: Sequence[Examination]) -> dict[str, str]:
    """Return the text of each failed outcome by its trace."""
    failed = next(one for one in examinations if one.tally.detector == "failed_outcome")
    return dict(failed.findings.select("trace_id", "text").iter_rows())


def cut_off(trace_id: str, **fields: Any) -> dict[str, Any]:
    return {"trace_id": trace_id, "kind": "LLM", "output": "The court", "finish_reason": "length", **fields}


def failures(trace_ids: str) -> list[dict[str, Any]]:
    return [{"trace_id": one, "kind": "outcome", "name": "reward", "value": 0.0} for one in trace_ids]


def test_the_failure_of_an_answer_that_breaks_off_says_so(span_frame: Frame, signal_frame: Frame) -> None:
    spans = span_frame(
        [
            cut_off("a"),
            {"trace_id": "b", "kind": "LLM", "output": "All of it."},
            cut_off("c"),
            {"trace_id": "c", "tool_name": "pay", "status": "ERROR", "error_message": "no money"},
        ]
    )
    examined = [examine(one, spans, signal_frame(failures("abc")), run_id="run_1", now=NOW) for one in DETECTORS]
    assert texts(beside(examined)) == {
        "a": "failed without an error: incomplete answer",
        "b": "failed without an error",
        "c": "pay: no money",
    }
    assert texts(examined)["a"] == "failed without an error", "what was given is not changed"


def test_an_edit_says_no_more_than_that_it_failed(span_frame: Frame, signal_frame: Frame) -> None:
    edit = {"trace_id": "a", "kind": "edit", "name": "changed_share", "value": 0.9}
    spans = span_frame([{"trace_id": "a", "kind": "AGENT", "output": "All of it."}])
    signals = signal_frame([*failures("a"), edit])
    examined = [examine(one, spans, signals, run_id="run_1", now=NOW) for one in DETECTORS]
    assert sum(one.findings.height for one in examined) == 2
    assert texts(beside(examined)) == {"a": "failed without an error"}


def test_a_rewritten_answer_that_breaks_off_says_so(span_frame: Frame, signal_frame: Frame) -> None:
    edits = [{"trace_id": one, "kind": "edit", "name": "changed_share", "value": 0.9} for one in "ab"]
    spans = span_frame([cut_off("a"), {"trace_id": "b", "kind": "LLM", "output": "All of it."}])
    examined = [examine(one, spans, signal_frame(edits), run_id="run_1", now=NOW) for one in DETECTORS]
    edited = next(one for one in beside(examined) if one.tally.detector == "heavy_edit")
    assert dict(edited.findings.select("trace_id", "text").iter_rows()) == {
        "a": "rewritten before it was kept: incomplete answer",
        "b": "rewritten before it was kept",
    }


def test_of_two_the_rarer_is_named_and_a_finding_on_the_session_counts(span_frame: Frame, signal_frame: Frame) -> None:
    """Trace a has both kinds; one of b's session alone stands for b."""
    spans = span_frame([{**cut_off("a"), "session_id": "s1"}, {**cut_off("c"), "session_id": "s3"}])
    others = span_frame([{"trace_id": "b", "kind": "AGENT", "output": "Done.", "session_id": "s2"}])
    both, signals = pl.concat([spans, others]), signal_frame(failures("ab"))
    failed, incomplete = (
        examine(one, both, signals, run_id="run_1", now=NOW)
        for one in (failed_outcome.DETECTOR, incomplete_answer.DETECTOR)
    )
    assert incomplete.findings.height == 2
    rows = incomplete.findings.head(1)
    on_trace = rows.with_columns(detector=pl.lit("refusal"), trace_id=pl.lit("a"))
    on_session = rows.with_columns(
        detector=pl.lit("asks_for_person"), trace_id=pl.lit(None, pl.String), session_id=pl.lit("s2")
    )
    rarer = [
        incomplete._replace(findings=one, tally=replace(incomplete.tally, detector=one["detector"][0]))
        for one in (on_trace, on_session)
    ]
    assert texts(beside([failed, incomplete, *rarer])) == {
        "a": "failed without an error: refusal",
        "b": "failed without an error: asks for person",
    }
