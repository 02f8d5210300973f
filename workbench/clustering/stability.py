"""How much of each cluster is found again in a part of the data: what only one draw shows is no recurring problem.

Hennig, "Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52, 2007: the mean over
resamples of the best Jaccard index between a cluster and the clusters of the resample. Subsets are drawn, because a
bootstrap's copies would be each other's nearest neighbours.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 10
"""The mean of ten has a standard error of some .03, enough to tell .5 (dissolved) from .75 (stable)."""
SHARE = 0.5
"""Of the points in a subset: half, as Hennig's subsetting has it."""
MAX_POINTS = 5_000
"""Points in a subset: more cost seconds and say the same of clusters of a size to be found among them."""


def stability(
    labels: NDArray[np.int64], recluster: Callable[[NDArray[np.int64]], NDArray[np.int64]], *, seed: int
) -> NDArray[np.float64]:
    """Return the stability of each cluster 0, 1, ..., (k,) float64 from 0 to 1; deterministic given seed.

    Below .5 a cluster is dissolved as often as it is found, from .75 on it is stable (the same source).

    Parameters
    ----------
    labels
        (m,), the clusters of all points; -1 is noise.
    recluster
        From indices of points, ascending, to their labels in a clustering of them alone.
    seed
        Seed of the choice of subsets.
    """
    n_clusters = int(labels.max(initial=-1)) + 1
    n_drawn = min(round(len(labels) * SHARE), MAX_POINTS)
    if not n_clusters or n_drawn < 2:
        return np.full(n_clusters, np.nan)
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(N_RESAMPLES):
        drawn = np.sort(rng.choice(len(labels), n_drawn, replace=False)).astype(np.int64)
        scores.append(_best_jaccard(labels[drawn], recluster(drawn), n_clusters))
    seen = ~np.isnan(scores)
    total = np.where(seen, scores, 0.0).sum(axis=0)
    n_seen = seen.sum(axis=0)
    return np.where(n_seen > 0, total / np.maximum(n_seen, 1), np.nan)


def _best_jaccard(labels: NDArray[np.int64], found: NDArray[np.int64], n_clusters: int) -> NDArray[np.float64]:
    """Return for each cluster the best Jaccard index with a cluster of the subset; NaN where none of it was drawn."""
    n_found = int(found.max(initial=-1)) + 1
    sizes = np.bincount(labels[labels >= 0], minlength=n_clusters)
    best = np.zeros(n_clusters)
    if n_found:
        both = (labels >= 0) & (found >= 0)
        shared = np.bincount(labels[both] * n_found + found[both], minlength=n_clusters * n_found)
        shared = shared.reshape(n_clusters, n_found)
        found_sizes = np.bincount(found[found >= 0], minlength=n_found)
        best = (shared / (sizes[:, None] + found_sizes[None, :] - shared)).max(axis=1)
    return np.where(sizes > 0, best, np.nan)
