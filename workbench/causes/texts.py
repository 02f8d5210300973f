"""The texts of the traces that are read: their spans, and what each was asked first and answered last."""

import polars as pl

from workbench.causes.blame import COLUMNS
from workbench.schemas import require

MAX_CHARACTERS = 20_000
"""Of a text that are kept in memory; a cluster of long documents would else take gigabytes."""

MAX_SPANS = 2_000
"""Of a trace that are read, its roots and then its earliest: a run-away loop of 100,000 would else take gigabytes."""


def read_texts(trace_ids: pl.Series, spans: pl.LazyFrame) -> pl.DataFrame:
    """Return the spans of the traces to read, in `blame.COLUMNS`, texts cut at `MAX_CHARACTERS`; read-only.

    Of a trace `MAX_SPANS` are read at most.

    Parameters
    ----------
    trace_ids
        The traces, each once.
    spans
        schemas.SPANS.
    """
    require(spans, COLUMNS, of="read_texts")
    cut = pl.col("input", "output").str.slice(0, MAX_CHARACTERS)
    asked = spans.filter(pl.col("trace_id").is_in(trace_ids.implode())).select(COLUMNS)
    lengths = asked.group_by("trace_id").agg(pl.len().alias("n")).filter(pl.col("n") > MAX_SPANS).collect()
    if lengths.height:
        long = pl.col("trace_id").is_in(lengths["trace_id"].implode())
        left_out = asked.filter(long).select("trace_id", "span_id", "parent_span_id", "started_at")
        left_out = left_out.sort(pl.col("parent_span_id").is_not_null(), "started_at", "span_id", nulls_last=True)
        left_out = left_out.filter(pl.int_range(pl.len()).over("trace_id") >= MAX_SPANS)
        asked = asked.join(left_out.collect().lazy(), on=["trace_id", "span_id"], how="anti")
    return asked.with_columns(cut).collect()


def ends_of(spans: pl.DataFrame) -> pl.DataFrame:
    """Return what each trace was asked and answered: trace_id, input and output, one row a trace.

    It is what the root says; where it says nothing, the first input and the last output of any span.
    """
    in_time = spans.sort(pl.col("started_at"), "span_id", nulls_last=True)
    is_root = pl.col("parent_span_id").is_null()
    asked, answered = pl.col("input").drop_nulls(), pl.col("output").drop_nulls()
    root_asked = pl.col("input").filter(is_root).drop_nulls()
    root_answered = pl.col("output").filter(is_root).drop_nulls()
    return in_time.group_by("trace_id").agg(
        input=pl.coalesce(root_asked.first(), asked.first()),
        output=pl.coalesce(root_answered.last(), answered.last()),
    )
