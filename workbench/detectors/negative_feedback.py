"""What users disliked: a thumb down, a low score, or a comment that complains.

Few users say anything, so that each who does stands for many; silence is not praise, and counts as not applicable.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import NO_WORDS, first_requests
from workbench.detectors.mask import label, masked
from workbench.detectors.scales import scales
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

LOW_SHARE = 0.4
"""A score is low up to this share of its scale: two of five stars, the two boxes that CSAT counts as dissatisfied."""
DOWN = ("down", "thumb_down", "thumbs_down", "dislike", "negative", "bad", "poor", "unhelpful", "not_helpful", "wrong")
"""Labels that say no."""
UP = ("up", "thumb_up", "thumbs_up", "like", "positive", "good", "great", "helpful", "correct", "neutral")
"""Labels that do not say no."""
THUMB = r"(?i)thumb|like|vote|helpful"
"""Names of scores that are 1 or 0, even where nobody gave a 0 yet."""
COMPLAINT = (
    r"(?i)\b(?:wrong|incorrect|inaccurate|useless|terrible|awful|horrible|unacceptable|misleading"
    r"|frustrat\w+|disappoint\w+|hallucinat\w+|made up|makes? no sense|waste of time|gave up|not what i"
    r"|still (?:broken|wrong|waiting)|not (?:helpful|correct|right|true|working|accurate)"
    r"|(?:does|did|do|is|was)(?: not|n.?t) (?:work|help|answer|right|correct))\b"
)
"""Words that propose a complaint where a comment comes without a score: few and plain, since doubt is no complaint."""

_SPAN_COLUMNS = ("trace_id", "span_id", "session_id", "parent_span_id", "kind", "started_at", "input")
_SIGNAL_COLUMNS = ("signal_id", "target_kind", "target_id", "trace_id", "kind", "name", "value", "label", "comment")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace, and one a session that has feedback of its own.

    Of a signal the label decides if it is known, else the score if its scale is, else the words of the comment. Of
    several signals on a unit one complaint is enough.
    """
    require(spans, _SPAN_COLUMNS, of="negative_feedback")
    require(signals, _SIGNAL_COLUMNS, of="negative_feedback")
    units = _units(spans, judged_feedback(signals)).collect(engine="streaming")
    negative = units.filter("is_negative", pl.col("comment").is_null())
    # A session without a comment is explained by its first trace.
    first = negative["first_trace_id"].drop_nulls().unique()
    asked = spans.filter(pl.col("trace_id").is_in(first.implode())) if len(first) else spans.head(0)
    requests = first_requests(asked).rename({"trace_id": "first_trace_id"})
    return answer(
        units.lazy().join(requests, on="first_trace_id", how="left"),
        is_found=pl.col("is_negative"),
        reason=first_of(
            (pl.col("signal_id").is_null(), "no feedback"),
            (pl.col("is_negative").is_null() & pl.col("value").is_not_null(), "score on an unknown scale"),
            (pl.col("is_negative").is_null(), "comment without a score or a known word"),
        ),
        text=pl.coalesce(masked(pl.when("is_found").then("comment")), "request", pl.lit(NO_WORDS)),
        evidence=pl.struct("signal_id", label(pl.col("name")), "value", "top", label(pl.col("label")), "decided_by"),
    )


def judged_feedback(signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a feedback signal: its unit, and whether it is negative; null where it cannot be told."""
    feedback = signals.filter(pl.col("kind") == "feedback").with_columns(
        pl.when(pl.col("value").is_finite()).then("value").alias("value"),
        pl.when(pl.col("comment").str.contains(r"\S")).then("comment").alias("comment"),
    )
    known = pl.col("label").str.to_lowercase().str.strip_chars().str.replace_all(r"[\s-]", "_")
    by_label = pl.when(known.is_in(DOWN)).then(pl.lit(value=True)).when(known.is_in(UP)).then(pl.lit(value=False))
    by_words = pl.when(pl.col("value").is_null() & pl.col("comment").str.contains(COMPLAINT)).then(pl.lit(value=True))
    decisions = {"label": by_label.otherwise(None), "value": _is_low(), "comment": by_words.otherwise(None)}
    of_session = pl.col("target_kind") == "session"
    of_names = scales(feedback, is_binary=pl.col("name").str.contains(THUMB))
    return feedback.join(of_names, on="name", how="left", nulls_equal=True).select(
        *("signal_id", "name", "value", "label", "comment", "top"),
        pl.when(~of_session).then("trace_id").alias("trace_id"),
        pl.when(of_session).then("target_id").alias("session_id"),
        pl.coalesce(*decisions.values()).alias("is_negative"),
        first_of(*((decision.is_not_null(), word) for word, decision in decisions.items())).alias("decided_by"),
    )


def _is_low() -> pl.Expr:
    below = (
        pl.when(pl.col("least") < 0).then(pl.col("value") < 0).otherwise(pl.col("value") <= LOW_SHARE * pl.col("top"))
    )
    return pl.when(pl.col("top").is_not_null()).then(below)


def _units(spans: pl.LazyFrame, feedback: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace or a session with feedback: the worst signal on it, one with a comment before others."""
    worst_first = (
        pl.col("is_negative").fill_null(value=False).not_(),
        pl.col("is_negative").is_null(),
        pl.col("comment").is_null(),
        "signal_id",
    )
    said = pl.exclude("trace_id", "session_id").sort_by(*worst_first).first()
    of_traces = feedback.filter(pl.col("trace_id").is_not_null()).group_by("trace_id").agg(said)
    of_sessions = feedback.filter(pl.col("session_id").is_not_null()).group_by("session_id").agg(said)
    in_order = pl.col("trace_id").sort_by("started_at", "trace_id", nulls_last=True)
    of_visits = spans.join(of_sessions.select("session_id"), on="session_id", how="semi")
    first_traces = of_visits.group_by("session_id").agg(in_order.first().alias("first_trace_id"))
    about_traces = traces(spans.select("trace_id", "session_id")).join(
        of_traces, on="trace_id", how="full", coalesce=True
    )
    about_sessions = of_sessions.join(first_traces, on="session_id", how="left")
    return pl.concat([about_traces.with_columns(first_trace_id="trace_id"), about_sessions], how="diagonal")


DETECTOR = Detector(
    code="negative_feedback",
    version=1,
    unit="trace",
    severity="high",
    question="Did a user say that this was bad?",
    detect=detect,
)
