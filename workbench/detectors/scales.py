"""The scale of a score that only its name is known of: from what values it takes.

Feedback and evaluations come as 0 or 1, up to 5 stars, up to 10 or 100, and nobody writes down which.
"""

import polars as pl

SCALES = (1.0, 5.0, 10.0, 100.0)
"""Usual tops of a scale; a score's scale is the least of them that holds every value seen under its name."""


def scales(scores: pl.LazyFrame, *, is_binary: pl.Expr) -> pl.LazyFrame:
    """Return one row a name of scores: the least value seen, and the top of the scale; null where it cannot be told.

    Parameters
    ----------
    scores
        One row a score: `name` and `value`.
    is_binary
        True where a name says that its scores are 0 to 1; without that, only ones may be the best of 0 to 1 or the
        worst of 1 to 5.
    """
    least, most = pl.col("value").min(), pl.col("value").max()
    is_open = (least == 1) & (most == 1) & ~is_binary.first().fill_null(value=False)
    fits = [pl.when(most <= top).then(pl.lit(top)) for top in SCALES]
    top = pl.when(~is_open & ((least >= 0) | (most <= SCALES[0]))).then(pl.coalesce(*fits))
    return scores.group_by("name").agg(least.alias("least"), top.alias("top"))
