"""An answer of which its reader kept little: the kept text differs from it in more than a bar.

Whoever rewrites an answer had a use for it and could not use it as it was, which no thumb says as plainly. It does not
say why, and what the user had come for is a topic of the traffic and not a problem: the finding says so and no more.
"""

import polars as pl

from workbench.detectors.detector import Detector
from workbench.detectors.edits import edit_shares
from workbench.detectors.mask import label
from workbench.detectors.units import answer, first_of, traces
from workbench.schemas import require

HEAVY_SHARE = 0.5
"""An edit is heavy from this share of changed characters on: more was put in or taken out than was kept."""
UNEXPLAINED = "rewritten before it was kept"
"""The text of every finding; `beside` and `places` may know more of it."""

_SPAN_COLUMNS = ("trace_id", "span_id", "session_id", "parent_span_id", "started_at", "output")
_SIGNAL_COLUMNS = ("signal_id", "target_kind", "target_id", "trace_id", "kind", "name", "value", "attributes")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace; of several edits of a trace the heaviest decides.

    An edit that says neither its share nor has an answer to be compared with is not judged.
    """
    require(spans, _SPAN_COLUMNS, of="heavy_edit")
    require(signals, _SIGNAL_COLUMNS, of="heavy_edit")
    edits = signals.filter(pl.col("kind") == "edit", pl.col("trace_id").is_not_null()).select(
        "signal_id", "trace_id", "name"
    )
    edited = edits.select("trace_id").unique().collect(engine="streaming")["trace_id"]
    about = spans.filter(pl.col("trace_id").is_in(edited.implode())) if len(edited) else spans.head(0)
    heaviest = (
        edits.join(edit_shares(about, signals).lazy(), on="signal_id", how="left")
        .sort("changed_share", "signal_id", descending=[True, False], nulls_last=True)
        .group_by("trace_id")
        .agg(pl.len().alias("n_edits"), pl.col("signal_id", "name", "changed_share").first())
        .collect(engine="streaming")
    )
    return answer(
        traces(spans.select("trace_id", "session_id")).join(heaviest.lazy(), on="trace_id", how="left"),
        is_found=pl.col("changed_share") >= HEAVY_SHARE,
        reason=first_of(
            (pl.col("signal_id").is_null(), "no edit"),
            (pl.col("changed_share").is_null(), "edit cannot be compared with the answer"),
        ),
        text=pl.lit(UNEXPLAINED),
        evidence=pl.struct(
            *("signal_id", label(pl.col("name")), "changed_share", "n_edits"),
            heavy_share=pl.lit(HEAVY_SHARE),
            has_words=pl.lit(value=False),
        ),
    )


DETECTOR = Detector(
    code="heavy_edit",
    version=2,
    unit="trace",
    severity="medium",
    question=f"Did the reader change {HEAVY_SHARE:.0%} of the answer or more before keeping it?",
    detect=detect,
    reads="trace",
)
