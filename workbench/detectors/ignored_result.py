"""A call that repeats what the tool has just refused, with the same arguments, and is refused again.

The agent did not read the answer. A failure that may pass by itself (a timeout, a limit, a connection) is worth one
retry and is none; the third of the same calls makes a loop, which `repeated_call` reports.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.mask import MAX_RAW_CHARACTERS, label, masked
from workbench.detectors.reading import TOOLS, of_traces
from workbench.detectors.repeated_call import MIN_CALLS
from workbench.detectors.together import Asking
from workbench.detectors.tool_calls import CALL, COLUMNS, HAS_ARGUMENTS, HAS_FAILED, TOOL, words_of_failure
from workbench.detectors.units import KEY, answer, first_of

TRANSIENT = (
    r"(?i)\b(?:time[ds]?[ -]?out|deadline|rate.?limit\w*|too many requests|overloaded|unavailable|try (?:it )?again"
    r"|retry|connection|network|dns|econn\w+|socket|reset by peer|broken pipe|throttl\w+|quota|busy|locked|conflict"
    r"|temporar\w+|internal (?:server )?error|bad gateway|429|500|502|503|504)\b"
)
"""Failures that a later try may not meet: the retryable statuses of HTTP and gRPC, in the words of their messages."""

_ORDER = ("started_at", "span_id")


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a TOOL span: the one that repeats is found.

    The call before is the tool's last one in the trace that had ended when this one began; calls that run side by side
    ignore nothing.
    """
    refused = calls.filter(pl.col("has_failed"), pl.col("has_arguments"))
    again = refused.group_by("trace_id", "call").len().filter(pl.col("len").is_between(2, MIN_CALLS - 1))
    return answer(
        calls.join(_repeats(calls, _refused(of_traces(spans, again))), on=["trace_id", "span_id"], how="left"),
        is_found=pl.col("before").is_not_null(),
        reason=first_of(
            (~pl.col("has_arguments"), "arguments not recorded"),
            (pl.col("started_at").is_null(), "no time"),
        ),
        text=pl.concat_str(label(pl.col("tool")), masked(pl.col("error")), separator=": "),
        evidence=pl.struct(label(pl.col("tool")), refused_span_id=pl.col("before")),
    )


def _refused(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a refused call that was made again, but not so often that it is a loop."""
    refused = spans.filter((pl.col("kind") == "TOOL") & HAS_FAILED & pl.col("input").is_not_null()).select(
        *("trace_id", "span_id", TOOL),
        pl.coalesce("ended_at", "started_at").alias("ended_at"),
        pl.col("input").hash().alias("arguments"),
        words_of_failure().alias("error"),
    )
    n_same = pl.len().over("trace_id", "tool", "arguments")
    return refused.filter(n_same.is_between(2, MIN_CALLS - 1))


def _repeats(tools: pl.LazyFrame, refused: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a call that repeats a refused one and is refused too: trace_id, span_id, error and `before`."""
    of_tool = ["trace_id", "tool"]
    in_order = (
        tools.filter(pl.col("started_at").is_not_null())
        .join(refused.select(of_tool).unique(), on=of_tool, how="semi", nulls_equal=True)
        .select(*of_tool, "span_id", "started_at", before=pl.col("span_id").shift(1).over(of_tool, order_by=_ORDER))
    )
    same = [*of_tool, "arguments"]
    earlier = refused.select(*same, before="span_id", ended_before="ended_at", error_before="error")
    return (
        in_order.join(refused, on=["trace_id", "span_id"], suffix="_again")
        .join(earlier, on=[*same, "before"], nulls_equal=True)
        .filter(
            pl.col("started_at") >= pl.col("ended_before"),
            pl.col("error_before").str.slice(0, MAX_RAW_CHARACTERS).str.contains(TRANSIENT).not_(),
        )
        .select("trace_id", "span_id", "error", "before")
    )


DETECTOR = Detector(
    code="ignored_result",
    version=1,
    unit="span",
    severity="medium",
    question="Does this call repeat, with the same arguments, what the tool has just refused?",
    detect=Asking(
        TOOLS,
        (TOOL, CALL, HAS_ARGUMENTS, HAS_FAILED, pl.col("started_at")),
        judge,
        columns=(*KEY, "kind", "started_at", *COLUMNS),
    ),
    decided_by=("tool_name", "failing_tool"),
    reads="trace",
)
