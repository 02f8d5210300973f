"""A request that came to nothing: an outcome signal says so, whatever the trace itself looks like.

The outcome is the nearest thing to the truth that telemetry has; no trace is called a success for want of one. Where
nothing in the trace failed, the finding says so and no more: what the user had come for is a topic of the traffic and
not a problem, so that grouping by it would make a problem of every topic.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import first_errors
from workbench.detectors.mask import label
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

FULL_SUCCESS = 1.0
"""Benchmarks and trackers score an outcome from 0 to 1 and count only 1 as success: tau-bench's reward, pass@1."""
FAILED = ("fail", "failed", "failure", "unsuccessful", "unresolved", "incorrect", "wrong", "error", "false", "no")
"""Labels that say failure."""
SUCCEEDED = ("pass", "passed", "success", "succeeded", "successful", "resolved", "correct", "ok", "true", "yes")
"""Labels that say success."""
UNEXPLAINED = "failed without an error"
"""The text of a finding whose trace holds no error; `beside` and `places` may know more of it."""

_SPAN_COLUMNS = (
    *("trace_id", "span_id", "session_id", "parent_span_id", "kind", "name", "tool_name"),
    *("started_at", "ended_at", "status", "error_type", "error_message"),
)
_SIGNAL_COLUMNS = ("signal_id", "target_kind", "trace_id", "kind", "name", "value", "label")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; of several outcomes of a trace one failure is enough.

    A label that is known decides before the value does; a value decides only between 0 and 1, where its scale is known.
    """
    require(spans, _SPAN_COLUMNS, of="failed_outcome")
    require(signals, _SIGNAL_COLUMNS, of="failed_outcome")
    outcomes = judged_outcomes(signals)
    failed = outcomes.filter("is_failed").select("trace_id")
    errors = first_errors(spans.join(failed, on="trace_id", how="semi"))
    judged = (
        traces(spans.select("trace_id", "session_id"))
        .join(outcomes, on="trace_id", how="left")
        .join(errors, on="trace_id", how="left")
    )
    return answer(
        judged,
        is_found=pl.col("is_failed"),
        reason=first_of(
            (pl.col("signal_id").is_null(), "no outcome signal"),
            (pl.col("is_failed").is_null(), "outcome without a known label or a value from 0 to 1"),
        ),
        text=pl.col("error").fill_null(UNEXPLAINED),
        evidence=pl.struct(
            *("signal_id", label(pl.col("name")), "value", label(pl.col("label"))),
            full_success=pl.lit(FULL_SUCCESS),
            has_words=pl.col("error").is_not_null(),
        ),
    )


def judged_outcomes(signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with an outcome: the worst of them, and whether it is a failure; null cannot be told."""
    known = pl.col("label").str.to_lowercase().str.strip_chars()
    by_value = pl.when(pl.col("value").is_between(0.0, FULL_SUCCESS)).then(pl.col("value") < FULL_SUCCESS)
    is_failed = (
        pl.when(known.is_in(FAILED)).then(pl.lit(value=True)).when(known.is_in(SUCCEEDED)).then(pl.lit(value=False))
    )
    worst_first = (
        pl.col("is_failed").fill_null(value=False).not_(),
        pl.col("is_failed").is_null(),
        "value",
        "signal_id",
    )
    return (
        signals.filter(pl.col("kind") == "outcome", pl.col("target_kind") == "trace", pl.col("trace_id").is_not_null())
        .with_columns(is_failed.otherwise(by_value).alias("is_failed"))
        .group_by("trace_id")
        .agg(pl.col("signal_id", "name", "value", "label", "is_failed").sort_by(*worst_first).first())
    )


DETECTOR = Detector(
    code="failed_outcome",
    version=2,
    unit="trace",
    severity="high",
    question="Does an outcome signal say that the request failed?",
    detect=detect,
    reads="trace",
)
