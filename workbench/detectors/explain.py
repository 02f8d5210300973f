"""The words for a trace that went wrong as a whole: its first error, or what the user had asked for.

A reward of 0 or a thumb down says nothing by itself; traces that failed in the same place belong together.
"""

import polars as pl

from workbench.detectors.mask import label, masked
from workbench.detectors.recorded import first_request
from workbench.detectors.units import IN_TIME

NO_WORDS = "nothing recorded"
"""The text of a finding whose trace holds neither an error nor a request."""
_FAR = pl.datetime(9999, 1, 1, time_unit="us", time_zone="UTC")


def first_errors(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace with an error: trace_id and `error`, the masked words of the span that failed first.

    An error travels from a span to those around it, so the one that ended first is where it began; without times it is
    one that has a parent.
    """
    order = (pl.coalesce("ended_at", "started_at", _FAR), pl.col("parent_span_id").is_null(), "span_id")
    failed = (pl.col("status") == "ERROR") & words_of_error().is_not_null()
    return (
        spans.filter(failed)
        .group_by("trace_id")
        .agg(
            pl.struct(where=label(pl.coalesce("tool_name", "name")), what=words_of_error())
            .sort_by(*order)
            .first()
            .alias("at")
        )
        .select("trace_id", _prefixed("at").alias("error"))
    )


def first_requests(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace whose input is recorded: trace_id and `request`, the user's first words in it, masked."""
    order = (IN_TIME, pl.col("parent_span_id").is_not_null(), "span_id")
    read = pl.col("input").map_batches(_first_of_each, return_dtype=pl.String, is_elementwise=True)
    return (
        spans.filter(_said("input").is_not_null(), pl.col("kind").is_in(["TOOL", "EMBEDDING", "RETRIEVER"]).not_())
        .group_by("trace_id")
        .agg(pl.col("input").sort_by(*order).first())
        .select("trace_id", masked(read).alias("request"))
        .filter(pl.col("request") != "")
    )


def words_of_error() -> pl.Expr:
    """Return what a span says of its error: the message, or else its type; null without either."""
    return pl.coalesce(_said("error_message"), _said("error_type"))


def _said(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.contains(r"\S")).then(pl.col(column))


def _prefixed(at: str) -> pl.Expr:
    where, what = pl.col(at).struct.field("where"), masked(pl.col(at).struct.field("what"))
    return pl.concat_str(where, what, separator=": ", ignore_nulls=True)


def _first_of_each(inputs: pl.Series) -> pl.Series:
    return pl.Series([first_request(text) for text in inputs], dtype=pl.String)
