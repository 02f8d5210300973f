"""Missing units and mismatched arms: exact tests against SciPy and hand counts, and tea-tasting."""

import pyarrow as pa
import pytest
import tea_tasting
from scipy.stats import binom, hypergeom

from workbench.stats.missing import missing_units_differ
from workbench.stats.sample_ratio import sample_ratio_p


def test_missing_units_add_every_table_as_unlikely() -> None:
    masses = [hypergeom.pmf(k, 30, 7, 18) for k in range(8)]
    expected = sum(mass for mass in masses if mass <= masses[1] * (1 + 1e-7))
    assert missing_units_differ((1, 6), (18, 12)) == pytest.approx(expected, rel=1e-9)
    assert missing_units_differ((0, 0), (18, 12)) == 1


def test_two_arms_are_an_exact_binomial() -> None:
    assert sample_ratio_p(40, 60) == pytest.approx(2 * binom.cdf(40, 100, 0.5), rel=1e-9)
    assert sample_ratio_p(900, 100, share=0.1) == 1


def test_the_sample_ratio_is_tea_tastings() -> None:
    data = pa.table({"variant": [0] * 430 + [1] * 507})
    experiment = tea_tasting.Experiment(ratio=tea_tasting.SampleRatio(method="binom"))
    theirs = experiment.analyze(data)["ratio"].pvalue
    assert sample_ratio_p(430, 507) == pytest.approx(theirs, rel=1e-9)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        missing_units_differ((5, 0), (4, 4))
    for one, other, share in [(0, 0, 0.5), (-1, 3, 0.5), (1, 2, 1.0)]:
        with pytest.raises(ValueError, match="counts"):
            sample_ratio_p(one, other, share=share)
