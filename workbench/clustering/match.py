"""Which cluster of an earlier run is this one? By the findings that they share, then by what their exemplars say.

An issue keeps its identity, and what people decided about it, when the same problem is found again in more data or in
another window.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.families import centres
from workbench.clustering.overlap import overlap
from workbench.embedder import Embed
from workbench.schemas import require

SHARED_AT_LEAST = 0.5
"""Jaccard index, over the findings that both runs know, from which two clusters are the same. Below it a cluster counts
as dissolved (Hennig, "Cluster-wise assessment of cluster stability", 2007)."""
HEIR_AT_LEAST = 0.5
"""Share of the findings of a cluster that both runs know which an earlier one held, from which it is its heir, where
nothing else continues that one: most of the others are in no cluster any more, or in several smaller ones."""
SIMILAR_AT_LEAST = 0.85
"""Cosine similarity of the exemplars' centres from which two clusters are the same, where they share no findings.
Measured on halves of clinc150's 150 intents as two runs, 10, 30 and 75 texts each: 70, 80 and 92 % of the intents are
recognised, and for 4, 3 and 6 % some other of the 149 is as similar."""


class Match(NamedTuple):
    """The cluster of an earlier run that a cluster continues."""

    before: str
    """The earlier cluster's id."""
    how: Literal["shared members", "similar text"]
    """What it was recognised by."""
    score: float
    """Jaccard index of the findings, or cosine similarity of the exemplars' centres; at most 1."""


def match(
    *,
    clusters_now: pl.DataFrame,
    memberships_now: pl.DataFrame,
    clusters_before: pl.DataFrame,
    memberships_before: pl.DataFrame,
    texts: pl.DataFrame,
    embed: Embed,
) -> dict[str, Match]:
    """Return for each cluster the earlier cluster of the same detector that it continues, by cluster_id.

    One to one: no earlier cluster is continued twice, and of all assignments the one with the highest sum of scores is
    taken. What shared members leave goes to heirs, then to similar texts. A cluster that continues none is not in the
    answer.

    Parameters
    ----------
    clusters_now, clusters_before
        schemas.CLUSTERS, one row a cluster; the earlier ones may be of several runs.
    memberships_now, memberships_before
        schemas.MEMBERSHIPS, one row a finding; of the same runs.
    texts
        One row a finding at least for the exemplars of both: finding_id and text.
    embed
        Texts to vectors; those of both runs are made anew, so that they are of one embedder.
    """
    for frame in (clusters_now, clusters_before):
        require(frame, ("cluster_id", "detector", "exemplars"), of="clustering.match")
    require(texts, ("finding_id", "text"), of="clustering.match")
    shared, n_now, n_before = overlap(
        clusters_now=clusters_now,
        memberships_now=memberships_now,
        clusters_before=clusters_before,
        memberships_before=memberships_before,
    )
    jaccard = shared / np.maximum(n_now[:, None] + n_before[None, :] - shared, 1)
    matches = _assign(jaccard, clusters_now, clusters_before, at_least=SHARED_AT_LEAST, how="shared members")
    is_left_now, is_left_before = _left(matches, clusters_now, clusters_before)
    is_heir = (shared > HEIR_AT_LEAST * n_now[:, None]) & is_left_now[:, None] & is_left_before[None, :]
    matches |= _assign(
        np.where(is_heir, jaccard, 0.0), clusters_now, clusters_before, at_least=0.0, how="shared members"
    )
    is_left_now, is_left_before = _left(matches, clusters_now, clusters_before)
    left_now, left_before = clusters_now.filter(is_left_now), clusters_before.filter(is_left_before)
    if left_now.is_empty() or left_before.is_empty():
        return matches
    similar = centres(left_now, texts, embed=embed) @ centres(left_before, texts, embed=embed).T
    return matches | _assign(similar, left_now, left_before, at_least=SIMILAR_AT_LEAST, how="similar text")


def _left(
    matches: Mapping[str, Match], now: pl.DataFrame, before: pl.DataFrame
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which clusters of this run and of the earlier ones are not matched yet."""
    taken = [found.before for found in matches.values()]
    return (
        ~now["cluster_id"].is_in(list(matches)).to_numpy(),
        ~before["cluster_id"].is_in(taken).to_numpy(),
    )


def _assign(
    scores: NDArray[np.float64],
    now: pl.DataFrame,
    before: pl.DataFrame,
    *,
    at_least: float,
    how: Literal["shared members", "similar text"],
) -> dict[str, Match]:
    """Return the one-to-one assignment with the highest sum, of pairs of one detector that reach the threshold."""
    from scipy.optimize import linear_sum_assignment

    same_detector = now["detector"].to_numpy()[:, None] == before["detector"].to_numpy()[None, :]
    scores = np.where(same_detector & (scores >= at_least), scores, 0.0)
    pairs = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return {
        now["cluster_id"][int(row)]: Match(before["cluster_id"][int(column)], how, min(float(scores[row, column]), 1.0))
        for row, column in pairs
        if scores[row, column] > 0
    }
