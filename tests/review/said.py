"""Items and verdicts of a small review, for the tests of what a review tells."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from workbench.records import Verdict, verdict_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REVIEW = "rev_1"
SCHEMA = {
    "place": pl.Int64,
    **dict.fromkeys(("kind", "cluster_id", "detector", "target_id"), pl.String),
    "n_alike": pl.Int64,
    "inclusion_probability": pl.Float64,
}


def items(rows: Sequence[tuple[str, str | None, int, float]], *, detector: str = "tool_error") -> pl.DataFrame:
    """Return items from rows of trace id, cluster, how many are alike, and chance."""
    return pl.DataFrame(
        [
            (place, "trace", cluster, detector if cluster else None, trace, n_alike, chance)
            for place, (trace, cluster, n_alike, chance) in enumerate(rows)
        ],
        schema=SCHEMA,
        orient="row",
    )


def verdict(target_id: str, label: Any, *, by: str = "ann", minute: int = 0, **more: Any) -> Verdict:
    """Return a verdict on a trace of cluster `clu_a` in the review, unless it says otherwise."""
    about = {"target_kind": "trace", "cluster_id": "clu_a", "review_id": REVIEW, **more}
    named = {name: about[name] for name in ("cluster_id", "review_id")}
    return Verdict(
        **{
            "id": verdict_id(about["target_kind"], target_id, annotator=by, **named),
            "target_id": target_id,
            "label": label,
            "explanation": "",
            "code": "",
            "annotator_kind": "HUMAN",
            "annotator": by,
            "identity": "typed",
            "at": NOON + timedelta(minutes=minute),
            **about,
        }
    )
