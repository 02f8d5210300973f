"""Clusters of few points, with vectors that can be checked by hand."""

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.few import link


def directions(*degrees: float) -> NDArray[np.float32]:
    """Return unit vectors in the plane; the cosine distance of two is 1 minus the cosine of the angle between them."""
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def ones(n: int) -> NDArray[np.int64]:
    return np.ones(n, dtype=np.int64)


def test_two_bundles_are_two_clusters_and_a_stray_is_noise() -> None:
    points = directions(0, 1, 2, 120, 121, 122, 240)
    labels = link(points, points, ones(7), least=3)
    assert len(set(labels[:3].tolist())) == 1
    assert len(set(labels[3:6].tolist())) == 1
    assert labels[0] != labels[3]
    assert labels[6] == -1


def test_counts_decide_what_is_large_enough() -> None:
    points = directions(0, 120, 240)
    labels = link(points, points, np.array([4, 5, 6]), least=5)
    assert labels[0] == -1
    assert labels[1] != labels[2]
    assert min(labels[1:]) >= 0


def test_texts_that_all_say_the_same_are_one_cluster_although_centring_scatters_them() -> None:
    vectors = directions(*range(0, 18, 2))
    scattered = directions(*range(0, 360, 40))
    assert len(set(link(vectors, scattered, ones(9), least=5).tolist())) == 1


def test_repeated_messages_stay_apart_and_others_follow_the_nearer_one() -> None:
    # Cosine distance of 30 degrees: 0.13, of 12 degrees: 0.02.
    points = directions(0, 30, 12, 18)
    labels = link(points, points, np.array([9, 9, 1, 1]), least=5)
    assert labels[0] == labels[2]
    assert labels[1] == labels[3]
    assert labels[0] != labels[1]


def test_repeated_messages_that_are_nearly_identical_are_one() -> None:
    points = directions(0, 12)
    assert len(set(link(points, points, np.array([9, 9]), least=5).tolist())) == 1


def test_repeated_messages_of_one_structure_are_one_though_worded_differently() -> None:
    """One service said in five ways that a citation does not exist, which made five clusters of one problem."""
    points = directions(0, 50, 100)  # cosine distances 0.36 and 1.17
    counts = np.array([9, 9, 9])
    labels = link(points, points, counts, least=5, structures=["cite: missing", "cite: missing", ""])
    assert labels[0] == labels[1] != labels[2]
    assert len(set(link(points, points, counts, least=5, structures=["a", "b", "c"]).tolist())) == 3
