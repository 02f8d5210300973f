"""Every unit is accounted for, and a detector that fails is reported and not silent."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.detectors import DETECTORS, Detector, examine, negative_feedback, third_party, tool_error
from workbench.detectors.detector import Detect
from workbench.detectors.together import Asking
from workbench.schemas import FINDINGS, UNITS

Frame = Callable[..., pl.LazyFrame]
NOW = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)


def detector(detect: Detect) -> Detector:
    return replace(tool_error.DETECTOR, code="odd", detect=detect)


def answering(units: pl.DataFrame) -> Detector:
    return detector(lambda spans, signals: units.lazy())


def unit(**fields: Any) -> pl.DataFrame:
    row = {"trace_id": "t1", "state": "found", "text": "words", **fields}
    return pl.DataFrame({name: [row.get(name)] for name in UNITS.schema.names()}, schema=UNITS.schema)


def test_the_codes_are_unique_and_match_their_modules() -> None:
    codes = [entry.code for entry in DETECTORS]
    assert len(set(codes)) == len(codes)
    judgements = [one.detect.judge if isinstance(one.detect, Asking) else one.detect for one in DETECTORS]
    assert [judgement.__module__.rpartition(".")[2] for judgement in judgements] == codes


@pytest.mark.parametrize("entry", DETECTORS, ids=lambda entry: entry.code)
def test_an_empty_store_gives_no_findings_and_no_failure(
    entry: Detector, span_frame: Frame, signal_frame: Frame
) -> None:
    examination = examine(entry, span_frame([]), signal_frame([]), run_id="run_1", now=NOW)
    assert examination.findings.schema == FINDINGS.schema
    assert examination.findings.is_empty()
    assert (examination.tally.state, examination.tally.n_examined) == ("not_applicable", 0)


def test_the_tally_counts_every_unit(span_frame: Frame, signal_frame: Frame) -> None:
    spans = span_frame([{"status": "ERROR"}, {"status": "OK"}, {"status": "OK"}, {}, {"kind": "LLM"}])
    findings, tally, judged = examine(tool_error.DETECTOR, spans, signal_frame([]), run_id="run_1", now=NOW)
    assert set(judged["detector"]) == {"tool_error"}
    assert (tally.state, tally.n_examined, tally.n_found, tally.n_clear) == ("found", 4, 1, 2)
    assert dict(tally.not_applicable) == {"neither status, result nor end recorded": 1}
    assert findings.height == 1


def test_a_finding_carries_place_and_people_of_its_trace(span_frame: Frame, signal_frame: Frame) -> None:
    spans = span_frame(
        [
            {"kind": "AGENT", "session_id": "v1", "user_key": "usr_a", "started_at": 10},
            {"parent_span_id": "s0", "status": "ERROR", "started_at": 30, "tool_name": "book"},
        ]
    )
    (row,) = examine(tool_error.DETECTOR, spans, signal_frame([]), run_id="run_1", now=NOW).findings.to_dicts()
    assert (row["run_id"], row["detector"], row["detector_version"], row["severity"]) == (
        "run_1",
        "tool_error",
        1,
        "medium",
    )
    assert (row["unit"], row["trace_id"], row["span_id"]) == ("span", "t1", "s1")
    assert (row["session_id"], row["user_key"]) == ("v1", "usr_a")
    assert (row["at"], row["day"]) == (datetime(2026, 1, 5, 0, 0, 30, tzinfo=UTC), date(2026, 1, 5))
    assert json.loads(row["evidence"])["tool"] == "book"


def test_a_session_is_placed_at_its_first_span(span_frame: Frame, signal_frame: Frame) -> None:
    spans = span_frame(
        [{"session_id": "v1", "started_at": 60, "trace_id": "t2"}, {"session_id": "v1", "started_at": 5}]
    )
    signals = signal_frame([{"target_kind": "session", "target_id": "v1", "trace_id": None, "value": 0.0}])
    (row,) = examine(negative_feedback.DETECTOR, spans, signals, run_id="run_1", now=NOW).findings.to_dicts()
    assert (row["unit"], row["trace_id"], row["session_id"]) == ("session", None, "v1")
    assert row["at"] == datetime(2026, 1, 5, 0, 0, 5, tzinfo=UTC)


def test_a_finding_outside_the_window_has_the_day_of_the_run(span_frame: Frame, signal_frame: Frame) -> None:
    signals = signal_frame([{"trace_id": "t9", "value": 0.0}])
    (row,) = examine(negative_feedback.DETECTOR, span_frame([]), signals, run_id="run_1", now=NOW).findings.to_dicts()
    assert (row["at"], row["day"]) == (None, date(2026, 2, 3))


def test_ids_follow_from_detector_and_unit_alone(span_frame: Frame, signal_frame: Frame) -> None:
    """A session that is named later must not make a second finding of the same span."""
    spans = [{"status": "ERROR", "error_message": "a"}, {"status": "ERROR", "error_message": "b"}]
    named = [{**span, "session_id": "v1", "error_message": "c"} for span in reversed(spans)]
    first, again = (
        examine(tool_error.DETECTOR, span_frame(rows), signal_frame([]), run_id=run_id, now=NOW).findings
        for rows, run_id in ((spans, "run_1"), (named, "run_2"))
    )
    assert first["finding_id"].to_list() == again["finding_id"].to_list()
    assert first["finding_id"].n_unique() == 2


def test_a_detector_that_raises_is_failed_with_the_place(span_frame: Frame, signal_frame: Frame) -> None:
    """A detector that looked up what a user had said put the words into the ledger for good: `KeyError: 'Jane Roe'`."""

    def broken(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        raise KeyError("Jane Roe")

    findings, tally, judged = examine(detector(broken), span_frame([]), signal_frame([]), run_id="run_1", now=NOW)
    assert judged.is_empty()
    line = broken.__code__.co_firstlineno + 1
    assert (tally.state, tally.error, tally.detector) == (
        "failed",
        f"KeyError in test_examination.py, line {line}",
        "odd",
    )
    assert findings.is_empty()
    assert findings.schema == FINDINGS.schema


def test_a_detector_that_fails_while_it_reads_is_failed(span_frame: Frame, signal_frame: Frame) -> None:
    def late(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        return unit().lazy().with_columns(pl.col("text").cast(pl.Int64).cast(pl.String))

    tally = examine(detector(late), span_frame([]), signal_frame([]), run_id="run_1", now=NOW).tally
    assert tally.state == "failed"
    assert tally.error is not None
    assert tally.error.startswith("InvalidOperationError")


@pytest.mark.parametrize(
    "reads",
    [
        pl.col("input").cast(pl.Int64),
        pl.col("input").cast(pl.Enum(["other"])),
        pl.col("input").str.to_datetime("%Y"),
        pl.col("input").str.to_integer(),
        pl.lit("text").str.contains(pl.col("input")),
    ],
)
def test_the_error_of_a_detector_has_no_words_of_a_trace(
    span_frame: Frame, signal_frame: Frame, reads: pl.Expr
) -> None:
    """The ledger keeps errors for good: what a user said there could not be erased."""

    def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
        return tool_error.DETECTOR.detect(spans.filter(reads.is_not_null()), signals)

    spans = span_frame([{"input": "call Jane Roe on [555 (0100"}])
    tally = examine(detector(detect), spans, signal_frame([]), run_id="run_1", now=NOW).tally
    assert tally.state == "failed"
    assert str(tally.error).startswith(("InvalidOperationError: conversion", "ComputeError: "))
    assert not any(word in str(tally.error) for word in ("Jane", "Roe", "555", "0100"))


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        (unit().drop("reason"), "missing column reason"),
        (unit(state="maybe"), "a state is none of"),
        (unit(state=None), "a state is none of"),
        (unit(state="not_applicable"), "has no reason"),
        (unit(text=None), "a finding has no text"),
        (unit(trace_id=None), "names neither trace nor session"),
        (pl.concat([unit(), unit()]), "a unit is found twice"),
    ],
)
def test_a_wrong_answer_is_failed_with_the_fault(
    units: pl.DataFrame, fault: str, span_frame: Frame, signal_frame: Frame
) -> None:
    tally = examine(answering(units), span_frame([]), signal_frame([]), run_id="run_1", now=NOW).tally
    assert tally.state == "failed"
    assert fault in str(tally.error)


def test_detectors_of_installed_packages_are_loaded_and_broken_ones_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugin_of_test.py").write_text(
        "from workbench.detectors.tool_error import DETECTOR\nWRONG = 3\n", encoding="utf-8"
    )
    info = tmp_path / "plugin_of_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-of-test\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[workbench.detectors]\ngood = plugin_of_test:DETECTOR\nmissing = plugin_of_test:GONE\n"
        "wrong = plugin_of_test:WRONG\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = third_party()
    assert loaded.detectors == (tool_error.DETECTOR,)
    assert [(tally.detector, tally.state) for tally in loaded.failed] == [("missing", "failed"), ("wrong", "failed")]
    assert loaded.failed[1].error == "TypeError: plugin_of_test:WRONG is int, must be a Detector"
