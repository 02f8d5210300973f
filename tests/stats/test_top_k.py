"""The chance to be among the greatest, beside the normal distribution's own."""

import numpy as np
import pytest
from scipy.stats import norm

from workbench.stats.top_k import most_doubtful, p_top_k, ranks


def test_of_two_normals_the_greater_is_told_by_their_difference() -> None:
    draws = np.random.default_rng(1).normal([0.0, 1.0], [1.0, 2.0], size=(40_000, 2))
    chance = norm.cdf(1 / np.sqrt(1 + 4))
    # four standard errors of a share over 40,000 draws are at most .01
    assert p_top_k(draws, 1) == pytest.approx([1 - chance, chance], abs=0.01)


def test_the_chances_sum_to_k() -> None:
    draws = np.random.default_rng(1).normal(size=(200, 9))
    assert p_top_k(draws, 4).sum() == pytest.approx(4)


def test_where_there_are_no_more_than_k_all_are_among_them() -> None:
    assert p_top_k([[1.0, 2.0], [3.0, 0.0]], 5).tolist() == [1, 1]


def test_equals_share_a_rank_whatever_their_order() -> None:
    assert ranks([[0.0, 0.0, 0.0, 7.0]]).tolist() == [[3, 3, 3, 1]]
    assert p_top_k([[0.0, 0.0, 0.0, 7.0]], 1).tolist() == [0, 0, 0, 1]


def test_no_place_at_all_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        p_top_k([[1.0]], 0)


def test_doubt_is_nearness_to_one_half() -> None:
    assert most_doubtful([0.0, 0.625, 0.375, 1.0, 0.5]).tolist() == [4, 1, 2, 0, 3]
