"""The order in which a review is shown: one cluster after the other, and what no detector found spread between.

Who has just read a cluster's traces can say whether its causes explain it and whether it deserves a change; and who
stops early has seen whole clusters, and some of what the detectors missed.
"""

from collections.abc import Sequence

import polars as pl

from workbench.schemas import REVIEW_ITEMS, require

_DRAWN = ("place", "cluster_id", "detector", "trace_id", "n_alike", "inclusion_probability")
_JUDGED = ("cluster_id", "detector", "kind", "target_id")


def in_blocks(
    drawn: pl.DataFrame, judged: pl.DataFrame, control: pl.DataFrame, *, ranked: Sequence[str]
) -> pl.DataFrame:
    """Return the items of a review by place, in schemas.REVIEW_ITEMS.

    Parameters
    ----------
    drawn
        Traces of clusters, as `draw` gives them: within a cluster they keep their order.
    judged
        Causes and issues, one row each: cluster_id, detector, kind, target_id; within a cluster they keep their order
        and come after its traces.
    control
        Traces that no detector found, as `draw` gives them: they come at equal distances.
    ranked
        The clusters, in the order in which their blocks come.
    """
    require(drawn, _DRAWN, of="in_blocks")
    require(control, _DRAWN, of="in_blocks")
    require(judged, _JUDGED, of="in_blocks")
    rank = {cluster: place for place, cluster in enumerate(ranked)}
    whole = judged.with_columns(
        n_alike=pl.lit(1, pl.Int64), inclusion_probability=pl.lit(1.0), place=pl.int_range(pl.len())
    )
    blocks = (
        pl.concat([_traces(drawn), whole.select(_traces(drawn).columns)])
        .with_columns(
            rank=pl.col("cluster_id").replace_strict(rank, return_dtype=pl.Int64), is_after=pl.col("kind") != "trace"
        )
        .sort("rank", "is_after", "place", maintain_order=True)
        .with_columns(along=pl.int_range(pl.len()).cast(pl.Float64))
        .drop("rank", "is_after")
    )
    apart = max(blocks.height, 1) / max(control.height, 1)
    spread = _traces(control.sort("place")).with_columns(along=(pl.int_range(pl.len()) + 0.5) * apart - 0.5)
    ordered = pl.concat([blocks, spread.select(blocks.columns)]).sort("along", maintain_order=True)
    return ordered.with_columns(place=pl.int_range(pl.len())).select(
        pl.col(name).cast(dtype) for name, dtype in REVIEW_ITEMS.schema.items()
    )


def _traces(drawn: pl.DataFrame) -> pl.DataFrame:
    return drawn.select(
        *("cluster_id", "detector"),
        pl.lit("trace").alias("kind"),
        pl.col("trace_id").alias("target_id"),
        *("n_alike", "inclusion_probability"),
        pl.col("place").cast(pl.Int64),
    )
