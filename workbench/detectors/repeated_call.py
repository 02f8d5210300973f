"""A loop: the same tool called again and again with the same arguments in one trace.

A call that gave its answer need not be made again: an agent that does so ignores what it got, while the user waits.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import words_of_error
from workbench.detectors.mask import label, masked
from workbench.detectors.reading import TOOLS, of_traces
from workbench.detectors.together import Asking
from workbench.detectors.tool_calls import CALL, COLUMNS, HAS_ARGUMENTS, TOOL
from workbench.detectors.units import KEY, answer, first_of, traces

MIN_CALLS = 3
"""A call and one retry after a failure are normal, so a loop begins with the third."""
MAX_EVIDENCE_SPANS = 20
"""Enough to look at; a loop of 10,000 calls needs no longer list."""


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; times are not read.

    Arguments are the same where their recorded text is. A trace is clear only if the calls whose arguments are not
    recorded are too few to hide a loop.
    """
    each = calls.group_by("trace_id", "call").agg(pl.len().cast(pl.Int64).alias("n"), pl.col("has_arguments").first())
    each = each.collect(engine="streaming").lazy()
    judged = (
        traces(spans.select("trace_id", "session_id"))
        .join(_counted(each), on="trace_id", how="left")
        .join(_loops(spans, each), on="trace_id", how="left")
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


def _counted(each: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with tool calls: the count of its most frequent call, and calls without arguments."""
    n_unrecorded = pl.when("has_arguments").then(0).otherwise("n")
    return (
        each.select("trace_id", pl.when("has_arguments").then("n").alias("n_calls"), n_unrecorded.alias("n_unrecorded"))
        .group_by("trace_id")
        .agg(pl.col("n_calls").max(), pl.col("n_unrecorded").sum())
    )


def _loops(spans: pl.LazyFrame, each: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with a loop: its tool, its failures, the first of their errors, and its spans."""
    often = each.filter("has_arguments", pl.col("n") >= MIN_CALLS)
    looping = often.group_by("trace_id").agg(pl.col("call").sort_by("n", "call").last())
    calls = of_traces(spans, looping).filter(pl.col("kind") == "TOOL")
    error = words_of_error()
    return (
        calls.select("trace_id", "span_id", "status", "error_type", "error_message", TOOL, CALL)
        .join(looping, on=["trace_id", "call"], how="semi")
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
    detect=Asking(TOOLS, (CALL, HAS_ARGUMENTS), judge, columns=(*KEY, "kind", *COLUMNS)),
    reads="trace",
    decided_by=("tool_name", "failing_tool"),
)
