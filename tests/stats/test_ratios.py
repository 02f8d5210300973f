"""Geometric ratios: SciPy's t on logarithms, and what a ratio must obey."""

import numpy as np
import pytest
from scipy.stats import gmean, ttest_rel

from workbench.stats.means import t_test
from workbench.stats.ratios import geometric_ratio, geometric_ratio_interval, log_ratios

BEFORE, AFTER = np.random.default_rng(6).lognormal(3, 1, (2, 25))


def test_the_interval_is_scipys_on_logarithms() -> None:
    theirs = ttest_rel(np.log(AFTER), np.log(BEFORE)).confidence_interval(0.95)
    np.testing.assert_allclose(geometric_ratio_interval(BEFORE, AFTER), np.exp([theirs.low, theirs.high]), rtol=1e-9)
    assert float(geometric_ratio(BEFORE, AFTER)) == pytest.approx(gmean(AFTER / BEFORE), rel=1e-9)


def test_the_unit_does_not_matter_and_the_arms_mirror() -> None:
    np.testing.assert_allclose(geometric_ratio(BEFORE * 1000, AFTER * 1000), geometric_ratio(BEFORE, AFTER))
    low, high = geometric_ratio_interval(BEFORE, AFTER)
    other_low, other_high = geometric_ratio_interval(AFTER, BEFORE)
    np.testing.assert_allclose((low, high), (1 / other_high, 1 / other_low))


def test_a_tenth_more_is_shown_to_lie_within_a_fifth() -> None:
    after = BEFORE * 1.1 * np.exp(np.random.default_rng(7).normal(0, 0.05, 25))
    assert float(t_test(-log_ratios(BEFORE, after), than=-np.log(1.2))) < 0.001
    assert float(t_test(-log_ratios(BEFORE, after), than=-np.log(1.05))) > 0.95


@pytest.mark.parametrize("time", [0.0, -1.0, np.nan, np.inf])
def test_what_has_no_logarithm_is_refused(time: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        log_ratios([1.0, time], [1.0, 1.0])
