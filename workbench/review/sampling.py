"""Which traces are shown: few of many, each with a known chance, so that verdicts on them tell of all.

Every way of choosing keeps the chances: whoever looks at doubtful traces first still learns how common a problem is.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.records import SamplingMode
from workbench.schemas import require
from workbench.stats.survey import draw_systematically, inclusion_probabilities, shares_of

SECONDS_A_VERDICT = 18.0
"""Some 200 traces an hour, which reviewers reach with a tool made for it (Shankar, Husain, lectures on evaluation)."""
LEAST_DOUBT = 0.1
"""A trace at the heart of its cluster has a tenth of the chance of one at its edge: the sure ones may be wrong too."""
_CELLS = 1 << 16

_CANDIDATE = ("cluster_id", "detector", "trace_id", "text", "strength", "x", "y", "at")


def within_minutes(minutes: float) -> int:
    """Return how many verdicts fit into so many minutes, at SECONDS_A_VERDICT each; at least one.

    >>> within_minutes(30)
    100
    """
    return max(1, int(minutes * 60 / SECONDS_A_VERDICT))


def draw(candidates: pl.DataFrame, *, n: int, mode: SamplingMode = "random", seed: int = 0) -> pl.DataFrame:
    """Return one row an item to review, in the order in which it is to be shown; deterministic given seed.

    Traces of one cluster that say the same are one item, that of the least trace id, and stand for each other. A
    cluster has a share of the sample in proportion to the root of its items, so that small ones are seen too, and at
    least one item if n is as many as the clusters. Within a cluster the items of a detector and a week are drawn in
    proportion to their number.

    Parameters
    ----------
    candidates
        One row a trace in a cluster: cluster_id (null for traces that no detector found), detector, trace_id, text,
        strength (0 to 1), x and y (place on the map, or null), at.
    n
        Items to draw; beyond their number, all are.
    mode
        How they are chosen.
    seed
        Seed of the choice.

    Returns
    -------
    DataFrame
        place (from 0), cluster_id, detector, trace_id, n_alike (traces that it stands for, itself included),
        inclusion_probability (above 0, at most 1).
    """
    require(candidates, _CANDIDATE, of="review.draw")
    rng = np.random.default_rng(seed)
    items = _without_copies(candidates)
    if items.is_empty():
        return _shown(items.with_columns(inclusion_probability=pl.lit(1.0)), mode, rng)
    ordered = items.with_columns(_along(items, mode, rng)).sort("cluster_id", "detector", "week", "along", "trace_id")
    chances = _chances(ordered, n=n, mode=mode)
    drawn = draw_systematically(chances, rng=rng)
    chosen = ordered.with_columns(inclusion_probability=pl.Series(chances))[drawn]
    return _shown(chosen, mode, rng)


def _without_copies(candidates: pl.DataFrame) -> pl.DataFrame:
    """Return one row a cluster and text: the least trace that says it, and how many do."""
    said = pl.coalesce("text", "trace_id")
    return (
        candidates.with_columns(said=said, week=pl.col("at").dt.truncate("1w"))
        .sort("trace_id")
        .group_by("cluster_id", "detector", "said", maintain_order=True)
        .agg(
            pl.col("trace_id", "x", "y", "week").first(),
            pl.col("strength").max().fill_null(0.0),
            n_alike=pl.col("trace_id").n_unique().cast(pl.Int64),
        )
    )


def _chances(items: pl.DataFrame, *, n: int, mode: SamplingMode) -> NDArray[np.float64]:
    """Return each item's chance; items are sorted by cluster, and within one it is in proportion to the doubt."""
    doubt = items.select((1 - pl.col("strength")).clip(LEAST_DOUBT if mode == "uncertain" else 1.0, 1.0))
    n_items = items.group_by("cluster_id", maintain_order=True).len()["len"].to_numpy()
    shares = shares_of(n, weights=np.sqrt(n_items), most=n_items)
    of_clusters = np.split(doubt.to_series().to_numpy(), np.cumsum(n_items)[:-1])
    return np.concatenate([inclusion_probabilities(*one) for one in zip(of_clusters, shares, strict=True)])


def _along(items: pl.DataFrame, mode: SamplingMode, rng: np.random.Generator) -> pl.Series:
    """Return the order within a cluster and week: at random, or along the map, so that equal steps spread over it."""
    if mode != "diverse" or items["x"].null_count() == items.height:
        return pl.Series("along", rng.permutation(items.height).astype(np.float64))
    cells = [_cells(items[name]) for name in ("x", "y")]
    return pl.Series("along", _interleaved(*cells).astype(np.float64))


def _cells(places: pl.Series) -> NDArray[np.int64]:
    values = places.cast(pl.Float64).fill_null(strategy="mean").to_numpy()
    span = values.max() - values.min()
    return np.asarray((values - values.min()) / (span or 1.0) * (_CELLS - 1), dtype=np.int64)


def _interleaved(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places along a curve that fills the map: the bits of both in turn (Morton 1966)."""
    code = np.zeros_like(x)
    for bit in range(16):
        code |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return code


def _shown(chosen: pl.DataFrame, mode: SamplingMode, rng: np.random.Generator) -> pl.DataFrame:
    """Return the items in the order of the queue: at random, so that whoever stops early leaves a random rest."""
    shuffled = chosen.with_columns(at_random=pl.Series(rng.permutation(chosen.height)))
    order = ["strength", "at_random"] if mode == "uncertain" else ["at_random"]
    return shuffled.sort(order).select(
        pl.int_range(pl.len()).cast(pl.Int64).alias("place"),
        *("cluster_id", "detector", "trace_id", "n_alike"),
        pl.col("inclusion_probability").cast(pl.Float64),
    )
