"""How much of each answer its reader changed before keeping it, whichever came first: the answer or the kept text.

An app often knows only the text that was kept; what it was made from lies in the trace.
"""

import orjson
import polars as pl

from workbench.detectors.recorded import last_answer
from workbench.schemas import SIGNALS, require
from workbench.stats.distance import changed_share


def edit_shares(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.DataFrame:
    """Return one row an edit, `signal_id` and `changed_share` (0 to 1): as stored, or measured against the answer.

    An edit that came with the kept text alone is compared with the answer of its span, or of its trace's last span
    without a parent. `changed_share` is null while that is not there, or where a text is too long to be compared.

    Parameters
    ----------
    spans, signals
        Frames in schemas.SPANS and schemas.SIGNALS.
    """
    require(spans, ("trace_id", "span_id", "parent_span_id", "started_at", "output"), of="edit_shares")
    require(signals, SIGNALS.schema.names(), of="edit_shares")
    edits = signals.filter(pl.col("kind") == "edit").select(
        "signal_id", "target_kind", "target_id", "trace_id", "value", "attributes"
    )
    roots = spans.filter(pl.col("parent_span_id").is_null(), pl.col("output").is_not_null())
    of_traces = roots.sort("started_at", "span_id").group_by("trace_id").agg(pl.col("output").last())
    of_spans = spans.select("trace_id", "output", target_id="span_id")
    is_of_span = pl.col("target_kind") == "span"
    joined = pl.concat(
        [
            edits.filter(is_of_span).join(of_spans, on=["trace_id", "target_id"], how="left"),
            edits.filter(~is_of_span).join(of_traces, on="trace_id", how="left"),
        ]
    ).collect()
    shares = [
        row["value"] if row["value"] is not None else _share(row["attributes"], row["output"])
        for row in joined.iter_rows(named=True)
    ]
    return joined.select("signal_id", pl.Series("changed_share", shares, dtype=pl.Float64)).sort("signal_id")


def _share(attributes: str, output: str | None) -> float | None:
    """Return how much of an answer was changed before it was kept; None where either text is missing."""
    kept = orjson.loads(attributes).get("kept")
    return None if output is None or not isinstance(kept, str) else changed_share(last_answer(output), kept)
