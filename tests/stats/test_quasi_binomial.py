"""Shares that vary by week: statsmodels' quasi-binomial, hand sums, and how seldom a quiet stretch is a change."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.quasi_binomial import shift, spread
from workbench.stats.welch import difference_interval

HITS, N = [12, 30, 22, 41, 9, 14, 25, 11], [200, 310, 250, 330, 260, 300, 420, 250]
AFTER = [False] * 4 + [True] * 4


def test_value_error_and_dispersion_are_those_of_statsmodels() -> None:
    design = sm.add_constant(np.array(AFTER, float))
    fitted = sm.GLM(np.column_stack([HITS, np.subtract(N, HITS)]), design, family=sm.families.Binomial()).fit(tol=1e-14)
    dispersion = float((fitted.resid_pearson**2).sum() / fitted.df_resid)
    moved = shift(HITS, N, is_after=AFTER)
    assert moved.log_odds.value == pytest.approx(fitted.params[1], rel=1e-9)
    assert moved.spread.dispersion == pytest.approx(dispersion, rel=1e-9)
    error = fitted.bse[1] * np.sqrt(dispersion * moved.spread.inflation)
    assert moved.log_odds.error == pytest.approx(error, rel=1e-9)


def test_likeness_of_neighbours_is_their_autocorrelation_mended_for_its_bias() -> None:
    """Residuals -2, -2, 2, 2 of their standard deviation: r = (4 - 4 + 4) / 16, and 1 + 3 r over 4 units more."""
    of = spread([40, 40, 60, 60], [100] * 4)
    mended = 1 / 4 + (1 + 3 / 4) / 4
    assert of.dispersion == pytest.approx(16 / 3)
    assert of.inflation == pytest.approx((1 + mended) / (1 - mended))


def test_units_that_differ_less_than_by_chance_count_as_by_chance() -> None:
    of = spread([10, 11, 10, 11], [100] * 4)
    assert (of.dispersion, of.inflation, of.factor) == (1.0, 1.0, 1.0)


def test_silence_after_the_ship_has_a_bound_and_no_infinity() -> None:
    moved = shift([10, 12, 9, 0, 0], [100] * 5, is_after=[False, False, False, True, True])
    assert np.exp(moved.log_odds.value) == pytest.approx((0.5 / 200.5) / (31.5 / 269.5))
    assert np.isfinite(moved.log_odds.error)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 400)), min_size=4, max_size=12), st.integers(1, 3))
def test_swapping_the_sides_mirrors_the_move(units: list[tuple[int, int]], n_after: int) -> None:
    hits, n = zip(*units, strict=True)
    after = np.arange(len(units)) >= len(units) - n_after
    there, back = shift(hits, n, is_after=after), shift(hits, n, is_after=~after)
    assert there.log_odds.value == pytest.approx(-back.log_odds.value)
    assert there.spread == back.spread


@pytest.mark.parametrize(
    ("hits", "n", "after"),
    [
        ([1, 2, 3], [9, 9, 9], [False, False, True]),
        ([1, 2, 3, 4], [9] * 4, [True] * 4),
        ([10] * 4, [9] * 4, AFTER[2:6]),
    ],
    ids=["too few", "one side", "more than all"],
)
def test_what_tells_nothing_is_refused(hits: list[int], n: list[int], after: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"units|both sides|hits"):
        shift(hits, n, is_after=after)


def test_weeks_that_differ_are_not_called_a_change() -> None:
    """A share of 5 % whose weeks vary by a third: of 1,000 quiet stretches a z test calls many a change, this few."""
    rng = np.random.default_rng(7)
    after, n = np.arange(12) >= 8, np.full(12, 3000)
    called, called_by_z = 0, 0
    for _ in range(1000):
        share = 1 / (1 + np.exp(-(np.log(0.05 / 0.95) + 0.3 * rng.normal(size=12))))
        hits = rng.binomial(n, share)
        moved = shift(hits, n, is_after=after)
        low, high = difference_interval(moved.log_odds)
        called += not low < 0 < high
        called_by_z += abs(moved.log_odds.value) > 1.96 * moved.log_odds.error / np.sqrt(moved.spread.factor)
    assert called <= 60
    assert called_by_z > 260
