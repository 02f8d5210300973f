"""Resampled means and quantiles: SciPy's intervals from the same resamples, and the exact spread of a mean."""

import numpy as np
import pytest
from scipy.stats import beta, bootstrap
from scipy.stats.mstats import hdquantiles

from workbench.stats.bootstrap import bca_interval, bootstrap_means, percentile_interval, resampled_counts
from workbench.stats.quantiles import compare_quantiles, share_at_most

VALUES = np.random.default_rng(4).lognormal(size=(60, 3))


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_the_intervals_of_the_same_resamples_are_scipys(method: str) -> None:
    theirs = bootstrap((VALUES.T,), np.mean, axis=-1, vectorized=True, n_resamples=999, method=method, rng=1)
    resampled = theirs.bootstrap_distribution.T
    ours = percentile_interval(resampled) if method == "percentile" else bca_interval(VALUES, resampled)
    np.testing.assert_allclose(ours, theirs.confidence_interval, rtol=1e-9)


def test_resampled_means_spread_as_theory_says() -> None:
    """The variance of a mean of resampled cases is exactly their variance, divided by n twice: no 1 / (n - 1)."""
    resampled = bootstrap_means(VALUES, n_resamples=20_000)
    np.testing.assert_allclose(resampled.mean(axis=0), VALUES.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(resampled.std(axis=0), VALUES.std(axis=0) / np.sqrt(60), rtol=0.03)
    expected = np.corrcoef(VALUES.T)
    np.testing.assert_allclose(np.corrcoef(resampled.T), expected, atol=0.03)  # metrics are of the same cases


def test_the_same_seed_gives_the_same_resamples() -> None:
    assert (bootstrap_means(VALUES, n_resamples=50, seed=3) == bootstrap_means(VALUES, n_resamples=50, seed=3)).all()
    assert (bootstrap_means(VALUES, n_resamples=50, seed=3) != bootstrap_means(VALUES, n_resamples=50, seed=4)).any()


@pytest.mark.parametrize("n", [1, 7, 70_000])
def test_each_resample_has_as_many_cases(n: int) -> None:
    batches = list(resampled_counts(n, n_resamples=40))
    assert sum(len(batch) for batch in batches) == 40
    assert all((batch.sum(axis=1) == n).all() for batch in batches)


def test_a_large_mean_loses_no_digit() -> None:
    shifted = bootstrap_means(VALUES + 1e9, n_resamples=100) - 1e9
    np.testing.assert_allclose(shifted, bootstrap_means(VALUES, n_resamples=100), atol=1e-6)


def test_what_never_varies_has_no_interval() -> None:
    flat = np.full((20, 1), 0.1)
    resampled = bootstrap_means(flat, n_resamples=100)
    for ends in (percentile_interval(resampled), bca_interval(flat, resampled)):
        assert np.ravel(ends).tolist() == pytest.approx([0.1, 0.1])


def test_quantiles_are_those_of_the_resampled_cases() -> None:
    """Each resample written out, case by case, and NumPy's quantile of it."""
    rng = np.random.default_rng(5)
    before, after = rng.lognormal(size=40), rng.lognormal(0.2, size=40)
    found = compare_quantiles(before, after, n_resamples=30, seed=2)
    expected = []
    for row in next(resampled_counts(40, n_resamples=30, seed=2)):
        cases = np.repeat(np.arange(40), row.astype(int))
        expected.append([np.quantile(values[cases], 0.95, method="inverted_cdf") for values in (before, after)])
    old, new = np.array(expected).T
    np.testing.assert_allclose(found.difference.resampled, np.sort(new - old), rtol=1e-12)
    np.testing.assert_allclose(found.ratio.resampled, np.sort(new / old), rtol=1e-12)
    assert found.baseline == np.quantile(before, 0.95, method="inverted_cdf")
    assert found.ratio.low <= found.ratio.value <= found.ratio.high


def test_the_spread_of_a_quantile_of_arms_nearly_alike_is_too_wide_by_what_theory_says() -> None:
    """Its square is 2 - 1 / sqrt(2) of the true one, which is that of one case times Harrell and Davis's weights."""
    n, noise, rng = 500, 1e-5, np.random.default_rng(4)
    weights = np.diff(beta.cdf(np.arange(n + 1) / n, 0.95 * (n + 1), 0.05 * (n + 1)))
    spreads = []
    for seed in range(60):
        before = rng.random(n)
        found = compare_quantiles(before, before + rng.normal(0, noise, n), n_resamples=200, seed=seed)
        spreads.append(found.difference.resampled.var())
    assert np.mean(spreads) / (noise**2 * (weights**2).sum()) == pytest.approx(2 - 1 / np.sqrt(2), rel=0.1)


def test_with_cases_enough_quantiles_are_harrells_and_daviss() -> None:
    """SciPy's own, of the cases and of resamples written out."""
    before, after = np.random.default_rng(6).lognormal(size=(2, 120))
    found = compare_quantiles(before, after, n_resamples=5, seed=2)
    assert found.candidate == pytest.approx(float(hdquantiles(after, [0.95])[0]), rel=1e-9)
    expected = []
    for row in next(resampled_counts(120, n_resamples=5, seed=2)):
        cases = np.repeat(np.arange(120), row.astype(int))
        expected.append(float(hdquantiles(after[cases], [0.95])[0] - hdquantiles(before[cases], [0.95])[0]))
    np.testing.assert_allclose(found.difference.resampled, np.sort(expected), rtol=1e-9)


def test_a_bound_is_tested_by_the_resamples_at_or_below_it() -> None:
    assert share_at_most(np.arange(99.0), -1.0) == 1 / 100
    assert share_at_most(np.arange(99.0), 98.0) == 1


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="cases, metrics"):
        bootstrap_means([1.0, 2.0])
    with pytest.raises(ValueError, match="not finite"):
        bootstrap_means([[np.nan]])
    with pytest.raises(ValueError, match="same metrics"):
        bca_interval(VALUES, np.zeros((10, 2)))
    with pytest.raises(ValueError, match="of the same"):
        compare_quantiles([1.0], [1.0, 2.0])
