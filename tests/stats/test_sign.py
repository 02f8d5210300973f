"""The exact sign test agrees with SciPy and statsmodels, and with sums by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from workbench.stats.sign import sign_test


def test_it_is_scipys_binomial_test_and_statsmodels_mcnemar() -> None:
    one, other = np.divmod(np.arange(400), 20)
    found = sign_test(one, other)
    expected = [binomtest(int(a), int(a + b)).pvalue if a + b else 1.0 for a, b in zip(one, other, strict=True)]
    assert found == pytest.approx(expected, abs=1e-12)
    for a, b in ((6, 3), (15, 2), (166, 82)):
        assert float(sign_test(a, b)) == pytest.approx(mcnemar([[9, b], [a, 9]], exact=True).pvalue, abs=1e-12)


def test_a_small_case_by_hand_and_none_at_all() -> None:
    assert float(sign_test(0, 3)) == 2 / 8
    assert float(sign_test(2, 2)) == 1.0
    assert float(sign_test(0, 0)) == 1.0


@pytest.mark.parametrize("count", [-1, 0.5])
def test_what_is_no_count_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        sign_test(count, 1)
