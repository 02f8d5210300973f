"""Missing cases and mismatched arms: exact tests against SciPy and hand counts, and tea-tasting."""

import pyarrow as pa
import pytest
import tea_tasting
from scipy.stats import binom, chisquare, hypergeom

from workbench.stats.missing import missing_pairs_differ, missing_units_differ
from workbench.stats.sample_ratio import sample_ratio_p


def test_missing_pairs_are_coin_flips() -> None:
    assert missing_pairs_differ(0, 10) == pytest.approx(2 / 2**10)
    assert missing_pairs_differ(1, 4) == pytest.approx(2 * (1 + 5) / 2**5)
    assert missing_pairs_differ(3, 3) == missing_pairs_differ(0, 0) == 1


def test_missing_units_add_every_table_as_unlikely() -> None:
    masses = [hypergeom.pmf(k, 30, 7, 18) for k in range(8)]
    expected = sum(mass for mass in masses if mass <= masses[1] * (1 + 1e-7))
    assert missing_units_differ((1, 6), (18, 12)) == pytest.approx(expected, rel=1e-9)
    assert missing_units_differ((0, 0), (18, 12)) == 1


def test_two_arms_are_an_exact_binomial() -> None:
    assert sample_ratio_p([40, 60]) == pytest.approx(2 * binom.cdf(40, 100, 0.5), rel=1e-9)
    assert sample_ratio_p([900, 100], shares=[9, 1]) == 1


def test_more_arms_are_a_chi_square() -> None:
    theirs = chisquare([330, 340, 410], [270, 270, 540]).pvalue
    assert sample_ratio_p([330, 340, 410], shares=[1, 1, 2]) == pytest.approx(theirs, rel=1e-9)


def test_the_sample_ratio_is_tea_tastings() -> None:
    data = pa.table({"variant": [0] * 430 + [1] * 507})
    experiment = tea_tasting.Experiment(ratio=tea_tasting.SampleRatio(method="binom"))
    theirs = experiment.analyze(data)["ratio"].pvalue
    assert sample_ratio_p([430, 507]) == pytest.approx(theirs, rel=1e-9)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        missing_pairs_differ(-1, 2)
    with pytest.raises(ValueError, match="from 0 to n"):
        missing_units_differ((5, 0), (4, 4))
    for counts, shares in [([5], None), ([0, 0], None), ([-1, 3], None), ([1, 2], [1, 0]), ([1, 2], [1, 1, 1])]:
        with pytest.raises(ValueError, match="counts"):
            sample_ratio_p(counts, shares=shares)
