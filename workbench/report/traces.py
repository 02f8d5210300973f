"""Traces as the reports count them: one row a trace, derived from its spans, with nothing invented.

A value that no span of the trace has stays null, so that "not recorded" never turns into a zero.
"""

import polars as pl

from workbench.schemas import require

_READS = (
    *("trace_id", "parent_span_id", "session_id", "user_key", "kind", "started_at", "ended_at", "time_known"),
    *("status", "service", "model", "cost_usd"),
)


def traces(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a trace, by trace_id.

    Columns: `started_at`, `ended_at` (UTC, null if not known), `day` (UTC), `duration_ms` (first start to last end),
    `has_error` (any span with status ERROR), `cost_usd` (of its LLM spans, or of its other spans where no LLM span has
    one), `session_id`, `user_key`, `service`, `n_spans`.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    """
    require(spans, _READS, of="report.traces")
    is_llm = pl.col("kind") == "LLM"
    known = pl.col("time_known")
    return (
        spans.select(_READS)
        .group_by("trace_id")
        .agg(
            pl.col("started_at").filter(known).min(),
            pl.col("ended_at").filter(known).max(),
            (pl.col("status") == "ERROR").any().alias("has_error"),
            pl.coalesce(_sum(pl.col("cost_usd").filter(is_llm)), _sum(pl.col("cost_usd"))).alias("cost_usd"),
            *(pl.col(name).drop_nulls().min() for name in ("session_id", "user_key", "service")),
            pl.len().alias("n_spans"),
        )
        .with_columns(
            pl.col("started_at").dt.date().alias("day"),
            ((pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1000).alias("duration_ms"),
        )
        .sort("trace_id")
        .collect(engine="streaming")
    )


def _sum(values: pl.Expr) -> pl.Expr:
    """Return the sum, null where no value is known."""
    return pl.when(values.count() > 0).then(values.sum())
