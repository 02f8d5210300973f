"""A span far slower than its operation usually is, at the place where the time was lost.

Slow is relative: a search takes a second and an agent a minute, and a call of the model that only asks for a tool a
third of one that answers. So each operation is its own baseline, robust against the very outliers that are looked for,
and an enclosing span that only waited for a slow one is not blamed. A span that ended in an error is no answer that
came late: a timeout is the error's to report, and its parent only waited for it.
"""

import polars as pl

from workbench.detectors.baselines import (
    INHERITED_SHARE,
    MIN_BASELINE,
    asks_for_tool,
    baselines,
    is_spike,
    operation_words,
)
from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

MIN_EXCESS_MS = 1_000.0
"""Nielsen (1993), Usability Engineering: about a second more is where a user's thought is interrupted."""

_OPERATION = ("kind", "operation", "name", "tool_name", "model")
_COLUMNS = (*KEY, "parent_span_id", *_OPERATION, "duration_ms", "status", "finish_reason")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a span; signals are not read.

    The bound is that of `baselines`, at least three times the operation's median and at least a second above it.
    """
    del signals
    require(spans, _COLUMNS, of="latency_outlier")
    is_timed = pl.col("duration_ms").is_finite() & (pl.col("duration_ms") >= 0)
    has_failed = (pl.col("status") == "ERROR").fill_null(value=False)
    timed = spans.select(
        *KEY,
        "parent_span_id",
        "kind",
        pl.when(is_timed).then("duration_ms").alias("duration_ms"),
        (is_timed & has_failed).fill_null(value=False).alias("has_failed"),
        operation_words().alias("problem"),
        pl.struct(*_OPERATION, asks_for_tool()).hash().alias("group"),
    )
    usual = baselines(
        timed.filter(~pl.col("has_failed")).select("group", value="duration_ms"),
        # A microsecond is the finest that a source records.
        least=0.001,
        min_excess=MIN_EXCESS_MS,
    )
    compared = timed.join(usual, on="group", how="left")
    slow = compared.filter(is_spike(pl.col("duration_ms")))
    return answer(
        compared.join(_inherited(slow), on=["trace_id", "span_id"], how="left"),
        is_found=is_spike(pl.col("duration_ms"))
        & ~pl.col("has_failed")
        & (pl.col("inherited_ms").fill_null(0.0) <= INHERITED_SHARE * _excess_ms()),
        reason=first_of(
            (pl.col("has_failed"), "ended in an error"),
            (pl.col("duration_ms").is_null(), "no time"),
            (pl.col("n_baseline") < MIN_BASELINE, f"fewer than {MIN_BASELINE} spans of this operation"),
        ),
        text=label(pl.coalesce("problem", "kind")),
        evidence=pl.struct(
            "duration_ms", "n_baseline", "inherited_ms", median_ms=pl.col("median"), bound_ms=pl.col("bound")
        ),
    )


def _inherited(slow: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a span with slow children: trace_id, span_id, and how much they took beyond their usual, ms."""
    children = slow.filter(pl.col("parent_span_id").is_not_null())
    return (
        children.group_by("trace_id", "parent_span_id")
        .agg(_excess_ms().sum().alias("inherited_ms"))
        .rename({"parent_span_id": "span_id"})
    )


def _excess_ms() -> pl.Expr:
    return pl.col("duration_ms") - pl.col("median")


DETECTOR = Detector(
    code="latency_outlier",
    version=2,
    unit="span",
    severity="low",
    question="Did this span take far longer than its operation usually does?",
    detect=detect,
)
