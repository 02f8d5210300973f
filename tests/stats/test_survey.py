"""A sample of known chances: each unit comes as often as it should, and totals cover the truth as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.stats.survey import draw_systematically, draw_totals, inclusion_probabilities

SIZES = st.lists(st.floats(0.01, 100), min_size=1, max_size=30)


@given(sizes=SIZES, n=st.integers(0, 40))
def test_chances_sum_to_the_sample_and_are_chances(sizes: list[float], n: int) -> None:
    chances = inclusion_probabilities(sizes, n)
    assert chances.sum() == pytest.approx(min(n, len(sizes)))
    assert ((chances >= 0) & (chances <= 1)).all()
    free = chances < 1
    ratios = chances[free] / np.asarray(sizes)[free]
    assert np.allclose(ratios, ratios[:1])


@given(sizes=SIZES, n=st.integers(0, 40), seed=st.integers(0, 1_000))
def test_a_draw_has_its_size_and_no_unit_twice(sizes: list[float], n: int, seed: int) -> None:
    drawn = draw_systematically(inclusion_probabilities(sizes, n), rng=np.random.default_rng(seed))
    assert len(drawn) == min(n, len(sizes))
    assert len(set(drawn.tolist())) == len(drawn)


def test_each_unit_is_drawn_as_often_as_its_chance_says() -> None:
    chances = inclusion_probabilities([1, 1, 2, 4, 8, 16, 1, 3], 3)
    rng = np.random.default_rng(1)
    counts = np.zeros(8)
    for _ in range(20_000):
        counts[draw_systematically(chances, rng=rng)] += 1
    # 4 standard errors of a share over 20,000 draws are at most 0.0142
    assert np.abs(counts / 20_000 - chances).max() < 0.0142


def test_an_order_by_kind_draws_from_every_kind_in_proportion() -> None:
    kinds = np.repeat([0, 1, 2], [60, 30, 10])
    for seed in range(50):
        drawn = draw_systematically(np.full(100, 0.1), rng=np.random.default_rng(seed))
        assert np.bincount(kinds[drawn]).tolist() == [6, 3, 1]


@pytest.mark.parametrize(("n_population", "n"), [(60, 30), (110, 100), (2_000, 40)])
@pytest.mark.parametrize(("share", "most"), [(0.05, 1.0), (0.4, 0.99)])
def test_totals_of_even_samples_cover_the_truth(n_population: int, n: int, share: float, most: float) -> None:
    """Of few hits there are only some counts, and an interval of counts covers more than it has to."""
    is_hit = np.arange(n_population) < round(n_population * share)
    assert 0.92 <= coverage(is_hit, np.ones(n_population), n) <= most


def test_totals_of_samples_that_lean_cover_the_truth_too() -> None:
    """What is drawn four times as often is a hit three times as often: the plain share would be far off."""
    rng = np.random.default_rng(5)
    sizes = np.where(np.arange(1_000) < 300, 4.0, 1.0)
    is_hit = rng.random(1_000) < np.where(sizes > 1, 0.6, 0.2)
    assert 0.92 <= coverage(is_hit, sizes, 120) <= 0.99


def coverage(is_hit: NDArray[np.bool_], sizes: NDArray[np.float64], n: int) -> float:
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(600):
        order = rng.permutation(len(is_hit))
        chances = inclusion_probabilities(sizes[order], n)
        drawn = draw_systematically(chances, rng=rng)
        totals = draw_totals(is_hit[order][drawn], 1 / chances[drawn], n_population=len(is_hit), n_draws=400, rng=rng)
        low, high = np.quantile(totals, [0.025, 0.975])
        covered.append(low <= is_hit.sum() <= high)
    return float(np.mean(covered))


def test_a_whole_population_is_known_and_an_unseen_one_is_not() -> None:
    rng = np.random.default_rng(0)
    assert set(draw_totals([1, 0, 1], [1, 1, 1], n_population=3, n_draws=50, rng=rng)) == {2.0}
    unseen = draw_totals([], [], n_population=100, n_draws=2_000, rng=rng)
    assert np.quantile(unseen, 0.1) < 10 < 90 < np.quantile(unseen, 0.9)


def test_what_is_seen_of_one_is_known_of_its_copies() -> None:
    rng = np.random.default_rng(0)
    assert set(draw_totals([1, 0], [4, 2], n_population=6, n_draws=50, rng=rng, n_alike=[4, 2])) == {4.0}
    half = draw_totals([1, 0], [8, 4], n_population=12, n_draws=500, rng=rng, n_alike=[4, 2])
    # Of the six that nobody saw two groups of three are left, which are hits together or not at all.
    assert set(half) == {4.0, 7.0, 10.0}


def test_what_is_no_sample_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="number alike"):
        draw_totals([1], [2], n_population=3, n_draws=1, rng=rng, n_alike=3)
    with pytest.raises(ValueError, match="weight is below 1"):
        draw_totals([1], [0.5], n_population=3, n_draws=1, rng=rng)
    with pytest.raises(ValueError, match="at least the 2"):
        draw_totals([1, 0], [1, 1], n_population=1, n_draws=1, rng=rng)
    with pytest.raises(ValueError, match="one row"):
        draw_totals([1, 0], [1], n_population=5, n_draws=1, rng=rng)
    with pytest.raises(ValueError, match="not positive"):
        inclusion_probabilities([1, 0], 1)
    with pytest.raises(ValueError, match="0 or more"):
        inclusion_probabilities([1], -1)
