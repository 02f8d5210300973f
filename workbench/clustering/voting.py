"""New texts vote themselves into earlier clusters: each goes where most of its nearest earlier texts are.

A text that is farther from a cluster than its own members are joins none, however many of its neighbours are in it.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.neighbours import find_near, reduce
from workbench.clustering.structure import combine, structures
from workbench.embedder import Embed

N_VOTES = 10
"""Nearest texts of the earlier run that vote on a new one."""
JOIN_ABOVE = 0.4
"""Share of the votes above which a text joins a cluster: half of ten do. Of 10,000 copies of clinc150's questions with
words dropped, AMI .659 and 3 % left as noise; .632 and 16 % where six must agree within the 95th percentile."""
FAR_PERCENTILE = 99
"""A text is too far for a cluster if its nearest member is farther than this share of the members have theirs."""
VOTERS_EACH = 40
"""Texts of a cluster that vote; spread over all of them, that many stand for thousands."""
NOISE_VOTERS = 1_000
"""Texts of the earlier noise that vote for noise."""
PLACE = ("cluster_id", "strength", "x", "y")
"""Where a finding is: its cluster, how firmly, and on the map."""


def vote(placed: pl.DataFrame, before: pl.DataFrame, *, embed: Embed) -> pl.DataFrame:
    """Return the findings with those that are open in the cluster of most of their nearest texts, where near enough.

    Parameters
    ----------
    placed
        One row a finding of one detector: schemas.FINDINGS, PLACE, and `is_open`: it is in no cluster yet.
    before
        One row a finding of the earlier run of that detector: finding_id, text, evidence and PLACE.
    embed
        Texts to vectors, as the earlier run had it.
    """
    voters = _voters(before)
    asked = placed.filter("is_open").unique("text", keep="first", maintain_order=True).sort("text")
    if asked.is_empty() or voters.height <= N_VOTES:
        return placed
    both = pl.concat([voters.select("text", "evidence"), asked.select("text", "evidence")])
    vectors = combine(np.asarray(embed(both["text"].to_list()), dtype=np.float32), structures(both))
    points = reduce(vectors)
    ids, codes = np.unique(voters["cluster_id"].fill_null("").to_numpy().astype(str), return_inverse=True)
    codes = np.where(ids[codes] == "", -1, codes)
    chosen, shares, nearest = _elect(points[voters.height :], points[: voters.height], codes)
    x, y = (voters[name].to_numpy()[nearest] for name in ("x", "y"))
    answer = asked.select("text").with_columns(
        pl.Series("voted", [None if code < 0 else str(ids[code]) for code in chosen], dtype=pl.String),
        pl.Series("share", shares, dtype=pl.Float64),
        pl.Series("near_x", x, dtype=pl.Float64),
        pl.Series("near_y", y, dtype=pl.Float64),
    )
    joined, is_open = placed.join(answer, on="text", how="left"), pl.col("is_open")
    return joined.select(
        *(name for name in placed.columns if name not in PLACE and name != "is_open"),
        pl.when(is_open).then("voted").otherwise("cluster_id").alias("cluster_id"),
        pl.when(is_open).then(pl.col("share").fill_null(0.0)).otherwise("strength").alias("strength"),
        pl.when(is_open).then("near_x").otherwise("x").alias("x"),
        pl.when(is_open).then("near_y").otherwise("y").alias("y"),
        is_open=is_open & pl.col("voted").is_null(),
    ).select(placed.columns)


def _voters(before: pl.DataFrame) -> pl.DataFrame:
    """Return some distinct texts of each earlier cluster, spread over all of them, and some of the noise."""
    texts = before.filter(pl.col("text").str.strip_chars() != "").sort("text", "finding_id")
    texts = texts.unique("text", keep="first", maintain_order=True)
    limit = pl.when(pl.col("cluster_id").is_null()).then(NOISE_VOTERS).otherwise(VOTERS_EACH)
    size, place = pl.len().over("cluster_id"), pl.int_range(pl.len()).over("cluster_id")
    # The n-th of the limit, wherever the product steps to its next whole number: even steps through all.
    steps = (place + 1) * limit // size > place * limit // size
    return texts.filter((size <= limit) | steps)


def _elect(
    points: NDArray[np.float32], voters: NDArray[np.float32], codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return for each point its cluster's code or -1, its share of the votes, and its nearest voter."""
    cuts = _cuts(voters, codes)
    indices, distances = find_near(points, voters, n_neighbours=N_VOTES)
    votes = codes[indices]
    counts = np.stack([(votes == vote[:, None]).sum(axis=1) for vote in votes.T], axis=1)
    winner = counts.argmax(axis=1)[:, None]
    chosen = np.take_along_axis(votes, winner, axis=1)[:, 0]
    shares = np.take_along_axis(counts, winner, axis=1)[:, 0] / votes.shape[1]
    nearest = np.where(votes == chosen[:, None], distances, np.inf).min(axis=1)
    joins = (chosen >= 0) & (shares > JOIN_ABOVE) & (nearest <= np.append(cuts, 0.0)[chosen])
    return np.where(joins, chosen, -1), np.where(joins, shares, 0.0), indices[:, 0]


def _cuts(voters: NDArray[np.float32], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each code how far a text may be from its nearest member of that cluster."""
    indices, distances = find_near(voters, voters, n_neighbours=min(N_VOTES + 1, len(voters)))
    itself = indices == np.arange(len(voters))[:, None]
    other = np.where((codes[indices] == codes[:, None]) & ~itself, distances, np.inf).min(axis=1)
    cuts = np.zeros(int(codes.max(initial=-1)) + 1)
    for code in range(len(cuts)):
        own = other[(codes == code) & np.isfinite(other)]
        cuts[code] = np.percentile(own, FAR_PERCENTILE) if len(own) else 0.0
    return cuts
