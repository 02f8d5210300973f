"""A tool call that failed: its span has the status ERROR, says an error, or returned one as its result.

Tools are where an agent meets the world; the same refusal in many traces is a wrong instruction or a broken tool.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import words_of_error
from workbench.detectors.mask import MAX_RAW_CHARACTERS, label, masked
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

RETURNED_ERROR = r"^\s*\"?(?:Error: |Error executing tool|Traceback \(most recent call last\))"
"""How agent frameworks hand an exception to the model as a result: tau-bench, LangGraph's ToolNode, Python itself."""

_COLUMNS = (
    *KEY,
    *("kind", "name", "tool_name", "status", "error_type", "error_message", "output", "ended_at"),
)


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a TOOL span; signals are not read.

    A span that ended with the status UNSET is clear: OpenTelemetry sets no status where nothing went wrong.
    """
    del signals
    require(spans, _COLUMNS, of="tool_error")
    tools = spans.filter(pl.col("kind") == "TOOL").select(_COLUMNS)
    judged = tools.with_columns(
        pl.col("output").str.slice(0, MAX_RAW_CHARACTERS),
        pl.col("output").str.contains(RETURNED_ERROR).alias("returned"),
    )
    says_how = (pl.col("status") == "OK") | pl.col("output").is_not_null() | pl.col("ended_at").is_not_null()
    return answer(
        judged,
        is_found=has_failed(),
        reason=first_of((says_how.fill_null(value=False).not_(), "neither status, result nor end recorded")),
        text=pl.concat_str(
            label(pl.coalesce("tool_name", "name")),
            masked(pl.when("is_found").then(words_of_failure())),
            separator=": ",
            ignore_nulls=True,
        ),
        evidence=pl.struct(
            "status", "error_type", tool=label(pl.coalesce("tool_name", "name")), returned_error="returned"
        ),
    )


def has_failed() -> pl.Expr:
    """Return true where a call failed; it needs the columns status, error_type, error_message and output."""
    returned = pl.col("output").str.contains(RETURNED_ERROR)
    return ((pl.col("status") == "ERROR") | words_of_error().is_not_null() | returned).fill_null(value=False)


def words_of_failure() -> pl.Expr:
    """Return what a failed call says of it: the error, or else its result."""
    return pl.coalesce(words_of_error(), "output", pl.lit("failed without a message"))


DETECTOR = Detector(
    code="tool_error",
    version=1,
    unit="span",
    severity="medium",
    question="Did this tool call fail?",
    detect=detect,
    reads="trace",
    decided_by=("tool_name", "failing_tool"),
)
