"""Fisher's one-sided p: against the tea tasting, SciPy, and a count of all tables."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from workbench.stats.exact import over_representation


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Draw hits and n of two groups; either may be empty."""
    n, other_n = draw(st.integers(0, 60)), draw(st.integers(0, 60))
    return draw(st.integers(0, n)), n, draw(st.integers(0, other_n)), other_n


def test_the_tea_tasting() -> None:
    """Fisher (1935): three or four cups of four right out of eight have 17 of the 70 arrangements."""
    np.testing.assert_allclose(
        over_representation([4, 3], 4, other_hits=[0, 1], other_n=4), [1 / 70, 17 / 70], rtol=1e-12
    )


@given(tables())
def test_it_is_the_share_of_arrangements_with_as_many_hits(table: tuple[int, int, int, int]) -> None:
    hits, n, other_hits, other_n = table
    good, everything = hits + other_hits, n + other_n
    ways = sum(comb(good, count) * comb(everything - good, n - count) for count in range(hits, min(good, n) + 1))
    p_value = over_representation(hits, n, other_hits=other_hits, other_n=other_n)
    np.testing.assert_allclose(p_value, ways / comb(everything, n), rtol=1e-9)


@pytest.mark.parametrize("everything", [50, 3000, 100_000])
def test_agrees_with_scipy_on_many_tables(everything: int) -> None:
    rng = np.random.default_rng(everything)
    n, good = rng.integers(1, everything, 200), rng.integers(0, everything + 1, 200)
    hits = np.clip(
        rng.hypergeometric(good, everything - good, n) + rng.integers(-3, 8, 200),
        np.maximum(0, n - (everything - good)),
        np.minimum(n, good),
    )
    ours = over_representation(hits, n, other_hits=good - hits, other_n=everything - n)
    np.testing.assert_allclose(ours, hypergeom.sf(hits - 1, everything, good, n), rtol=1e-9)


def test_agrees_with_scipys_test_of_one_table() -> None:
    theirs = fisher_exact([[41, 6], [120, 880]], alternative="greater").pvalue
    np.testing.assert_allclose(over_representation(41, 47, other_hits=120, other_n=1000), theirs, rtol=1e-9)


@given(tables())
def test_more_hits_are_never_less_surprising(table: tuple[int, int, int, int]) -> None:
    hits, n, other_hits, other_n = table
    p_value = over_representation(hits, n, other_hits=other_hits, other_n=other_n)
    assert 0 <= p_value <= 1
    if hits < n and other_hits > 0:
        assert over_representation(hits + 1, n, other_hits=other_hits - 1, other_n=other_n) <= p_value * (1 + 1e-12)


@pytest.mark.parametrize("table", [(0, 5, 3, 9), (0, 0, 3, 9), (5, 5, 9, 9), (2, 5, 0, 0)])
def test_what_could_not_have_come_out_otherwise_is_no_surprise(table: tuple[int, int, int, int]) -> None:
    hits, n, other_hits, other_n = table
    assert over_representation(hits, n, other_hits=other_hits, other_n=other_n) == 1


def test_the_shape_of_the_input_is_kept() -> None:
    assert over_representation([[1, 2], [3, 4]], 5, other_hits=1, other_n=9).shape == (2, 2)
    assert over_representation([], [], other_hits=[], other_n=[]).shape == (0,)


@pytest.mark.parametrize("hits", [-1, 6, float("nan")])
def test_impossible_counts_are_refused(hits: float) -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        over_representation(hits, 5, other_hits=1, other_n=2)
