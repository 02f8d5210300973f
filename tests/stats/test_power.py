"""What n can show: statsmodels, and simulated plans that come out as the formulas say."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.power import NormalIndPower

from tests.benchmarks.exact_power import power_of_mid_p, power_of_tango
from workbench.stats.paired import mcnemar_mid_p, tango_test
from workbench.stats.power import (
    cases_for_floor,
    cases_for_wins,
    cases_needed,
    detectable,
    detectable_by_wins,
    least_wins,
    score_floor,
)


def test_pairs_for_non_inferiority_are_those_of_the_formula() -> None:
    """(1.645 + 1.282)^2 d / m^2 with a twentieth or a tenth of the cases changing and a margin of five points."""
    assert cases_needed([0.05, 0.10], 0.05).tolist() == [172, 343]


def test_cases_agree_with_statsmodels() -> None:
    one_sample = NormalIndPower(ddof=0)
    theirs = one_sample.solve_power(0.2, alpha=0.05, power=0.9, ratio=0, alternative="larger")
    assert int(cases_needed(1.0, 0.2)) == int(np.ceil(theirs))
    power = one_sample.power(float(detectable(1.0, 428)), 428, 0.05, ratio=0, alternative="larger")
    assert power == pytest.approx(0.9, rel=1e-9)


def test_the_floor_is_where_tango_ends_without_a_changed_case() -> None:
    assert score_floor([30, 100, 300]).round(3).tolist() == [0.083, 0.026, 0.009]
    for margin in (0.02, 0.05, 0.1):
        n = int(cases_for_floor(margin))
        assert float(tango_test(0, 0, n=n, than=-margin)) <= 0.05 < float(tango_test(0, 0, n=n - 1, than=-margin))


def test_power_sums_every_outcome() -> None:
    """Six cases: every sequence of win, loss and stay, weighed by hand."""
    won, lost = 0.5, 0.1
    by_mid_p = by_tango = 0.0
    for outcome in product("wl.", repeat=6):
        wins, losses = outcome.count("w"), outcome.count("l")
        chance = won**wins * lost**losses * (1 - won - lost) ** (6 - wins - losses)
        by_mid_p += chance * bool(mcnemar_mid_p(wins, losses) <= 0.05)
        by_tango += chance * bool(tango_test(wins, losses, n=6, than=-0.2) <= 0.05)
    assert power_of_mid_p(6, won - lost, changed_share=won + lost) == pytest.approx(by_mid_p, abs=1e-9)
    assert power_of_tango(6, won - lost, changed_share=won + lost, than=-0.2) == pytest.approx(by_tango, abs=1e-9)


def test_three_hundred_cases_find_five_points_where_one_in_ten_changes() -> None:
    power = power_of_mid_p(300, 0.05, changed_share=0.10)
    assert power >= 0.84
    draw = np.random.default_rng(1).multinomial(300, [0.075, 0.025, 0.9], size=20_000)
    found = int((mcnemar_mid_p(draw[:, 0], draw[:, 1]) <= 0.05).sum())
    assert binomtest(found, 20_000, power).pvalue > 0.001


def test_a_planned_n_shows_what_it_was_planned_for() -> None:
    """The normal formula, held against every outcome."""
    n = int(cases_needed(0.2 - 0.08**2, 0.08))
    assert power_of_tango(n, 0.08, changed_share=0.2) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.01])
def test_wins_that_a_test_needs_are_those_of_the_test(alpha: float) -> None:
    least = least_wins(alpha=alpha)
    assert float(mcnemar_mid_p(least, 0)) <= alpha < float(mcnemar_mid_p(least - 1, 0))
    assert detectable_by_wins(least - 1, alpha=alpha) == 1.0
    for n in (least, 12, 40):
        gain = detectable_by_wins(n, alpha=alpha)
        assert binom.sf(least - 1, n, gain) == pytest.approx(0.9, abs=1e-6)
    for gain in (0.05, 0.3, 0.5, 0.9, 1.0):
        n = cases_for_wins(gain, alpha=alpha)
        assert binom.sf(least - 1, n, gain) >= 0.9
        assert n == least or binom.sf(least - 1, n - 1, gain) < 0.9
    with pytest.raises(ValueError, match="gain == 0"):
        cases_for_wins(0.0)


def test_what_can_never_be_shown_is_refused() -> None:
    with pytest.raises(ValueError, match="never shown"):
        cases_needed(0.1, 0.0)
    with pytest.raises(ValueError, match="variance"):
        cases_needed(-0.1, 0.1)
    with pytest.raises(ValueError, match="margin"):
        cases_for_floor(0.0)
