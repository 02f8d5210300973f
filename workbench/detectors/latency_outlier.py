"""A span far slower than its operation usually is, at the place where the time was lost.

Slow is relative: a search takes a second and an agent a minute, and a call of the model that only asks for a tool a
third of one that answers. So each operation is its own baseline, robust against the very outliers that are looked for,
and an enclosing span that only waited for a slow one is not blamed. A span that ended in an error is no answer that
came late: a timeout is the error's to report, and its parent only waited for it.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.mask import label
from workbench.detectors.premature_end import ASKED_FOR_TOOL
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

MIN_BASELINE = 30
"""With fewer durations one slow span in ten moves median and spread itself."""
MAX_DEVIATIONS = 3.5
"""Iglewicz and Hoaglin (1993), How to detect and handle outliers: the bound of the modified z-score."""
MAD_TO_DEVIATION = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution: 1 / 0.6745."""
MIN_RATIO = 3.0
"""Against operations that hardly vary: below three times the usual nobody notices."""
MIN_EXCESS_MS = 1_000.0
"""Nielsen (1993), Usability Engineering: about a second more is where a user's thought is interrupted."""
INHERITED_SHARE = 0.5
"""Slow children that hold more than half of a span's excess are where the time was lost, 0 to 1."""

_OPERATION = ("kind", "operation", "name", "tool_name", "model")
_COLUMNS = (*KEY, "parent_span_id", *_OPERATION, "duration_ms", "status", "finish_reason")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a span; signals are not read.

    The bound is exp(median + 3.5 x 1.4826 x MAD) of the natural logarithms of the operation's durations (the modified
    z-score of Iglewicz and Hoaglin, 1993), at least three times the median and at least a second above it.
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
        _without_model().alias("problem"),
        pl.struct(*_OPERATION, _asks_for_tool()).hash().alias("group"),
    )
    compared = timed.join(_baselines(timed.filter(~pl.col("has_failed"))), on="group", how="left")
    slow = compared.filter(_is_slow())
    return answer(
        compared.join(_inherited(slow), on=["trace_id", "span_id"], how="left"),
        is_found=_is_slow()
        & ~pl.col("has_failed")
        & (pl.col("inherited_ms").fill_null(0.0) <= INHERITED_SHARE * _excess_ms()),
        reason=first_of(
            (pl.col("has_failed"), "ended in an error"),
            (pl.col("duration_ms").is_null(), "no time"),
            (pl.col("n_baseline") < MIN_BASELINE, f"fewer than {MIN_BASELINE} spans of this operation"),
        ),
        text=label(pl.coalesce("problem", "kind")),
        evidence=pl.struct("duration_ms", "median_ms", "bound_ms", pl.col("n_baseline").cast(pl.Int64), "inherited_ms"),
    )


def _without_model() -> pl.Expr:
    """Return what was slow, such as `chat`; the model that ends a span's name is where it was slow: perhaps a cause."""
    name = pl.coalesce("tool_name", "name", "operation")
    bare = name.str.strip_suffix(pl.col("model").fill_null("")).str.strip_chars()
    return pl.when(bare != "").then(bare).otherwise(name)


def _asks_for_tool() -> pl.Expr:
    return pl.col("finish_reason").str.to_lowercase().is_in(ASKED_FOR_TOOL).fill_null(value=False).alias("asks")


def _baselines(timed: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row an operation: its durations' count, median, and the bound above which one is slow, ms."""
    # A duration of 0 has no logarithm; a microsecond is the finest that a source records.
    logged = timed.filter(pl.col("duration_ms").is_not_null()).select(
        "group", pl.col("duration_ms").clip(0.001).log().alias("log_ms")
    )
    centre = logged.group_by("group").agg(pl.col("log_ms").median().alias("centre"), pl.len().alias("n_baseline"))
    spread = (
        logged.join(centre, on="group")
        .group_by("group", "centre", "n_baseline")
        .agg((pl.col("log_ms") - pl.col("centre")).abs().median().alias("mad"))
    )
    median_ms = pl.col("centre").exp()
    usual = (pl.col("centre") + MAX_DEVIATIONS * MAD_TO_DEVIATION * pl.col("mad")).exp()
    return spread.select(
        "group",
        "n_baseline",
        median_ms.alias("median_ms"),
        pl.max_horizontal(usual, MIN_RATIO * median_ms, median_ms + MIN_EXCESS_MS).alias("bound_ms"),
    )


def _inherited(slow: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a span with slow children: trace_id, span_id, and how much they took beyond their usual, ms."""
    children = slow.filter(pl.col("parent_span_id").is_not_null())
    return (
        children.group_by("trace_id", "parent_span_id")
        .agg(_excess_ms().sum().alias("inherited_ms"))
        .rename({"parent_span_id": "span_id"})
    )


def _is_slow() -> pl.Expr:
    return (pl.col("n_baseline") >= MIN_BASELINE) & (pl.col("duration_ms") > pl.col("bound_ms"))


def _excess_ms() -> pl.Expr:
    return pl.col("duration_ms") - pl.col("median_ms")


DETECTOR = Detector(
    code="latency_outlier",
    version=2,
    unit="span",
    severity="low",
    question="Did this span take far longer than its operation usually does?",
    detect=detect,
)
