"""What would settle an inconclusive target: always something, with the numbers worked out by hand."""

from dataclasses import replace
from math import ceil

import pytest
from scipy.stats import norm

from tests.experiments.made import RIGHT, counted, plan
from workbench.experiments.analysis import analyse
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount
from workbench.experiments.settle import Settle, settle

Z_SUM = norm.isf(0.05) + norm.isf(0.1)


def settled(n_fixed: int, n_broken: int, n: int, *, mwe: float) -> tuple[Settle, ...]:
    return settle(seen(n_fixed, n_broken, n, mwe=mwe), metric=RIGHT, alpha=0.05)


def seen(n_fixed: int, n_broken: int, n: int, *, mwe: float) -> Estimate:
    return analyse(plan(replace(RIGHT, mwe=Amount(mwe))), counted(n_fixed, n_broken, n)).estimates[0]


def test_a_loss_is_settled_by_showing_that_no_gain_is_left() -> None:
    """Three fixed and five broken of 100: variance (8/100 - .02^2) * 100/99, distance .02."""
    (cases,) = settled(3, 5, 100, mwe=0.0)
    assert cases.value == ceil(Z_SUM**2 * (0.08 - 0.02**2) * 100 / 99 / 0.02**2)
    assert "would exclude that it is worthwhile" in cases.words


def test_a_gain_below_what_is_worthwhile_is_settled_either_way() -> None:
    show, exclude = settled(4, 3, 100, mwe=0.03)
    variance = (0.07 - 0.01**2) * 100 / 99
    assert show.value == ceil(Z_SUM**2 * variance / 0.03**2)
    assert exclude.value == ceil(Z_SUM**2 * variance / 0.02**2)


def test_equal_arms_are_settled_by_saying_what_is_worthwhile() -> None:
    """With no change of twenty cases a gain of z^2 / (20 + z^2) = 11.9 points is not excluded."""
    (told,) = settled(0, 0, 20, mwe=0.0)
    assert told.what == "mwe"
    assert told.value == pytest.approx(norm.isf(0.05) ** 2 / (20 + norm.isf(0.05) ** 2), abs=0.001)
    assert told.value >= norm.isf(0.05) ** 2 / (20 + norm.isf(0.05) ** 2)


def test_cases_that_never_change_need_as_many_as_the_floor_asks_for() -> None:
    (cases,) = settled(0, 0, 20, mwe=0.05)
    assert cases.value == ceil(norm.isf(0.05) ** 2 * 0.95 / 0.05)


def test_a_target_with_a_margin_is_told_which_margin_is_shown_already() -> None:
    held = replace(RIGHT, margin=Amount(0.01))
    (one,) = analyse(plan(held), counted(3, 5, 100)).estimates
    *_, margin = settle(one, metric=RIGHT, alpha=0.05)
    assert margin.what == "margin"
    assert margin.value == pytest.approx(-one.gain_low, abs=0.001)
    assert margin.value >= -one.gain_low
    assert f"with a margin of {100 * margin.value:.3g} points it would be shown already" in margin.words


def test_there_is_always_something() -> None:
    for n_fixed in range(4):
        for n_broken in range(4):
            for mwe in (0.0, 0.1, 0.4):
                assert settled(n_fixed, n_broken, 10, mwe=mwe)
