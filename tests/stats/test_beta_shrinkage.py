"""Shares of groups are drawn towards those of their kind, as the integral over all priors says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.stats.beta_shrinkage import draw_shares


def by_integral(hits: list[int], n: list[int]) -> NDArray[np.float64]:
    """Return the mean share of each group by the rule of Gelman et al., with SciPy's beta-binomial on a fine grid."""
    from scipy.stats import betabinom

    means, spreads = np.meshgrid((np.arange(300) + 0.5) / 300, 0.05 + 1.45 * (np.arange(150) + 0.5) / 150)
    total = spreads.ravel() ** -2
    a, b = means.ravel() * total, (1 - means.ravel()) * total
    weight = np.prod([betabinom.pmf(hit, looks, a, b) for hit, looks in zip(hits, n, strict=True)], axis=0)
    weight /= weight.sum()
    return np.array([weight @ ((a + hit) / (a + b + looks)) for hit, looks in zip(hits, n, strict=True)])


@pytest.mark.parametrize(("hits", "n"), [([9, 8, 10, 2], [10, 10, 10, 10]), ([0, 1], [5, 3]), ([3], [4])])
def test_means_are_those_of_the_integral_over_all_priors(hits: list[int], n: list[int]) -> None:
    draws = draw_shares(hits, n, kinds=["one"] * len(n), n_draws=40_000, rng=np.random.default_rng(1))
    # a share's standard deviation is below .5, and so four standard errors of 40,000 draws are below .01
    assert np.abs(draws.mean(axis=0) - by_integral(hits, n)).max() < 0.01


def test_a_group_that_nobody_looked_at_is_as_others_of_its_kind() -> None:
    """A rejected detector's other clusters would have ranked as if nobody had rejected anything."""
    hits, n = [9, 10, 9, 0, 1, 0, 0, 0], [10, 10, 10, 10, 10, 10, 0, 0]
    kinds = ["good", "good", "good", "bad", "bad", "bad", "good", "bad"]
    draws = draw_shares(hits, n, kinds=kinds, n_draws=4_000, rng=np.random.default_rng(1))
    good, bad = draws[:, 6].mean(), draws[:, 7].mean()
    assert good > 0.6
    assert bad < 0.4


def test_who_is_looked_at_longer_is_drawn_less_towards_the_others() -> None:
    draws = draw_shares(
        [9, 9, 9, 0, 0], [10, 10, 10, 2, 200], kinds=["one"] * 5, n_draws=4_000, rng=np.random.default_rng(1)
    )
    assert draws[:, 3].mean() > draws[:, 4].mean()
    assert draws[:, 4].mean() < 0.02


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from("ab")), max_size=6))
def test_draws_are_shares_whatever_was_seen(rows: list[tuple[int, int, str]]) -> None:
    hits, n = [min(hit, looks) for hit, looks, _ in rows], [looks for _, looks, _ in rows]
    kinds = np.array([kind for _, _, kind in rows], dtype=str)
    draws = draw_shares(hits, n, kinds=kinds, n_draws=20, rng=np.random.default_rng(1))
    assert draws.shape == (20, len(rows))
    assert ((draws >= 0) & (draws <= 1)).all()


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        draw_shares([3], [2], kinds=["one"], n_draws=1, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="one row each"):
        draw_shares([1, 2], [2], kinds=["one"], n_draws=1, rng=np.random.default_rng(1))
