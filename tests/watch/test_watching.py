"""How often a watch errs after a ship, in short; in full `python -m tests.benchmarks.watching`."""

from collections.abc import Callable, Iterator

import pytest

from tests.benchmarks import watching
from tests.benchmarks.calibration import Figure

RUNS = 60
"""A rate of .06 is then known to within .1, three standard errors: what errs as a plain z test does is caught."""


@pytest.mark.parametrize("section", ["alarms", "watches"])
def test_no_figure_misses_its_goal_by_more_than_chance_explains(section: str) -> None:
    figures: Callable[[int, int], Iterator[Figure]] = getattr(watching, section)
    missed = [figure.line() for figure in figures(RUNS, 3) if not figure.is_met()]
    assert not missed


def test_every_design_errs_as_it_says_where_a_plain_test_of_shares_does_not() -> None:
    figures = list(watching.designs(RUNS, 3))
    assert [figure.line() for figure in figures if not figure.is_met()] == []
    plain = [figure.value for figure in figures if figure.world.startswith("z test of two shares: 800")]
    assert len(plain) == 4
    assert min(plain) > 0.2
