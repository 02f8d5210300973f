"""The number of unlike chances that come true agrees with SciPy where they are alike, and with all cases where not."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from workbench.stats.poisson_binomial import at_least


@pytest.mark.parametrize(("k", "n", "chance"), [(3, 10, 0.2), (10, 10, 0.9), (1, 40, 0.001), (60, 500, 0.1)])
def test_equal_chances_are_binomial(k: int, n: int, chance: float) -> None:
    assert at_least(k, [chance] * n) == pytest.approx(binom.sf(k - 1, n, chance), rel=1e-10)


@given(st.lists(st.floats(0, 1), max_size=8), st.integers(-1, 9))
def test_unlike_chances_are_the_sum_of_all_cases(chances: list[float], k: int) -> None:
    cases = product([True, False], repeat=len(chances))
    expected = sum(
        prod(chance if comes else 1 - chance for chance, comes in zip(chances, case, strict=True))
        for case in cases
        if sum(case) >= k
    )
    assert at_least(k, chances) == pytest.approx(expected, abs=1e-12)


def test_their_order_does_not_matter() -> None:
    chances = np.linspace(0, 1, 50)
    assert at_least(25, chances) == pytest.approx(at_least(25, chances[::-1]), rel=1e-12)


@pytest.mark.parametrize("chances", [[1.1], [-0.1], [float("nan")], [[0.5]], [0.5] * 20_001])
def test_what_is_no_chance_is_refused(chances: list[float]) -> None:
    with pytest.raises(ValueError, match="chances"):
        at_least(1, chances)
