"""Live decisions in worlds whose truth is known, in short; in full `python -m tests.benchmarks.calibration_live`."""

from collections.abc import Iterator

import pytest

from tests.benchmarks import calibration_live
from tests.benchmarks.calibration import Figure

RUNS = 30
"""A rate of .05 is then known to within .12: what errs four times as often as it may is caught."""


def missed(figures: Iterator[Figure]) -> list[str]:
    return [figure.line() for figure in figures if not figure.is_met()]


@pytest.mark.parametrize("section", ["same", "harmful"])
def test_hardly_any_experiment_ships_what_is_the_same_or_harmful(section: str) -> None:
    given = {"sizes": (100,), "chains": (calibration_live.BY_USER,)}
    assert not missed(getattr(calibration_live, section)(RUNS, 5, **given))


def test_a_split_that_lost_users_is_a_mismatch() -> None:
    assert not missed(calibration_live.mismatch(200, 5))


@pytest.mark.slow
@pytest.mark.parametrize("section", ["same", "harmful", "stopped", "good"])
def test_no_figure_misses_its_goal_by_more_than_chance_explains(section: str) -> None:
    assert not missed(getattr(calibration_live, section)(150, 3))
