"""Traces and sessions, derived from spans when they are asked for: nothing is stored twice, and nothing is invented.

Telemetry comes late, cut and contradictory. A trace needs no root, its spans may name parents that are not there, or
each other, and times may be missing; each of these has one answer, whatever order the spans came in.
"""

import polars as pl

from workbench.schemas import SESSIONS, TRACES, require

_OF_ROOT = ("name", "status", "task", "input", "output")
"""What a trace has from its root alone."""
_OF_ANY = ("session_id", "user_key", "user_tier", "service", "environment", "release")
"""What a trace has from its root or, where that is silent, from its other spans: the least value."""
_SUMS = ("input_tokens", "output_tokens", "cost_usd")
_SMALL = (
    *("trace_id", "span_id", "parent_span_id", "kind", "started_at", "ended_at", "time_known", "status", "day"),
    *(*_OF_ANY, *_SUMS),
)


def traces(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace, in schemas.TRACES, lazily and in no order.

    The root is, of the spans that name no parent, the one that began first; where every span names one, of those whose
    parent is not there; where all parents are there, and so go round in a circle, of all. Spans without a time come
    last, and ties go to the least span id. Tokens and cost are those of the LLM spans, because agents and chains often
    repeat them, and those of all spans where no LLM span has any. An LLM span within an LLM span is one call told
    twice, by a framework and by the client that it calls: the inner one counts where no outer one says what it took.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, each span id of a trace once.
    """
    require(spans, (*_SMALL, *_OF_ROOT), of="store.derived.traces")
    ids = spans.select(
        "trace_id",
        pl.col("span_id").alias("parent_span_id"),
        pl.lit(value=True).alias("is_there"),
        _tells().alias("is_retold"),
    )
    started_at = pl.col("started_at").filter(pl.col("time_known"))
    ended_at = pl.col("ended_at").filter(pl.col("time_known"))
    summed = (
        spans.select(_SMALL)
        .join(ids, on=["trace_id", "parent_span_id"], how="left")
        .with_columns(_place())
        .group_by("trace_id")
        .agg(
            pl.col("span_id").sort_by("place", "started_at", "span_id", nulls_last=True).first().alias("root_span_id"),
            started_at.min(),
            ended_at.max(),
            pl.len().cast(pl.Int64).alias("n_spans"),
            (pl.col("status") == "ERROR").sum().cast(pl.Int64).alias("n_errors"),
            *(_of_llm(name).alias(name) for name in _SUMS),
            *(pl.col(name).drop_nulls().min().alias(f"{name}_of_any") for name in _OF_ANY),
            pl.col("day").min(),
        )
    )
    roots = spans.select("trace_id", pl.col("span_id").alias("root_span_id"), *_OF_ROOT, *_OF_ANY)
    return (
        summed.join(roots, on=["trace_id", "root_span_id"], how="left")
        .with_columns(_duration_ms(), *(pl.coalesce(name, f"{name}_of_any").alias(name) for name in _OF_ANY))
        .select(TRACES.schema.names())
    )


def sessions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a session, in schemas.SESSIONS, lazily and in no order; traces without a session are left out.

    Parameters
    ----------
    rows
        Frame in schemas.TRACES.
    """
    require(rows, TRACES.schema.names(), of="store.derived.sessions")

    def in_order(name: str) -> pl.Expr:
        return pl.col(name).sort_by("started_at", "trace_id", nulls_last=True)

    return (
        rows.filter(pl.col("session_id").is_not_null())
        .group_by("session_id")
        .agg(
            in_order("trace_id").first().alias("first_trace_id"),
            in_order("trace_id").last().alias("last_trace_id"),
            *(pl.col(name).drop_nulls().min() for name in ("user_key", "user_tier", "service", "started_at")),
            pl.col("ended_at").max(),
            pl.len().cast(pl.Int64).alias("n_traces"),
            (pl.col("n_errors") > 0).sum().cast(pl.Int64).alias("n_traces_with_errors"),
            pl.col("n_spans", "n_errors").sum(),
            *(_known_sum(pl.col(name)).alias(name) for name in _SUMS),
            in_order("input").first().alias("input"),
            in_order("output").last().alias("output"),
            pl.col("day").min(),
        )
        .with_columns(_duration_ms())
        .select(SESSIONS.schema.names())
    )


def _place() -> pl.Expr:
    """How far a span is from being a root: 0 names no parent, 1 one that is not there, 2 one that is."""
    is_alone, is_orphan = pl.col("parent_span_id").is_null(), pl.col("is_there").is_null()
    return pl.when(is_alone).then(0).when(is_orphan).then(1).otherwise(2).alias("place")


def _of_llm(name: str) -> pl.Expr:
    """Return the sum over the LLM spans, or over all spans where no LLM span has a value."""
    is_llm, value = pl.col("kind") == "LLM", pl.col(name)
    outermost = value.filter(is_llm & ~pl.col("is_retold").fill_null(value=False))
    return pl.coalesce(*(_known_sum(values) for values in (outermost, value.filter(is_llm), value)))


def _tells() -> pl.Expr:
    """Whether a span is a call of a model that says what it took: what is within it says that again."""
    return (pl.col("kind") == "LLM") & pl.any_horizontal(pl.col(name).is_not_null() for name in _SUMS)


def _known_sum(values: pl.Expr) -> pl.Expr:
    """Return the sum, null where no value is known."""
    return pl.when(values.count() > 0).then(values.sum())


def _duration_ms() -> pl.Expr:
    elapsed = pl.col("ended_at") - pl.col("started_at")
    return (elapsed.dt.total_microseconds() / 1000).alias("duration_ms")
