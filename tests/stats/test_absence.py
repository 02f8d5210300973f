"""What silence proves: SciPy's exact interval, the rule of three, and its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from workbench.stats.absence import lower_bound, n_for_silence, upper_bound


@given(st.integers(0, 60), st.integers(0, 400))
def test_both_bounds_are_scipys_exact_ones(hits: int, misses: int) -> None:
    n = hits + misses
    if n == 0:
        assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
        return
    exact = binomtest(hits, n).proportion_ci(0.9, method="exact")
    assert (lower_bound(hits, n), upper_bound(hits, n)) == pytest.approx((exact.low, exact.high), abs=1e-9)


@given(st.floats(0.001, 0.5))
def test_so_many_without_a_hit_are_just_enough(target: float) -> None:
    """With the target as the truth nothing is seen in n traces once in twenty times, and in n - 1 more often."""
    n = n_for_silence(target)
    assert upper_bound(0, n) <= target + 1e-9
    assert binom.pmf(0, n, target) <= 0.05 + 1e-9
    assert n == 1 or binom.pmf(0, n - 1, target) > 0.05 - 1e-9


def test_it_is_the_rule_of_three() -> None:
    assert n_for_silence(0.01) == pytest.approx(3 / 0.01, rel=0.01)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="hits == 3"):
        upper_bound(3, 2)
    with pytest.raises(ValueError, match="target == 0"):
        n_for_silence(0.0)
