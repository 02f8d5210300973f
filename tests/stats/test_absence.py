"""What silence proves at every look: SciPy's integral, an exact sum over all that may be seen, and its edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaincinv
from scipy.stats import binomtest

from workbench.stats.absence import lower_bound, n_for_silence, upper_bound


def likelier(hits: int, n: int, share: float, *, low: float, high: float, weight: Callable[[float], float]) -> float:
    """Return how many times as likely shares from `low` to `high` of this one make what was seen, by their weight."""

    def ratio(times: float) -> float:
        return times**hits * ((1 - share * times) / (1 - share)) ** (n - hits) * weight(times)

    found, _ = quad(ratio, low, high, limit=200)
    return float(found)


@pytest.mark.parametrize(("hits", "n"), [(0, 40), (1, 100), (8, 149), (30, 60)])
def test_at_either_bound_other_shares_are_just_twenty_times_as_likely(hits: int, n: int) -> None:
    high = upper_bound(hits, n)
    assert likelier(hits, n, high, low=0, high=1, weight=lambda u: 0.5 * u**-0.5) == pytest.approx(20, rel=1e-5)
    if hits:
        low = lower_bound(hits, n)
        weight: Callable[[float], float] = lambda r: 0.5 * r**-1.5  # noqa: E731
        assert likelier(hits, n, low, low=1, high=1 / low, weight=weight) == pytest.approx(20, rel=1e-5)


@given(st.integers(0, 60), st.integers(0, 400))
def test_both_are_wider_than_of_one_look(hits: int, misses: int) -> None:
    n = hits + misses
    if n == 0:
        assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
        return
    once = binomtest(hits, n).proportion_ci(0.9, method="exact")
    assert lower_bound(hits, n) <= once.low + 1e-9
    assert upper_bound(hits, n) >= once.high - 1e-9


def test_looking_after_each_unit_errs_once_in_twenty_at_most_where_a_bound_of_one_look_errs_more() -> None:
    """The chance that a bound ever lies on the wrong side, summed over all ways through 90 looks."""
    share = 0.1
    assert 0.005 < ever(share, lambda hits, n: upper_bound(hits, n) < share, is_of_few=True) <= 0.05
    assert 0.005 < ever(share, lambda hits, n: lower_bound(hits, n) > share, is_of_few=False) <= 0.05
    assert ever(share, lambda hits, n: betaincinv(hits + 1, n - hits, 0.95) < share, is_of_few=True) > 0.06


def ever(share: float, is_wrong: Callable[[int, int], bool], *, is_of_few: bool, looks: int = 90) -> float:
    """Return the chance that a bound is ever wrong, which it is of few hits, or of many."""
    alive, lost = np.ones(1), 0.0
    for n in range(1, looks + 1):
        alive = np.append(alive * (1 - share), 0.0) + np.append(0.0, alive * share)
        for hits in range(n) if is_of_few else range(n, 0, -1):
            if not is_wrong(hits, n):
                break
            lost, alive[hits] = lost + float(alive[hits]), 0.0
    return lost


@given(st.floats(0.001, 0.5))
def test_so_many_without_a_hit_are_just_enough(target: float) -> None:
    n = n_for_silence(target)
    assert upper_bound(0, n) <= target + 1e-9
    assert n == 1 or upper_bound(0, n - 1) > target - 1e-9


def test_it_is_a_quarter_more_than_the_rule_of_three() -> None:
    assert n_for_silence(0.01) == pytest.approx(1.25 * 3 / 0.01, rel=0.01)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="hits == 3"):
        upper_bound(3, 2)
    with pytest.raises(ValueError, match="target == 0"):
        n_for_silence(0.0)
