"""Two arms of different units: SciPy, statsmodels, tea-tasting, and permutations written out."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
import tea_tasting
from scipy.stats import ttest_ind
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.stats import user_ratios
from workbench.stats.user_ratios import Sums, ratio_difference, ratio_difference_test
from workbench.stats.welch import Arms, cuped, difference_interval, difference_test, welch

RNG = np.random.default_rng(8)
PAST = Arms(RNG.normal(5, 1, 40), RNG.normal(5, 1, 55))
NOW = Arms(PAST.baseline + RNG.normal(0, 0.5, 40), PAST.candidate + 0.2 + RNG.normal(0, 0.9, 55))


def test_welch_is_scipys_and_statsmodels() -> None:
    found = welch(*NOW)
    theirs = ttest_ind(NOW.candidate, NOW.baseline, equal_var=False, alternative="greater")
    assert difference_test(found) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.degrees == pytest.approx(theirs.df, rel=1e-9)
    compared = CompareMeans(DescrStatsW(NOW.candidate), DescrStatsW(NOW.baseline))
    np.testing.assert_allclose(difference_interval(found), compared.tconfint_diff(usevar="unequal"), rtol=1e-9)
    shifted = ttest_ind(NOW.candidate + 0.1, NOW.baseline, equal_var=False, alternative="greater")
    assert difference_test(found, than=-0.1) == pytest.approx(shifted.pvalue, rel=1e-9)


def test_cuped_is_tea_tastings() -> None:
    data = pa.table(
        {
            "variant": [0] * 40 + [1] * 55,
            "value": np.concatenate(NOW),
            "past": np.concatenate(PAST),
        }
    )
    experiment = tea_tasting.Experiment(
        adjusted=tea_tasting.Mean("value", "past", equal_var=False, confidence_level=0.95),
        plain=tea_tasting.Mean("value", equal_var=False, confidence_level=0.95),
    )
    theirs = experiment.analyze(data)
    for name, arms in (("plain", NOW), ("adjusted", cuped(NOW, PAST))):
        found = welch(*arms)
        assert found.value == pytest.approx(theirs[name].effect_size, rel=1e-9)
        assert 2 * difference_test(found) == pytest.approx(theirs[name].pvalue, rel=1e-9)
        ends = (theirs[name].effect_size_ci_lower, theirs[name].effect_size_ci_upper)
        np.testing.assert_allclose(difference_interval(found), ends, rtol=1e-9)


def test_the_past_takes_out_noise_and_no_effect() -> None:
    plain, adjusted = welch(*NOW), welch(*cuped(NOW, PAST))
    assert adjusted.error < 0.7 * plain.error
    assert welch(*cuped(NOW, Arms(np.ones(40), np.ones(55)))).value == pytest.approx(plain.value)


def test_two_flat_arms_prove_nothing() -> None:
    assert difference_test(welch([0.0, 0.0], [1.0, 1.0])) == 1
    assert difference_test(welch([0.0, 0.0], [0.6 - 0.3, 0.9 - 0.6])) == 1  # which differ by rounding alone


def test_the_jackknife_leaves_out_each_user() -> None:
    old, new = Sums([1, 4, 0], [2, 5, 3]), Sums([3, 1], [4, 4])
    left_old, left_new = np.array([4 / 8, 1 / 5, 5 / 7]), np.array([1 / 4, 3 / 4])
    variance = 2 / 3 * ((left_old - left_old.mean()) ** 2).sum() + 1 / 2 * ((left_new - 0.5) ** 2).sum()
    found = ratio_difference(old, new)
    assert found.value == pytest.approx(4 / 8 - 5 / 10)
    assert found.error == pytest.approx(np.sqrt(variance))


def test_with_a_trace_a_user_the_ratio_is_the_mean() -> None:
    """Leaving one out of a mean gives its usual standard error, so the t test is Welch's."""
    ones = Sums(NOW.baseline, np.ones(40)), Sums(NOW.candidate, np.ones(55))
    assert tuple(ratio_difference(*ones)) == pytest.approx(tuple(welch(*NOW)), rel=1e-9)


def test_many_users_are_near_the_delta_method_of_tea_tasting() -> None:
    rng = np.random.default_rng(9)
    below = rng.integers(1, 9, 1000)
    above = rng.binomial(below, 0.3)
    data = pa.table({"variant": [0] * 500 + [1] * 500, "above": above, "below": below})
    metric = tea_tasting.RatioOfMeans("above", "below", equal_var=False)
    theirs = tea_tasting.Experiment(ratio=metric).analyze(data)["ratio"]
    old, new = Sums(above[:500], below[:500]), Sums(above[500:], below[500:])
    assert ratio_difference(old, new).value == pytest.approx(theirs.effect_size, rel=1e-9)
    p = ratio_difference_test(old, new)
    assert 2 * min(p, 1 - p) == pytest.approx(theirs.pvalue, abs=0.005)


def test_few_users_are_permuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three users an arm: all twenty ways to assign them, written out."""
    above, below = np.array([1.0, 0, 2, 3, 2, 5]), np.array([4.0, 5, 6, 4, 3, 6])

    def statistic(of_new: tuple[int, ...]) -> float:
        rest = [at for at in range(6) if at not in of_new]
        new = list(of_new)
        found = ratio_difference(Sums(above[rest], below[rest]), Sums(above[new], below[new]))
        return found.value / found.error

    every = [statistic(chosen) for chosen in combinations(range(6), 3)]
    exact = sum(one >= statistic((3, 4, 5)) - 1e-9 for one in every) / 20
    p = ratio_difference_test(Sums(above[:3], below[:3]), Sums(above[3:], below[3:]))
    assert p == pytest.approx(exact, abs=0.02)
    monkeypatch.setattr(user_ratios, "FEW_USERS", 2)
    by_t = ratio_difference_test(Sums(above[:3], below[:3]), Sums(above[3:], below[3:]))
    found = ratio_difference(Sums(above[:3], below[:3]), Sums(above[3:], below[3:]))
    assert by_t == difference_test(found)


def test_wrong_arms_are_refused() -> None:
    with pytest.raises(ValueError, match="candidate has shape"):
        welch([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="baseline holds"):
        welch([1.0, np.inf], [1.0, 2.0])
    with pytest.raises(ValueError, match="one value of each unit"):
        cuped(NOW, Arms(PAST.candidate, PAST.baseline))
    with pytest.raises(ValueError, match="denominator"):
        ratio_difference(Sums([1, 1], [1, 0]), Sums([1, 1], [1, 1]))
