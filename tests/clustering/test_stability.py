"""Stability: what resampling finds again, by hand and on planted clusters."""

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.clustering.stability import stability

LABELS = np.repeat([0, 1, -1], [40, 20, 10]).astype(np.int64)


def test_clusters_that_are_always_found_again_have_one() -> None:
    assert stability(LABELS, lambda drawn: LABELS[drawn], seed=0).tolist() == [1.0, 1.0]


def test_two_clusters_that_come_back_as_one_have_their_share_of_it() -> None:
    """Of 60 points 40 are of one and 20 of the other: by Jaccard 2/3 and 1/3, in each half about as much."""
    found = stability(LABELS, lambda drawn: np.where(LABELS[drawn] < 0, -1, 0), seed=0)
    assert found == pytest.approx([2 / 3, 1 / 3], abs=0.05)


def test_what_is_never_found_again_has_none() -> None:
    assert stability(LABELS, lambda drawn: np.full(len(drawn), -1), seed=0).tolist() == [0.0, 0.0]


def test_a_cluster_that_is_hardly_drawn_is_not_known_from_where_it_is_not() -> None:
    labels = np.append(np.zeros(40, dtype=np.int64), 1)

    def recluster(drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        return labels[drawn]

    assert stability(labels, recluster, seed=0).tolist() == [1.0, 1.0]


def test_without_clusters_there_is_nothing_to_say() -> None:
    assert stability(np.full(9, -1), lambda drawn: np.full(len(drawn), -1), seed=0).tolist() == []
    assert np.isnan(stability(np.zeros(1, dtype=np.int64), lambda drawn: drawn, seed=0)).all()
