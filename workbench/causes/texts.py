"""The texts of the traces that are read: their spans, and what each was asked first and answered last."""

import polars as pl

from workbench.causes.blame import COLUMNS
from workbench.schemas import require

MAX_CHARACTERS = 20_000
"""Of a text that are kept in memory; a cluster of long documents would else take gigabytes."""


def read_texts(trace_ids: pl.Series, spans: pl.LazyFrame) -> pl.DataFrame:
    """Return the spans of the traces to read, in `blame.COLUMNS`, texts cut at `MAX_CHARACTERS`; read-only.

    Parameters
    ----------
    trace_ids
        The traces, each once.
    spans
        schemas.SPANS.
    """
    require(spans, COLUMNS, of="read_texts")
    cut = pl.col("input", "output").str.slice(0, MAX_CHARACTERS)
    return spans.filter(pl.col("trace_id").is_in(trace_ids.implode())).select(COLUMNS).with_columns(cut).collect()


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
