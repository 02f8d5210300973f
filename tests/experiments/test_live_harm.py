"""Harm between the looks: planted harm is stopped, chance is not, and an allowed loss is waited for."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.experiments.live_made import BY_USER, RIGHT, exposed, live_plan, traffic
from workbench.experiments.live_harm import FEWEST_USERS, harms_so_far, rule_between_looks
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan

PLAN = live_plan(RIGHT, n_cases=1_000)
COST = Metric(
    name="right",
    role="guardrail",
    direction=-1,
    kind="positive",
    margin=Amount(0.5, is_relative=True),
    on_worse="allow_within_margin",
    **BY_USER,
)
OTHER = replace(RIGHT, name="other")


def passes(n: int, share: float, *, seed: int) -> list[list[float]]:
    return [[float(one)] for one in np.random.default_rng(seed).random(n) < share]


def decided(plan: Plan, frame: pl.DataFrame, n: int, *, faults: tuple[str, ...] = ()) -> tuple[str, str]:
    harms = harms_so_far(plan, frame, exposed(n, n).exposures)
    ruling = rule_between_looks(harms, plan=plan, faults=faults)
    return ruling.decision, ruling.reasons[0]


def test_planted_harm_stops_the_candidate_before_the_look() -> None:
    """Nine in ten pass in the baseline, five in ten in the candidate, after 150 users of a thousand."""
    decision, reason = decided(PLAN, traffic(passes(75, 0.9, seed=1), passes(75, 0.5, seed=2)), 75)
    assert decision == "dont_ship"
    assert reason.startswith("right: shown worse before the next look: 150 users, gain -0.")


def test_a_gain_or_nothing_goes_on() -> None:
    for share in (0.5, 0.9):
        decision, reason = decided(PLAN, traffic(passes(75, 0.5, seed=1), passes(75, share, seed=2)), 75)
        assert decision == "inconclusive"
        assert reason == "no harm is shown so far; the plan goes on: 1,000 users are planned"


def test_few_users_stop_nothing() -> None:
    n = FEWEST_USERS // 2 - 1
    assert harms_so_far(PLAN, traffic([[1]] * n, [[0]] * n), exposed(n, n).exposures) == ()


def test_rare_failures_stop_nothing_before_there_are_twenty() -> None:
    """Nobody fails with the baseline, and 19, then 20 of 500 with the candidate, all of them early."""
    for n_failed, expected in ((19, False), (20, True)):
        frame = traffic([[1]] * 500, [[0]] * n_failed + [[1]] * (500 - n_failed))
        (found,) = harms_so_far(PLAN, frame, exposed(500, 500).exposures)
        assert (found.upper < 0, found.is_harm) == (True, expected)


def test_what_is_not_sound_stays_invalid() -> None:
    frame = traffic(passes(75, 0.9, seed=1), passes(75, 0.1, seed=2))
    assert decided(PLAN, frame, 75, faults=("sample-ratio mismatch",)) == ("invalid", "sample-ratio mismatch")


def test_a_loss_that_is_allowed_stops_only_beyond_its_margin() -> None:
    """Costs rise by a quarter, then to three times as much, where half as much again is allowed."""
    noise = np.random.default_rng(3).normal(0, 0.1, (2, 200))
    old = [[float(np.exp(one))] for one in noise[0]]
    plan = live_plan(COST, OTHER, n_cases=1_000)
    for factor, expected in ((1.25, "inconclusive"), (3.0, "dont_ship")):
        new = [[factor * float(np.exp(one))] for one in noise[1]]
        assert decided(plan, traffic(old, new), 200)[0] == expected
    (found,) = harms_so_far(plan, traffic(old, old), exposed(200, 200).exposures)
    assert found.allowed == np.log1p(0.5)
    means = replace(COST, kind="ratio")
    (other,) = harms_so_far(live_plan(means, OTHER), traffic([[4.0]] * 60, [[5.0]] * 60), exposed(60, 60).exposures)
    assert round(other.allowed, 9) == 2.0


def test_a_share_of_the_baseline_is_allowed_with_the_error_of_its_users() -> None:
    """As if each user of the baseline had cost half as much again, and nothing were allowed: no mean is known."""
    noise = np.random.default_rng(4).lognormal(0, 1, (2, 120))
    old, new = ([[float(one)] for one in arm] for arm in noise)
    dearer = [[1.5 * one[0]] for one in old]
    cost = replace(COST, estimand="mean_difference")
    for metric in (cost, replace(COST, kind="ratio")):
        (found,) = harms_so_far(live_plan(metric, OTHER), traffic(old, new), exposed(120, 120).exposures)
        plain = live_plan(replace(cost, on_worse="block"), OTHER)
        (theirs,) = harms_so_far(plain, traffic(dearer, new), exposed(120, 120).exposures)
        assert found.allowed == pytest.approx(0.5 * noise[0].mean())
        assert found.upper == pytest.approx(theirs.upper - found.allowed)


def test_chance_stops_hardly_any_experiment() -> None:
    """Forty experiments without any effect, each watched at all of its 400 users: one in twenty may be stopped."""
    plan = live_plan(RIGHT, n_cases=400)
    stopped = sum(
        harms_so_far(
            plan,
            traffic(passes(200, 0.8, seed=2 * seed), passes(200, 0.8, seed=2 * seed + 1)),
            exposed(200, 200).exposures,
        )[0].is_harm
        for seed in range(40)
    )
    assert stopped <= 40 * 0.05 + 3 * np.sqrt(40 * 0.05 * 0.95)
