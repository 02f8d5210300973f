"""The sample of traffic after the ship that people judge: half of it at random, half of what its detector found.

The detector that found the problem may miss its new form, so that half of the sample does not depend on it; and nobody
is told which half a trace is of, because whoever knows what a detector said agrees with it.
"""

import numpy as np
import polars as pl

from workbench.schemas import require


def draw_blind(traffic: pl.DataFrame, *, n: int, seed: int) -> pl.DataFrame:
    """Return the sample in the order in which it is shown; deterministic given seed.

    Parameters
    ----------
    traffic
        One row a trace after the ship: trace_id, is_found, is_unowned.
    n
        Traces drawn at random; as many more are drawn of those in which the issue was found, or what is of no issue and
        may be it in other words, as far as there are.
    seed
        Seed of the draw.

    Returns
    -------
    DataFrame
        place (from 0), trace_id, is_random, inclusion_probability (of being in either half).
    """
    require(traffic, ("trace_id", "is_found", "is_unowned"), of="watch.draw_blind")
    rng = np.random.default_rng(seed)
    rows = traffic.with_columns(is_found=pl.col("is_found") | pl.col("is_unowned")).sort("trace_id")
    order = rng.permutation(rows.height)
    n_random = min(n, rows.height)
    at_random = rows[order[:n_random].tolist()]
    others = rows[order[n_random:].tolist()].filter("is_found")
    n_found, n_more = others.height, min(n, others.height)
    chance = n_random / rows.height if rows.height else 0.0
    # In random order already: the first of them are a random sample.
    drawn = pl.concat([at_random.with_columns(is_random=True), others.head(n_more).with_columns(is_random=False)])
    of_found = chance + (1 - chance) * (n_more / n_found if n_found else 0.0)
    probability = pl.when("is_found").then(pl.lit(of_found)).otherwise(pl.lit(chance))
    order_shown = rng.permutation(drawn.height).tolist()
    shown: pl.DataFrame = drawn.with_columns(probability.alias("inclusion_probability"))[order_shown]
    return shown.select(
        pl.int_range(pl.len()).cast(pl.Int64).alias("place"), "trace_id", "is_random", "inclusion_probability"
    )
