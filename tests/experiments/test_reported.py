"""The gain of what ships, told without its luck: the normal curve above what was needed, written out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from tests.experiments.made import NOON, RIGHT, counted, plan, results
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.reported import reported_gain

LATENCY = Metric(name="right", role="target", direction=-1, kind="positive", mwe=Amount(0.0, is_relative=True))


def estimate() -> Estimate:
    """Return a target that passed by little: gain .05 with an error of .02."""
    (found,) = analyse(plan(RIGHT), counted(25, 10, 300)).estimates
    return replace(found, gain=0.05, gain_low=0.01, gain_high=0.09, deviation=0.02 * np.sqrt(300))


def test_half_of_what_ships_would_have_come_out_larger() -> None:
    told = reported_gain(RIGHT, estimate(), alpha=0.05)
    needed = norm.ppf(0.95) * 0.02
    share = norm.sf(0.05, told.difference, 0.02) / norm.sf(needed, told.difference, 0.02)
    assert share == pytest.approx(1 / 2)
    assert told.low < told.difference < 0.05
    for end, chance in ((told.low, 0.05), (told.high, 0.95)):
        assert norm.sf(0.05, end, 0.02) / norm.sf(needed, end, 0.02) == pytest.approx(chance)


def test_a_gain_whose_interval_reaches_none_is_told_as_the_most_to_hope_for() -> None:
    """What passed by little; a gain of five errors is told as it is."""
    small = reported_gain(RIGHT, estimate(), alpha=0.05)
    large = reported_gain(RIGHT, replace(estimate(), gain=0.1, gain_low=0.06, gain_high=0.14), alpha=0.05)
    assert small.low < 0 < large.low
    assert small.words.endswith("take it for the most to hope for")
    assert large.words.endswith("given that it ships")


def test_a_gain_that_many_targets_shared_the_level_of_is_told_as_less() -> None:
    alone, shared = (reported_gain(RIGHT, estimate(), alpha=alpha).difference for alpha in (0.05, 0.01))
    assert shared < alone


def test_it_is_told_on_the_scale_of_the_metric() -> None:
    """Less is better, and ratios are shares: a logarithm that falls by less than .05."""
    plain = reported_gain(RIGHT, estimate(), alpha=0.05)
    told = reported_gain(LATENCY, estimate(), alpha=0.05)
    assert told.difference == pytest.approx(np.expm1(-plain.difference))
    assert told.low == pytest.approx(np.expm1(-plain.high))


def test_where_nothing_varies_there_is_nothing_to_correct() -> None:
    """All 20 cases are mended: no case differs from the others."""
    made, frame = plan(), results([0.0] * 20, [1.0] * 20)
    analysis = analyse(made, frame)
    ruling = decide(made, analysis, faults=(), now=NOON)
    assert ruling.decision == "ship"
    assert (ruling.reported[0].difference, ruling.reported[0].low) == (1.0, analysis.estimates[0].low)


def test_what_does_not_ship_reports_no_gain() -> None:
    made = plan()
    assert decide(made, analyse(made, counted(6, 3, 20)), faults=(), now=NOON).reported == ()
