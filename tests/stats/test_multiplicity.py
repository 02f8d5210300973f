"""Adjusted p-values: against the published example, statsmodels, and what must hold in any order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from workbench.stats.multiplicity import benjamini_hochberg, holm

Adjust = Callable[..., NDArray[np.float64]]
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40)

# Benjamini, Hochberg (1995), section 3.2: fifteen comparisons of two treatments.
MYOCARDIAL = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
)


def test_the_published_example_rejects_four_and_holm_three() -> None:
    assert int((benjamini_hochberg(MYOCARDIAL) <= 0.05).sum()) == 4
    assert int((holm(MYOCARDIAL) <= 0.05).sum()) == 3


def test_hand_sums() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.02, 0.01, 0.9]), [0.03, 0.03, 0.9], rtol=1e-15)
    np.testing.assert_allclose(holm([0.02, 0.01, 0.9]), [0.04, 0.03, 0.9], rtol=1e-15)


@pytest.mark.parametrize(("adjust", "method"), [(benjamini_hochberg, "fdr_bh"), (holm, "holm")])
def test_agrees_with_statsmodels(adjust: Adjust, method: str) -> None:
    p_values = np.random.default_rng(3).beta(0.4, 1, size=500)
    p_values[:20] = p_values[20:40]
    np.testing.assert_allclose(adjust(p_values), multipletests(p_values, method=method)[1], rtol=1e-9)


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
@given(p_values=P_VALUES, n_more=st.integers(0, 100))
def test_tests_that_are_not_listed_count_as_one(adjust: Adjust, p_values: list[float], n_more: int) -> None:
    whole = adjust([*p_values, *[1.0] * n_more])[: len(p_values)]
    np.testing.assert_allclose(adjust(p_values, n_tests=len(p_values) + n_more), whole, rtol=1e-15)


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
@given(p_values=P_VALUES, seed=st.integers(0, 1000))
def test_order_does_not_matter_and_ranks_stay(adjust: Adjust, p_values: list[float], seed: int) -> None:
    adjusted = adjust(p_values)
    shuffle = np.random.default_rng(seed).permutation(len(p_values))
    np.testing.assert_array_equal(adjust(np.array(p_values)[shuffle]), adjusted[shuffle])
    assert np.all(np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0)
    assert np.all((adjusted >= np.array(p_values)) & (adjusted <= 1))


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
def test_no_test_has_no_adjusted_value(adjust: Adjust) -> None:
    assert adjust([]).size == 0


@pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])
@pytest.mark.parametrize("p_values", [[float("nan")], [-0.1], [1.1], [[0.1]]])
def test_what_is_no_list_of_p_values_is_refused(adjust: Adjust, p_values: list[float]) -> None:
    with pytest.raises(ValueError, match="p_values"):
        adjust(p_values)


def test_fewer_tests_than_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match="n_tests == 1"):
        holm([0.1, 0.2], n_tests=1)
