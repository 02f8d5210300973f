"""A detector that reviewers teach: what they confirmed and rejected, applied to traces that nobody has looked at.

It goes by meaning, so that it finds the same complaint in other words.
"""

from functools import partial

import numpy as np
import polars as pl

from workbench.detectors.detector import Detector, version_of
from workbench.detectors.mask import masked
from workbench.detectors.recorded import first_request, last_answer
from workbench.detectors.training import THRESHOLD, Trained, has_words, vectors_of
from workbench.detectors.units import IN_TIME, answer, first_of
from workbench.embedder import Embed
from workbench.schemas import require

CODE = "trained"
MAX_CHARACTERS = 1_000
"""Of a request and of an answer: what the embedder's 256 tokens hold."""

_COLUMNS = ("trace_id", "span_id", "parent_span_id", "session_id", "kind", "started_at", "input", "output")
_NO_REQUESTS = ("TOOL", "EMBEDDING", "RETRIEVER")


def trace_texts(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a trace: trace_id, session_id, request and answer, the words of both, null where not recorded."""
    require(spans, _COLUMNS, of="trace_texts")
    order = (pl.col("parent_span_id").is_not_null(), IN_TIME, "span_id")
    said = spans.filter(pl.col("kind").is_in(_NO_REQUESTS).not_())
    texts = said.group_by("trace_id").agg(pl.col("input", "output").sort_by(*order).drop_nulls().first())
    traces = spans.group_by("trace_id").agg(pl.col("session_id").min()).join(texts, on="trace_id", how="left")
    read = {"request": ("input", first_request), "answer": ("output", last_answer)}
    return traces.collect(engine="streaming").select(
        "trace_id",
        "session_id",
        *(
            pl.col(column).map_elements(words, return_dtype=pl.String).str.slice(0, MAX_CHARACTERS).alias(name)
            for name, (column, words) in read.items()
        ),
    )


def trained_detector(trained: Trained, *, embed: Embed, embedder: str) -> Detector:
    """Return the detector of what was learned; it abstains where nothing could be, or the vectors are another's."""
    if embedder != trained.embedder:
        reason: str | None = f"trained on vectors of {trained.embedder}, these are of {embedder}"
    else:
        reason = trained.reason
    return Detector(
        code=CODE,
        version=version_of(trained.training_set),
        unit="trace",
        severity="medium",
        question="Is this like what reviewers have confirmed?",
        detect=partial(_detect, trained=trained, reason=reason, embed=embed),
        reads="trace",
    )


def _detect(
    spans: pl.LazyFrame, signals: pl.LazyFrame, *, trained: Trained, reason: str | None, embed: Embed
) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; signals are not read."""
    del signals
    texts = trace_texts(spans)
    likely = np.full(texts.height, np.nan) if reason else trained.probability(vectors_of(texts, embed))
    probability = pl.Series("probability", likely).fill_nan(None)
    judged = texts.with_columns(pl.lit(None, pl.String).alias("span_id"), probability, has_words=has_words())
    why_not = [] if reason is None else [(pl.lit(value=True), reason)]
    return answer(
        judged.lazy(),
        is_found=pl.col("has_words") & (pl.col("probability") >= THRESHOLD),
        reason=first_of(*why_not, (~pl.col("has_words"), "neither request nor answer recorded")),
        text=masked(pl.coalesce("request", "answer")),
        evidence=pl.struct(
            "probability",
            threshold=pl.lit(THRESHOLD),
            n_confirmed=pl.lit(trained.n_confirmed, pl.Int64),
            n_rejected=pl.lit(trained.n_rejected, pl.Int64),
            held_out_found=pl.lit(trained.held_out.n_found, pl.Int64),
            held_out_confirmed=pl.lit(trained.held_out.n_confirmed, pl.Int64),
        ),
    )
