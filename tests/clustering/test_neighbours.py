"""Main axes and exact neighbours."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from workbench.clustering.neighbours import (
    LANDMARKS_ABOVE,
    N_LANDMARKS,
    PCA_DIMENSIONS,
    SENTENCE_DIMENSIONS,
    SENTENCE_WIDTH,
    choose_landmarks,
    find_nearest,
    find_neighbours,
    reduce,
)


def draw(n_points: int, n_dimensions: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(0).normal(size=(n_points, n_dimensions)).astype(np.float32)


def test_each_point_is_its_own_first_neighbour_at_distance_0() -> None:
    neighbours = find_neighbours(draw(40, 3), n_neighbours=5)
    assert neighbours.indices[:, 0].tolist() == list(range(40))
    assert not neighbours.distances[:, 0].any()


def test_neighbours_are_those_of_all_distances() -> None:
    points = draw(40, 3)
    neighbours = find_neighbours(points, n_neighbours=5)
    distances = cdist(points, points)
    assert neighbours.indices.tolist() == np.argsort(distances, axis=1)[:, :5].tolist()
    assert neighbours.distances == pytest.approx(np.sort(distances, axis=1)[:, :5], abs=1e-5)


def test_the_nearest_among_others_come_nearest_first() -> None:
    line = np.array([[0.0], [1.0], [3.0]], dtype=np.float32)
    assert find_nearest(np.array([[2.5]], dtype=np.float32), line, n_neighbours=2).tolist() == [[2, 1]]


def test_the_first_axis_is_the_longest_and_signs_are_fixed() -> None:
    cross = np.array([[9, 0], [-9, 0], [0, 1], [0, -1]], dtype=np.float32)
    assert reduce(cross).tolist() == [[1, 0], [-1, 0], [0, 1], [0, -1]]


def test_a_point_at_the_mean_has_length_0_and_the_others_1() -> None:
    points = np.array([[1, 1], [1, 3], [1, 5]], dtype=np.float32)
    assert np.linalg.norm(reduce(points), axis=1).tolist() == pytest.approx([1, 0, 1])


def test_axes_are_bounded_and_empty_stays_empty() -> None:
    assert reduce(draw(200, PCA_DIMENSIONS + 20)).shape == (200, PCA_DIMENSIONS)
    assert reduce(draw(500, SENTENCE_WIDTH)).shape == (500, SENTENCE_DIMENSIONS)
    assert len(reduce(np.zeros((0, 7), dtype=np.float32))) == 0


def test_landmarks_are_all_points_until_there_are_too_many() -> None:
    assert choose_landmarks(LANDMARKS_ABOVE, seed=1).tolist() == list(range(LANDMARKS_ABOVE))
    chosen = choose_landmarks(LANDMARKS_ABOVE + 1, seed=1)
    assert len(np.unique(chosen)) == len(chosen) == N_LANDMARKS
    assert chosen.tolist() == choose_landmarks(LANDMARKS_ABOVE + 1, seed=1).tolist()
