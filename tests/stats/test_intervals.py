"""Shares and ratios of shares: against published examples, statsmodels, and what must hold for any counts."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from workbench.stats.intervals import Interval, jeffreys, ratio_of_shares, wilson

TOTALS = st.integers(1, 400)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    """Draw hits and n with at least one unit."""
    n = draw(TOTALS)
    return draw(st.integers(0, n)), n


def test_wilson_is_the_published_interval() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


@pytest.mark.parametrize(("interval", "method"), [(wilson, "wilson"), (jeffreys, "jeffreys")])
def test_a_share_agrees_with_statsmodels(interval: Callable[..., Interval], method: str) -> None:
    hits = np.arange(1, 40)
    for level in (0.9, 0.95, 0.99):
        ours = interval(hits, 40, level=level)
        theirs = proportion_confint(hits, 40, alpha=1 - level, method=method)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@given(counts(), st.sampled_from([wilson, jeffreys]))
def test_a_share_lies_inside_its_interval(table: tuple[int, int], interval: Callable[..., Interval]) -> None:
    hits, n = table
    low, high = interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1


@given(counts(), st.sampled_from([wilson, jeffreys]))
def test_hits_and_misses_mirror_each_other(table: tuple[int, int], interval: Callable[..., Interval]) -> None:
    hits, n = table
    low, high = interval(hits, n)
    mirrored_low, mirrored_high = interval(n - hits, n)
    np.testing.assert_allclose((low, high), (1 - mirrored_high, 1 - mirrored_low), atol=1e-12)


def test_no_unit_says_nothing_about_the_share() -> None:
    low, high = wilson(0, 0)
    assert float(low) == 0
    assert float(high) == 1


def test_wilson_covers_the_truth_about_as_often_as_it_says() -> None:
    """The exact coverage, by the binomial masses; on average over shares it is 95 % (Brown, Cai, DasGupta 2001)."""
    n = 30
    low, high = wilson(np.arange(n + 1), n)
    shares = np.linspace(0.02, 0.98, 97)
    coverage = [binom.pmf(np.arange(n + 1), n, share)[(low <= share) & (share <= high)].sum() for share in shares]
    assert 0.94 < np.mean(coverage) < 0.96


def test_the_ratio_is_koopmans_published_interval() -> None:
    """Koopman (1984), section 4: 36 of 40 against 16 of 80 gives 2.94 to 7.15."""
    low, high = ratio_of_shares(36, 40, other_hits=16, other_n=80)
    assert (round(float(low), 2), round(float(high), 2)) == (2.94, 7.15)


@pytest.mark.parametrize("table", [(36, 40, 16, 80), (3, 10, 40, 4000), (9, 9, 1, 7), (50, 60, 55, 56), (1, 500, 1, 2)])
def test_the_ratio_agrees_with_statsmodels(table: tuple[int, int, int, int]) -> None:
    hits, n, other_hits, other_n = table
    theirs = confint_proportions_2indep(*table, method="score", compare="ratio", correction=False)
    np.testing.assert_allclose(ratio_of_shares(hits, n, other_hits=other_hits, other_n=other_n), theirs, rtol=1e-8)


def test_zero_cells_leave_one_end_open() -> None:
    low, high = ratio_of_shares([0, 5, 0, 5], 5, other_hits=[4, 0, 0, 8], other_n=8)
    assert low[0] == 0
    assert 0 < high[0] < np.inf
    assert low[1] > 1
    assert high[1] == np.inf
    assert (low[2], high[2]) == (0, np.inf)
    assert low[3] < 1 < high[3]


@given(counts(), counts())
def test_the_ratio_lies_inside_and_turns_over_with_the_groups(group: tuple[int, int], other: tuple[int, int]) -> None:
    (hits, n), (other_hits, other_n) = group, other
    low, high = ratio_of_shares(hits, n, other_hits=other_hits, other_n=other_n)
    turned_low, turned_high = ratio_of_shares(other_hits, other_n, other_hits=hits, other_n=n)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose((low, high), (1 / turned_high, 1 / turned_low), rtol=1e-9)
    if hits and other_hits:
        assert low <= (hits / n) / (other_hits / other_n) * (1 + 1e-12)
        assert high >= (hits / n) / (other_hits / other_n) * (1 - 1e-12)


def test_the_ratio_of_large_counts_is_the_normal_one() -> None:
    """With a million units the score interval meets Katz's: log ratio plus and minus 1.96 standard errors."""
    low, high = ratio_of_shares(300_000, 1_000_000, other_hits=200_000, other_n=1_000_000)
    error = np.sqrt(0.7 / 300_000 + 0.8 / 200_000)
    np.testing.assert_allclose((low, high), 1.5 * np.exp(np.array([-1, 1]) * 1.959963984540054 * error), rtol=1e-6)


def test_the_ratio_covers_the_truth_in_small_samples() -> None:
    """The exact coverage at 20 against 60 units, over all tables; Katz's interval has none at zero cells."""
    hits, other_hits = np.meshgrid(np.arange(21), np.arange(61), indexing="ij")
    low, high = ratio_of_shares(hits, 20, other_hits=other_hits, other_n=60)
    for share, other_share in [(0.5, 0.1), (0.9, 0.3), (0.2, 0.2), (0.05, 0.05)]:
        mass = binom.pmf(hits, 20, share) * binom.pmf(other_hits, 60, other_share)
        ratio = share / other_share
        assert 0.93 < mass[(low <= ratio) & (ratio <= high)].sum() <= 1


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (float("nan"), 5)])
def test_impossible_counts_are_refused(hits: float, n: int) -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        wilson(hits, n)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_coverage_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level =="):
        jeffreys(1, 2, level=level)


def test_a_ratio_with_an_empty_group_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        ratio_of_shares(0, 0, other_hits=1, other_n=2)
