"""Rates of error on worlds whose truth is known, in short; in full `python -m tests.benchmarks.calibration`."""

from collections.abc import Callable, Iterator

import pytest

from tests.benchmarks import calibration
from tests.benchmarks.calibration import Figure

RUNS = 400
"""A rate of .05 is then known to within .033, three standard errors: what errs twice as often as it may is caught."""


@pytest.mark.parametrize("section", ["ships", "harm", "coverage", "power", "gain"])
def test_no_figure_misses_its_goal_by_more_than_chance_explains(section: str) -> None:
    figures: Callable[[int, int], Iterator[Figure]] = getattr(calibration, section)
    missed = [figure.line() for figure in figures(RUNS, 3) if not figure.is_met()]
    assert not missed


def test_a_figure_is_held_against_chance() -> None:
    assert Figure("", 0.06, 0.0, 0.05, 0.004).is_met()
    assert not Figure("", 0.06, 0.0, 0.05, 0.003).is_met()
