"""Decisions on two holdouts in worlds of known truth; in full `python -m tests.benchmarks.calibration_targeted`."""

import pytest
from scipy.stats import binom

from tests.benchmarks import calibration_targeted

RUNS = 60
SMALL = ((30, 100),)
"""Targeted and random cases."""
CHANCE = 0.001
"""What meets its goal by nothing misses the bounds of so many draws: one seed in a thousand."""


@pytest.mark.parametrize(("section", "goal"), [("same", 0.055), ("harmful", 0.055), ("good", 0.84)])
def test_what_is_the_same_or_harmful_seldom_ships_and_what_is_good_mostly(section: str, goal: float) -> None:
    """At most 10 of 60 ship, or at least 40 do: what errs five times as often as it may is caught 97 times in 100."""
    (figure,) = getattr(calibration_targeted, section)(RUNS, 5, sizes=SMALL)
    n_ships = round(figure.value * RUNS)
    if section == "good":
        assert n_ships >= binom.ppf(CHANCE, RUNS, goal)
    else:
        assert n_ships <= binom.ppf(1 - CHANCE, RUNS, goal)


def test_the_gain_on_random_cases_is_told_without_the_luck_of_what_ships() -> None:
    """Where no case is of both holdouts; ten that are add two points where nothing is mended."""
    figures = list(calibration_targeted.told(500, 5, sizes=SMALL))
    assert [figure.line() for figure in figures if not figure.is_met()] == []
    (shared,) = (figure for figure in figures if figure.world.endswith("10 of both, 0% mended"))
    assert shared.value > 1
