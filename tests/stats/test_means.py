"""Means over cases: against SciPy, and by counting flips."""

import numpy as np
import pytest
from scipy.stats import permutation_test, ttest_1samp

from workbench.stats.means import sign_flip_test, t_interval, t_test, with_pseudo_cases


def test_the_t_test_and_interval_are_scipys() -> None:
    rows = np.random.default_rng(1).normal(0.05, 0.3, (20, 17))
    for than in (-0.1, 0.0, 0.2):
        theirs = ttest_1samp(rows, than, axis=-1, alternative="greater")
        np.testing.assert_allclose(t_test(rows, than=than), theirs.pvalue, rtol=1e-9)
    theirs = ttest_1samp(rows, 0, axis=-1).confidence_interval(0.9)
    np.testing.assert_allclose(t_interval(rows, level=0.9), (theirs.low, theirs.high), rtol=1e-9)


def test_cases_that_all_moved_alike_are_no_more_sure_than_a_sign_flip() -> None:
    """Without spread a t test would be certain after two cases."""
    assert float(t_test([0.5, 0.5, 0.5])) == 1 / 8
    assert float(t_test([0.6 - 0.3, 0.9 - 0.6, 0.3])) == 1 / 8  # which differ by rounding alone
    assert float(t_test([0.0, 0.0, 0.0])) == 1
    assert float(t_test([-0.5, -0.5])) == 1


def test_pseudo_cases_keep_thirty_unchanged_cases_from_proving_no_harm() -> None:
    unchanged = np.zeros(30)
    guarded = with_pseudo_cases(unchanged, largest=1)
    # Two of 32 values differ from 0, by 1: variance 2 / 31, and t is 0.05 over its root through 32.
    theirs = ttest_1samp([1.0, -1.0] + [0.0] * 30, -0.05, alternative="greater").pvalue
    assert float(t_test(guarded, than=-0.05)) == pytest.approx(theirs, rel=1e-9)
    assert theirs > 0.1
    assert float(t_test(with_pseudo_cases(np.zeros(300), largest=1), than=-0.05)) < 0.001


def test_few_cases_are_flipped_exactly() -> None:
    values = np.array([0.4, -0.1, 0.3, 0.2, -0.2, 0.6])
    theirs = permutation_test(
        (values,), np.mean, permutation_type="samples", alternative="greater", n_resamples=np.inf, vectorized=True
    )
    assert sign_flip_test(values) == pytest.approx(theirs.pvalue, rel=1e-9)


def test_many_cases_are_flipped_at_random_and_agree_with_the_t_test() -> None:
    values = np.random.default_rng(2).normal(0.1, 0.5, 60)
    assert sign_flip_test(values, seed=1) == sign_flip_test(values, seed=1)
    assert sign_flip_test(values) == pytest.approx(float(t_test(values)), abs=0.015)


def test_flips_never_say_never() -> None:
    assert sign_flip_test(np.ones(100)) == 1 / 10_000
    assert sign_flip_test(np.zeros(5)) == 1


@pytest.mark.parametrize("values", [[], [0.1], [0.1, np.nan], 0.3])
def test_too_few_or_unknown_cases_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="difference"):
        t_test(values)


def test_a_difference_beyond_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="largest == 1"):
        with_pseudo_cases([0.5, 2.0], largest=1)
