"""Dense clusters of planted points."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from workbench.clustering.dense import find_dense, find_twice, is_alone, least_size
from workbench.clustering.embed import scale_to_unit
from workbench.clustering.neighbours import LANDMARKS_ABOVE, Neighbours
from workbench.clustering.survey import survey


def plant(n_clusters: int, n_each: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return well separated bundles of directions in 20 dimensions, and which bundle each is of."""
    rng = np.random.default_rng(3)
    truth = np.repeat(np.arange(n_clusters), n_each)
    points = rng.normal(size=(n_clusters, 20))[truth] + rng.normal(scale=0.3, size=(len(truth), 20))
    return scale_to_unit(points), truth


def test_planted_clusters_are_found() -> None:
    points, truth = plant(5, 60)
    found = find_dense(points, survey(points, seed=0), least=least_size(len(points)), seed=0)
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert ((found.strengths > 0) == (found.labels >= 0)).all()
    assert found.strengths.max() <= 1


def test_groups_too_small_for_the_first_look_are_found_among_what_was_left() -> None:
    """122 questions about one thing were noise: HDBSCAN parted them into pieces, each too small for a cluster."""
    of = np.repeat(np.arange(5), [60, 60, 60, 15, 14])
    places = 8 * np.eye(5)[of] + np.random.default_rng(0).normal(scale=0.1, size=(len(of), 5))
    labels, strengths = find_twice(places.astype(np.float32), least=20)
    assert [sorted(set(labels[of == group].tolist())) for group in (3, 4)] in ([[3], [4]], [[4], [3]])
    assert adjusted_rand_score(of, labels) > 0.99
    assert ((strengths > 0) == (labels >= 0)).all()


def test_only_what_is_far_and_between_clusters_is_alone() -> None:
    labels = np.repeat([0, 1], 20)
    own = np.where(labels == 0, 1, 21)
    distances = np.full(40, 0.5)
    indices = np.tile(own[:, None], (1, 5))
    # Two of forty are farther than 19 in 20; one of them has half of its neighbours elsewhere, as has one that is near.
    distances[[0, 39]] = 1.0
    indices[[5, 39], 3:] = [[30, 31], [2, 3]]
    neighbours = Neighbours(indices, np.tile(distances[:, None], (1, 5)).astype(np.float32))
    assert np.flatnonzero(is_alone(labels, neighbours)).tolist() == [39]


def test_the_smallest_cluster_grows_with_the_root_and_stops_at_the_landmarks() -> None:
    assert [least_size(n) for n in (0, 100, 1_600, 30_000, 1_000_000)] == [5, 5, 20, 87, 87]


@pytest.mark.slow
def test_points_beyond_the_landmarks_follow_them() -> None:
    points, truth = plant(6, LANDMARKS_ABOVE // 6 + 1)
    found = find_dense(points, survey(points, seed=0), least=least_size(len(points)), seed=0)
    assert len(found.labels) > LANDMARKS_ABOVE
    assert adjusted_rand_score(truth, found.labels) > 0.95
