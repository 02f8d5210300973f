"""A loop: the same tool called again and again with the same arguments in one trace.

A call that gave its answer need not be made again: an agent that does so ignores what it got, while the user waits.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import words_of_error
from workbench.detectors.mask import label, masked
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

MIN_CALLS = 3
"""A call and one retry after a failure are normal, so a loop begins with the third."""
MAX_EVIDENCE_SPANS = 20
"""Enough to look at; a loop of 10,000 calls needs no longer list."""

_COLUMNS = (
    *("trace_id", "span_id", "session_id", "kind", "name"),
    *("tool_name", "input", "status", "error_type", "error_message"),
)


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; signals are not read, and neither are times.

    Arguments are the same where their recorded text is. A trace is clear only if the calls whose arguments are not
    recorded are too few to hide a loop.
    """
    del signals
    require(spans, _COLUMNS, of="repeated_call")
    tool = pl.coalesce("tool_name", "name")
    calls = spans.filter(pl.col("kind") == "TOOL").select(
        *("trace_id", "span_id", "status", "error_type", "error_message"),
        tool.alias("tool"),
        pl.col("input").is_not_null().alias("is_recorded"),
        pl.struct(tool, "input").hash().alias("call"),
    )
    counted = _counted(calls)
    judged = (
        traces(spans.select("trace_id", "session_id"))
        .join(counted, on="trace_id", how="left")
        .join(_loops(calls, counted), on="trace_id", how="left")
    )
    could_hide = pl.col("n_unrecorded") + pl.col("n_calls").fill_null(0) >= MIN_CALLS
    return answer(
        judged,
        is_found=pl.col("n_calls") >= MIN_CALLS,
        reason=first_of(
            (pl.col("n_unrecorded").is_null(), "no tool call recorded"),
            ((pl.col("n_unrecorded") > 0) & could_hide, "arguments not recorded"),
        ),
        text=pl.concat_str(
            label(pl.col("tool")),
            pl.concat_str(pl.lit(": "), masked(pl.col("error"))).fill_null(""),
        ),
        evidence=pl.struct(
            label(pl.col("tool")),
            label(pl.col("error_type")),
            "n_calls",
            "n_failed",
            "span_ids",
            least_calls=pl.lit(MIN_CALLS, dtype=pl.Int64),
        ),
    )


def _counted(calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with tool calls: its most frequent call and its count, and calls without arguments."""
    each = calls.group_by("trace_id", "call").agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("is_recorded").first().alias("is_recorded")
    )
    recorded = pl.col("is_recorded")
    n, call = pl.col("n").filter(recorded), pl.col("call").filter(recorded)
    return each.group_by("trace_id").agg(
        n.max().alias("n_calls"),
        call.sort_by(n, call).last(),
        pl.col("n").filter(~recorded).sum().alias("n_unrecorded"),
    )


def _loops(calls: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with a loop: its tool, its failures, the first of their errors, and its spans."""
    looping = counted.filter(pl.col("n_calls") >= MIN_CALLS).select("trace_id", "call")
    error = words_of_error()
    return (
        calls.join(looping, on=["trace_id", "call"], how="semi")
        .group_by("trace_id")
        .agg(
            pl.col("tool").min(),
            error.is_not_null().or_(pl.col("status") == "ERROR").sum().cast(pl.Int64).alias("n_failed"),
            error.min().alias("error"),
            pl.col("error_type").min(),
            pl.col("span_id").sort().head(MAX_EVIDENCE_SPANS).alias("span_ids"),
        )
    )


DETECTOR = Detector(
    code="repeated_call",
    version=1,
    unit="trace",
    severity="medium",
    question=f"Was one tool called {MIN_CALLS} times or more with the same arguments?",
    detect=detect,
    reads="trace",
    decided_by=("tool_name", "failing_tool"),
)
