"""Worse since a change: the share of bad traces is higher since a prompt version, a model or a release came in.

A new version is the first suspect, and the team's own act; so it is compared with what ran before it and beside it,
by an exact test that counts how many versions were looked at. What is wrong with each trace another detector finds and
weighs; this one only says since when there are more of them, so that it stands after it.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.failed_outcome import judged_outcomes
from workbench.detectors.mask import label
from workbench.detectors.negative_feedback import judged_feedback
from workbench.detectors.shifts import MIN_TRACES, find_shifts
from workbench.detectors.units import answer, first_of
from workbench.schemas import require

ATTRIBUTES = {"prompt_version": "prompt_name", "model": "service", "release": "service"}
"""What changes, and within what: a version of one prompt is no version of another."""
MEASURES = ("errors", "failed outcomes", "negative feedback")
"""What makes a trace bad: a span that ended in an error, an outcome that says so, a user who says so."""

_COLUMNS = ("trace_id", "session_id", "started_at", "status", *ATTRIBUTES, *set(ATTRIBUTES.values()))


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace: found is a bad trace of a version since which such traces are more.

    Traces count as independent: many of one user make the test too sure.
    """
    require(spans, _COLUMNS, of="rate_shift")
    traces = _measured(spans, signals).collect(engine="streaming")
    used = pl.concat([_used(spans, name, within) for name, within in ATTRIBUTES.items()]).collect(engine="streaming")
    shifts = find_shifts(traces.drop_nulls("started_at"), used, measures=MEASURES)
    is_bad = pl.coalesce(*(pl.when(pl.col("measure") == name).then(pl.col(name)) for name in MEASURES))
    worst = (
        used.join(shifts.found, on=["attribute", "scope", "value"], nulls_equal=True)
        .join(traces.select("trace_id", *MEASURES), on="trace_id")
        .filter(is_bad)
        .sort("p_adjusted", "p_value", "attribute", "value", "measure")
        .unique("trace_id", keep="first", maintain_order=True)
        .drop(MEASURES)
    )
    came_in = used.join(shifts.began, on=["attribute", "scope", "value"], nulls_equal=True)
    of_trace = came_in.group_by("trace_id").agg(pl.col("is_compared").any())
    judged = traces.join(of_trace, on="trace_id", how="left").join(worst, on="trace_id", how="left").lazy()
    return answer(
        judged.with_columns(pl.lit(None, pl.String).alias("span_id")),
        is_found=pl.col("measure").is_not_null(),
        reason=first_of(
            (pl.col("started_at").is_null(), "no time"),
            (~pl.col("has_version"), "no prompt version, model or release"),
            (pl.col("is_compared").is_null(), "its version did not begin in this window"),
            (~pl.col("is_compared"), f"fewer than {MIN_TRACES} traces to compare"),
        ),
        text=pl.format(
            "{} {} of {}: more {} since it came in",
            pl.col("attribute").str.replace("_", " "),
            label(pl.col("value")),
            label(pl.col("scope")).fill_null("the app"),
            "measure",
        ),
        evidence=pl.struct(
            *("attribute", label(pl.col("value")), label(pl.col("scope")), "measure", "began_at"),
            *("hits", "n", "other_hits", "other_n", "ratio_low", "p_value", "p_adjusted"),
        ),
    )


def _measured(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace: session, start, and of each measure whether it is bad; null where it cannot be told."""
    traces = spans.group_by("trace_id").agg(
        pl.col("session_id").min(),
        pl.col("started_at").min(),
        has_version=pl.any_horizontal(_said(name).is_not_null() for name in ATTRIBUTES).any(),
        errors=(pl.col("status") == "ERROR").any(),
    )
    outcomes = judged_outcomes(signals).select("trace_id", pl.col("is_failed").alias("failed outcomes"))
    feedback = judged_feedback(signals).drop_nulls("trace_id").group_by("trace_id")
    told = feedback.agg(pl.col("is_negative").any(ignore_nulls=False).alias("negative feedback"))
    return traces.join(outcomes, on="trace_id", how="left").join(told, on="trace_id", how="left")


def _used(spans: pl.LazyFrame, attribute: str, within: str) -> pl.LazyFrame:
    """Return one row a trace and value that it used, where a scope has several: trace_id, attribute, scope, value."""
    rows = spans.select("trace_id", scope=pl.col(within), value=_said(attribute)).drop_nulls("value")
    scopes = rows.group_by("scope").agg(pl.col("value").n_unique()).filter(pl.col("value") > 1).select("scope")
    return (
        rows.join(scopes, on="scope", how="semi", nulls_equal=True)
        .unique()
        .select("trace_id", pl.lit(attribute).alias("attribute"), "scope", "value")
    )


def _said(attribute: str) -> pl.Expr:
    return pl.when(pl.col(attribute) != "").then(attribute)


DETECTOR = Detector(
    code="rate_shift",
    version=1,
    unit="trace",
    severity="low",
    question="Did this go wrong on a version since which more goes wrong?",
    detect=detect,
    decided_by=tuple(ATTRIBUTES),
)
