"""Dense clusters of planted points."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from workbench.clustering.dense import find_dense, least_size
from workbench.clustering.embed import scale_to_unit
from workbench.clustering.neighbours import LANDMARKS_ABOVE
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


def test_the_smallest_cluster_grows_with_the_root_and_stops_at_the_landmarks() -> None:
    assert [least_size(n) for n in (0, 100, 1_600, 30_000, 1_000_000)] == [5, 5, 20, 87, 87]


@pytest.mark.slow
def test_points_beyond_the_landmarks_follow_them() -> None:
    points, truth = plant(6, LANDMARKS_ABOVE // 6 + 1)
    found = find_dense(points, survey(points, seed=0), least=least_size(len(points)), seed=0)
    assert len(found.labels) > LANDMARKS_ABOVE
    assert adjusted_rand_score(truth, found.labels) > 0.95
