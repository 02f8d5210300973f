"""Clusters of many points: UMAP draws neighbours together, HDBSCAN finds what is dense, the rest is noise.

Very many points are represented by landmarks, because exact neighbours grow with the square of the points.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.layout import lay_out
from workbench.clustering.neighbours import LANDMARKS_ABOVE, choose_landmarks, find_nearest, find_neighbours

N_VOTES = 7
"""Nearest landmarks that vote on a point; odd, so that two clusters cannot tie."""
N_DIMENSIONS = 5
MIN_SAMPLES = 5
"""Neighbours that make a place dense, as many as the smallest cluster has points."""


class Clusters(NamedTuple):
    """Which of the clusters each of m points is in."""

    labels: NDArray[np.int64]
    """(m,) int64; -1 is noise."""
    strengths: NDArray[np.float64]
    """(m,) float64, 0 to 1; 0 for noise."""


def least_size(n_points: int) -> int:
    """Return the size of the smallest cluster among so many distinct texts: half their root, at least 5.

    >>> least_size(50), least_size(400), least_size(10_000)
    (5, 10, 50)
    """
    return max(5, round(math.sqrt(min(n_points, LANDMARKS_ABOVE)) / 2))


def find_dense(points: NDArray[np.float32], *, seed: int) -> Clusters:
    """Return the dense clusters of the points: UMAP to five dimensions, then HDBSCAN.

    HDBSCAN: Campello, Moulavi, Sander, "Density-based clustering based on hierarchical density estimates", 2013.
    """
    import hdbscan

    places = lay_out(points, find_neighbours(points), n_dimensions=N_DIMENSIONS, min_distance=0.0, seed=seed)
    model = hdbscan.HDBSCAN(
        min_cluster_size=least_size(len(points)),
        min_samples=MIN_SAMPLES,
        cluster_selection_method="eom",
        core_dist_n_jobs=1,
    ).fit(places.astype(np.float64))
    return Clusters(model.labels_.astype(np.int64), model.probabilities_.astype(np.float64))


def follow_landmarks(points: NDArray[np.float32], *, seed: int) -> Clusters:
    """Return the dense clusters of the landmarks; every other point follows the most of its nearest landmarks."""
    landmarks = choose_landmarks(len(points), seed=seed)
    found = find_dense(points[landmarks], seed=seed)
    votes = found.labels[find_nearest(points, points[landmarks], n_neighbours=N_VOTES)]
    shares = np.stack([(votes == vote[:, None]).mean(axis=1) for vote in votes.T], axis=1)
    winner = shares.argmax(axis=1)[:, None]
    labels = np.take_along_axis(votes, winner, axis=1)[:, 0]
    strengths = np.where(labels < 0, 0.0, np.take_along_axis(shares, winner, axis=1)[:, 0])
    labels[landmarks], strengths[landmarks] = found
    return Clusters(labels, strengths)
