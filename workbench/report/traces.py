"""Traces as the reports count them: one row a trace, derived from its spans, with nothing invented.

A value that no span of the trace has stays null, so that "not recorded" never turns into a zero.
"""

import polars as pl

from workbench.schemas import SPANS, require
from workbench.store import derived


def traces(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a trace, by trace_id.

    Columns of schemas.TRACES without its texts, and two of their own: `day` is the UTC day of the start, null where
    that is not known, and `has_error` says whether any span has status ERROR.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    """
    require(spans, SPANS.schema.names(), of="report.traces")
    return (
        derived.traces(spans)
        .drop("input", "output")
        .with_columns(pl.col("started_at").dt.date().alias("day"), (pl.col("n_errors") > 0).alias("has_error"))
        .sort("trace_id")
        .collect(engine="streaming")
    )
