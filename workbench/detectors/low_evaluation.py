"""An evaluation below the bar: a judge, a program or a reviewer scored the answer and found it wanting.

Users say little, so that judges are the widest look at quality there is; but a score says something only where it is
known which end of it is the good one. Outcomes are `failed_outcome`'s and feedback is `negative_feedback`'s to report.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.explain import NO_WORDS, first_requests
from workbench.detectors.mask import label, masked
from workbench.detectors.scales import scales
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

BAR = 0.5
"""Of the scale, 0 to 1: its middle, and the default bar of DeepEval's metrics."""
MOST_LOW = 0.5
"""Share of graded scores of one name that may be low: were more, the bar would be wrong for it and not the app."""
MIN_SCORES = 20
"""Fewer scores of one name may mostly be low by chance: of 20, where a third are low in truth, one time in 27."""
PASSED = ("pass", "passed", "success", "succeeded", "successful", "ok", "resolved", "correct", "factual", "faithful")
"""Labels that say that the answer is good, whatever was asked; the next line has those that say the opposite."""
FAILED = (
    *("fail", "failed", "failure", "unsuccessful", "unresolved", "incorrect", "wrong", "bad", "poor", "hallucinated"),
    *("unfaithful", "ungrounded", "irrelevant", "unrelated", "toxic", "unsafe", "biased", "unhelpful", "incomplete"),
)
YES, NO = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
"""Labels that say whether it is so; if that is good depends on the name."""
FAULT = (
    r"(?i)toxic|hallucinat|bias|harm|risk|error|violat|leak|jailbreak|injection|profan|offens|contradict|frustrat"
    r"|fail|(?:ir|un)relevan|incorrect|inaccura|un(?:safe|helpful|faithful|grounded)|incomplete|inconsisten|incoheren"
)
"""Names of faults: the higher, the worse."""
ABSENT_FAULT = (
    r"(?i)harmless|unbiased|non[_ -]?(?:toxic|bias|harm|offens)"
    r"|(?:toxic(?:ity)?|hallucinations?|bias|harm|errors?|leaks?|profanity|contradictions?)[_ -]?free"
)
"""Names that say that a fault is not there: merits."""
TURNED = (
    r"(?i)^no[_ -]|^(?-i:no[A-Z])|^non|(?:^|[_ .-])no[nt]?[_ -]|[_ -]free|(?-i:[a-z]Free)"
    r"|free[_ -](?:of|from)|resistan|robust|handling|awareness|avoid|prevent|mitigat|recover|absence"
)
"""Names with a word that may turn the others round: which end is the good one cannot be told."""
MERIT = (
    r"(?i)correct|faithful|ground|relevan|helpful|accura|quality|complete|coheren|fluen|success|pass|satisf|clarity"
    r"|concise|adheren|truth|factual|consisten|match|resol|useful|overall|score|rating|grade"
)
"""Names of merits: the higher, the better. Overlaps such as ROUGE or a similarity have no bar, and are in neither."""

_SPAN_COLUMNS = ("trace_id", "span_id", "session_id", "parent_span_id", "kind", "started_at", "input")
_SIGNAL_COLUMNS = ("signal_id", "target_kind", "target_id", "trace_id", "kind", "name", "value", "label", "comment")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace, and one a session that was evaluated as a whole.

    Of an evaluation the label decides if it is known, else the value if the scale and its good end are. Of several on
    a trace or its spans one below the bar is enough.
    """
    require(spans, _SPAN_COLUMNS, of="low_evaluation")
    require(signals, _SIGNAL_COLUMNS, of="low_evaluation")
    units = _units(spans, _judged(signals))
    bare = units.filter("is_low", pl.col("comment").is_null(), pl.col("trace_id").is_not_null())
    words = first_requests(spans.join(bare.select("trace_id"), on="trace_id", how="semi")).rename({"request": "words"})
    said = pl.coalesce(masked(pl.when("is_found").then("comment")), "words", label(pl.col("label")), pl.lit(NO_WORDS))
    return answer(
        units.join(words, on="trace_id", how="left"),
        is_found=pl.col("is_low"),
        reason=pl.coalesce(first_of((pl.col("signal_id").is_null(), "no evaluation")), "untold"),
        text=pl.concat_str(label(pl.col("name")), said, separator=": ", ignore_nulls=True),
        evidence=pl.struct(
            *("signal_id", "target_kind", "target_id", label(pl.col("name")), "value", "top", label(pl.col("label"))),
            bar=pl.lit(BAR),
            structure=label(pl.col("name")),
        ),
    )


def _judged(signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row an evaluation: its unit, whether it is below the bar, or why that cannot be told."""
    evaluations = signals.filter(pl.col("kind") == "evaluation").with_columns(
        pl.when(pl.col("value").is_finite()).then("value").alias("value"),
        pl.when(pl.col("comment").str.contains(r"\S")).then("comment").alias("comment"),
    )
    of_names = scales(evaluations, is_binary=_is_fault() | _is_merit())
    scored = evaluations.join(of_names, on="name", how="left", nulls_equal=True).with_columns(
        _low_by_value().alias("by_value")
    )
    is_graded = ~pl.col("value").is_in([0.0, 1.0]).all().over("name")
    is_mostly_low = (
        is_graded
        & (pl.col("by_value").count().over("name") >= MIN_SCORES)
        & (pl.col("by_value").mean().over("name") > MOST_LOW)
    )
    of_session = pl.col("target_kind") == "session"
    by_label = _low_by_label()
    return scored.select(
        *("signal_id", "target_kind", "target_id", "name", "value", "label", "comment", "top"),
        pl.when(~of_session).then("trace_id").alias("trace_id"),
        pl.when(of_session).then("target_id").alias("session_id"),
        pl.coalesce(by_label, pl.when(~is_mostly_low).then("by_value")).alias("is_low"),
        pl.when(by_label.is_null())
        .then(
            first_of(
                (pl.col("value").is_null(), "no value and no known label"),
                (pl.col("by_value").is_null(), "scale or its good end not known"),
                (is_mostly_low, "most scores of this name are low"),
            )
        )
        .alias("untold"),
    )


def _is_fault() -> pl.Expr:
    return _is_named(FAULT) & ~_is_named(ABSENT_FAULT) & ~_is_named(TURNED)


def _is_merit() -> pl.Expr:
    return _is_named(ABSENT_FAULT) | (_is_named(MERIT) & ~_is_named(FAULT) & ~_is_named(TURNED))


def _is_named(pattern: str) -> pl.Expr:
    return pl.col("name").str.contains(pattern).fill_null(value=False)


def _low_by_label() -> pl.Expr:
    """Return what the label says, null where it says nothing."""
    known = pl.col("label").str.to_lowercase().str.strip_chars()
    is_so = pl.when(known.is_in(YES)).then(pl.lit(value=True)).when(known.is_in(NO)).then(pl.lit(value=False))
    of_name = pl.when(_is_fault()).then(is_so.otherwise(None)).when(_is_merit()).then(~is_so.otherwise(None))
    return (
        pl.when(known.is_in(FAILED))
        .then(pl.lit(value=True))
        .when(known.is_in(PASSED))
        .then(pl.lit(value=False))
        .otherwise(of_name.otherwise(None))
    )


def _low_by_value() -> pl.Expr:
    """Return what the value says, null where scale or good end is not known; a scale below 0 has its bar at 0."""
    bar = pl.when(pl.col("least") < 0).then(0.0).otherwise(BAR * pl.col("top"))
    low = pl.when(_is_fault()).then(pl.col("value") > bar).when(_is_merit()).then(pl.col("value") < bar)
    return pl.when(pl.col("top").is_not_null()).then(low.otherwise(None))


def _units(spans: pl.LazyFrame, evaluations: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a trace or evaluated session: the worst evaluation on it, one with a comment before others."""
    worst_first = (
        pl.col("is_low").fill_null(value=False).not_(),
        pl.col("is_low").is_null(),
        pl.col("comment").is_null(),
        "signal_id",
    )
    said = pl.exclude("trace_id", "session_id").sort_by(*worst_first).first()
    of_traces = evaluations.filter(pl.col("trace_id").is_not_null()).group_by("trace_id").agg(said)
    of_sessions = evaluations.filter(pl.col("session_id").is_not_null()).group_by("session_id").agg(said)
    about_traces = traces(spans.select("trace_id", "session_id")).join(of_traces, on="trace_id", how="left")
    return pl.concat([about_traces, of_sessions], how="diagonal")


DETECTOR = Detector(
    code="low_evaluation",
    version=1,
    unit="trace",
    severity="high",
    question="Did a judge, a program or a reviewer score this below the bar?",
    detect=detect,
)
