"""What a metric is of recorded traces: by the same scorers, detectors and names as of the runs of an experiment."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from workbench.detectors import Detector
from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.metric import Metric
from workbench.experiments.result_rows import MEASURED, Scorer, scored
from workbench.experiments.scoring import DETECTOR, SIGNAL
from workbench.loop.exposures.traffic import Told
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.loop.scoring.detected import Detectors
from workbench.loop.scoring.scorers import examined, scorers_of
from workbench.store import Workspace

_COLUMN_OF: Mapping[str, str] = {
    "latency_ms": "duration_ms",
    **{name: name for name in MEASURED if name != "latency_ms"},
}
Found = tuple[float | None, str | None]
"""A value, and the judge who gave it."""


def found_of(
    metric: Metric,
    told: Told,
    cases: Mapping[str, tuple[Case, Answer]],
    *,
    own: Mapping[str, Scorer],
    detectors: Detectors,
    now: datetime,
    key_user: Callable[[str], str],
) -> Iterator[tuple[str, Found]]:
    """Yield each unit's id with its value, of those whose value can be told."""
    unit, name = metric.unit_chain[0], metric.measured
    if reads_answers(metric, own):
        scorer = scorers_of([metric], (), own=own, experiment_id="", now=now, key_user=key_user)[metric.name]
        yield from ((trace, (scored(scorer, *asked), None)) for trace, asked in cases.items())
    elif name in MEASURED:
        rows = told.traces.select("trace_id", _COLUMN_OF[name]).iter_rows()
        yield from ((trace, (None if value is None else float(value), None)) for trace, value in rows)
    elif name.startswith(SIGNAL):
        yield from _signals(told, name.removeprefix(SIGNAL), unit)
    else:
        yield from _detected(told, detectors[name.removeprefix(DETECTOR)], unit, now=now)


def _signals(told: Told, name: str, unit: str) -> Iterator[tuple[str, Found]]:
    """Yield the newest signal of a name on each unit; of a model, its name too."""
    of_unit = pl.col("target_kind") == "session" if unit == "session" else pl.col("trace_id").is_not_null()
    key = pl.col("target_id" if unit == "session" else "trace_id")
    judge = pl.when(pl.col("annotator_kind") == "LLM").then("annotator")
    given = told.signals.filter(of_unit, pl.col("name") == name, pl.col("value").is_finite())
    columns = (key.alias("unit"), "value", judge.alias("judge"))
    for unit_id, value, judged in given.sort("at", "signal_id").select(columns).iter_rows():
        yield unit_id, (value, judged)


def _detected(told: Told, detector: Detector, unit: str, *, now: datetime) -> Iterator[tuple[str, Found]]:
    done = examined(detector, told.spans, told.signals, now=now)
    of_unit = pl.col("trace_id").is_null() if unit == "session" else pl.col("trace_id").is_not_null()
    found, judged = (set(one.filter(of_unit)[f"{unit}_id"]) for one in (done.findings, done.judged))
    yield from ((one, (float(one in found), None)) for one in sorted(judged))


def reads_answers(metric: Metric, own: Collection[str]) -> bool:
    """Return whether a metric is told by the answer that was recorded, and not by a detector, a signal or a measure."""
    name = metric.measured
    return name in own or not (name in MEASURED or name.startswith((DETECTOR, SIGNAL)))


def answers_told(workspace: Workspace, told: Told) -> dict[str, tuple[Case, Answer]]:
    """Return each trace's question and answer, of those whose answer was recorded."""
    rows = {row["trace_id"]: row for row in told.traces.iter_rows(named=True) if row["output"] is not None}
    cases = cases_of(workspace, rows).cases
    return {case.trace_id: (case, _answer(rows[case.trace_id])) for case in cases if case.trace_id is not None}


def _answer(row: Mapping[str, Any]) -> Answer:
    return Answer(
        output=row["output"],
        latency_ms=row["duration_ms"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost_usd=row["cost_usd"],
        trace_id=row["trace_id"],
    )
