"""Clusters of many points: UMAP draws neighbours together, HDBSCAN finds what is dense, the rest is noise.

What is noise is asked twice: of what fell between the clusters, which may be one of its own, and of what lies at the
edge of one though nothing like it is near.

Very many points are represented by landmarks, because exact neighbours grow with the square of the points.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.layout import lay_out
from workbench.clustering.neighbours import LANDMARKS_ABOVE, Neighbours
from workbench.clustering.stability import stability
from workbench.clustering.survey import Survey

N_DIMENSIONS = 5
MIN_SAMPLES = 5
"""Neighbours that make a place dense, as many as the smallest cluster has points."""


LEAST = 5
"""Points of the smallest cluster, however few there are."""
JOIN_ABOVE = 0.5
"""Share of a noise point's neighbours in one cluster above which it joins: most of them. Measured on clinc150 with the
vectors of all-MiniLM-L6-v2, AMI .861 without, .864, .865 and .865 for .6, .4 and .2; the less it takes, the more of
what belongs to no intent joins too."""
LEFT_SHARE = 0.5
"""Of the smallest cluster's size, what makes one of the points that were left as noise: where HDBSCAN parts a group
into pieces that are too small, it gives up all of them."""
FAR_SHARE = 0.95
"""A point is far from everything if its neighbours are farther than those of 19 in 20 points."""
FIRM_SHARE = 0.75
"""A point that is far from everything stays in a cluster that has this share of its neighbours. On clinc150, 5 % of
whose texts have no intent, both looks at the noise raised AMI and adjusted Rand index from .866 and .555 to .881 and
.632 with the vectors of all-MiniLM-L6-v2 (.875 and .628 where its texts come in another order, as UMAP has it), and
from .795 and .364 to .815 and .499 with the static table. Where none of 4,000 texts was without an intent, the first
gained .005 AMI and this one lost up to .01."""


class Clusters(NamedTuple):
    """Which of the clusters each of m points is in."""

    labels: NDArray[np.int64]
    """(m,) int64; -1 is noise."""
    strengths: NDArray[np.float64]
    """(m,) float64, 0 to 1; 0 for noise."""
    stabilities: NDArray[np.float64]
    """(m,) float64, 0 to 1: of the cluster that the point is in; NaN for noise, and where it is not known."""


def least_size(n_points: int) -> int:
    """Return the size of the smallest cluster among so many distinct texts: half their root, at least 5.

    >>> least_size(50), least_size(400), least_size(10_000)
    (5, 10, 50)
    """
    return max(LEAST, round(math.sqrt(min(n_points, LANDMARKS_ABOVE)) / 2))


def find_dense(points: NDArray[np.float32], surveyed: Survey, *, least: int, seed: int) -> Clusters:
    """Return the dense clusters of the points: those of the landmarks, and others follow most of their nearest ones.

    Where all points are landmarks, these are their clusters.

    Parameters
    ----------
    points
        (n, d), rows of length 1.
    surveyed
        Who is next to whom among them.
    least
        Landmarks that make a cluster.
    seed
        Seed of UMAP and of the resamples.
    """
    landmarks, neighbours, others, nearest = surveyed
    found = _dense(points[landmarks], neighbours, least=least, seed=seed)
    labels, strengths = np.full(len(points), -1), np.zeros(len(points))
    labels[landmarks], strengths[landmarks] = found.labels, found.strengths
    if len(others):
        labels[others], strengths[others] = most_voted(found.labels[nearest])
    of_cluster = np.full(int(labels.max(initial=-1)) + 2, np.nan)
    of_cluster[found.labels] = found.stabilities
    of_cluster[-1] = np.nan
    return Clusters(labels, strengths, of_cluster[labels])


def most_voted(votes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each row of labels the one that most have, the first of equals, and its share; 0 where it is noise."""
    shares = np.stack([(votes == vote[:, None]).mean(axis=1) for vote in votes.T], axis=1)
    winner = shares.argmax(axis=1)[:, None]
    labels = np.take_along_axis(votes, winner, axis=1)[:, 0]
    return labels, np.where(labels < 0, 0.0, np.take_along_axis(shares, winner, axis=1)[:, 0])


def _dense(points: NDArray[np.float32], neighbours: Neighbours, *, least: int, seed: int) -> Clusters:
    """Return the dense clusters of the points: UMAP to five dimensions, then HDBSCAN.

    HDBSCAN: Campello, Moulavi, Sander, "Density-based clustering based on hierarchical density estimates", 2013. A
    point that it leaves as noise, but that has most of its neighbours in one cluster, is in that cluster: what is noise
    in five dimensions may be no noise in all.
    """
    places = lay_out(points, neighbours, n_dimensions=N_DIMENSIONS, min_distance=0.0, seed=seed)
    labels, strengths = find_twice(places, least=least)

    def recluster(drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        share = len(drawn) / len(places)
        return find_twice(places[drawn], least=max(LEAST, round(least * share)))[0]

    stabilities = stability(labels, recluster, seed=seed)
    labels, strengths = _join_most(labels, strengths, neighbours.indices[:, 1:])
    labels[is_alone(labels, neighbours)] = -1
    return Clusters(labels, np.where(labels < 0, 0.0, strengths), np.append(stabilities, np.nan)[labels])


def find_twice(places: NDArray[np.float32], *, least: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the labels and strengths of HDBSCAN's clusters, and of smaller ones among what it left as noise."""
    labels, strengths = _hdbscan(places, least=least)
    left = np.flatnonzero(labels < 0)
    if len(left) > least:
        more, more_strengths = _hdbscan(places[left], least=max(LEAST, round(least * LEFT_SHARE)))
        labels[left] = np.where(more < 0, -1, more + labels.max() + 1)
        strengths[left] = more_strengths
    return labels, strengths


def is_alone(labels: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.bool_]:
    """Return which points are far from everything and not firmly in their cluster."""
    apart = neighbours.distances[:, 1:].mean(axis=1, dtype=np.float64)
    agreeing = (labels[neighbours.indices[:, 1:]] == labels[:, None]).mean(axis=1)
    return np.asarray((apart > np.quantile(apart, FAR_SHARE)) & (agreeing < FIRM_SHARE))


def _hdbscan(places: NDArray[np.float32], *, least: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    import hdbscan

    model = hdbscan.HDBSCAN(
        min_cluster_size=least, min_samples=MIN_SAMPLES, cluster_selection_method="eom", core_dist_n_jobs=1
    ).fit(places.astype(np.float64))
    return model.labels_.astype(np.int64), model.probabilities_.astype(np.float64)


def _join_most(
    labels: NDArray[np.int64], strengths: NDArray[np.float64], neighbours: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the labels and strengths with each noise point in the cluster that most of its neighbours are in."""
    noise = np.flatnonzero(labels < 0)
    voted, shares = most_voted(labels[neighbours[noise]])
    joins = (voted >= 0) & (shares > JOIN_ABOVE)
    labels, strengths = labels.copy(), strengths.copy()
    labels[noise[joins]], strengths[noise[joins]] = voted[joins], shares[joins]
    return labels, strengths
