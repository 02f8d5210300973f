"""How a detector states its answer: one row a unit, in the columns of schemas.UNITS.

Every detector ends here, so that found, clear and not applicable mean the same in all of them.
"""

import polars as pl

from workbench.schemas import UNITS

KEY = list(UNITS.key)
"""What names a unit: trace, span and session; a trace has no span, a session has neither."""
IN_TIME = pl.col("started_at").fill_null(pl.datetime(9999, 1, 1, time_unit="us", time_zone="UTC"))
"""A sort key that puts spans without a time last."""


def traces(spans: pl.LazyFrame, *facts: pl.Expr) -> pl.LazyFrame:
    """Return one row a trace with its session, a null span_id, and the facts aggregated over its spans."""
    unit = spans.group_by("trace_id").agg(pl.col("session_id").min(), *facts)
    return unit.with_columns(pl.lit(None, dtype=pl.String).alias("span_id"))


def answer(
    judged: pl.LazyFrame, *, is_found: pl.Expr, reason: pl.Expr, text: pl.Expr, evidence: pl.Expr
) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a unit of `judged`.

    Parameters
    ----------
    judged
        One row a unit, with trace_id, span_id and session_id.
    is_found
        True where the unit has the problem; null counts as false.
    reason
        Why the unit cannot be judged, in words; null where it can. A unit that is found is found whatever this says.
    text
        The words of a finding, masked; looked at only where the unit is found.
    evidence
        A struct of the values that decided; looked at only where the unit is found.
    """
    state = pl.when("is_found").then(pl.lit("found")).when(pl.col("reason").is_null()).then(pl.lit("clear"))
    return (
        judged.with_columns(is_found.fill_null(value=False).alias("is_found"))
        .with_columns(pl.when(~pl.col("is_found")).then(reason).alias("reason"))
        .select(
            *KEY,
            state.otherwise(pl.lit("not_applicable")).alias("state"),
            "reason",
            pl.when("is_found").then(text).alias("text"),
            pl.when("is_found").then(pl.when("is_found").then(evidence).struct.json_encode()).alias("evidence"),
        )
    )


def first_of(*reasons: tuple[pl.Expr, str]) -> pl.Expr:
    """Return the words of the first reason whose condition holds, null where none does."""
    chosen = [pl.when(condition).then(pl.lit(words)) for condition, words in reasons]
    return pl.coalesce(*chosen)
