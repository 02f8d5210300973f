"""The first rule that holds: on small data counted by hand, each decision, and the edges between them."""

from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from tests.experiments.made import NOON, RIGHT, counted, plan, results, table
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.decision import Ruling, decide
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.experiments.settle import settle
from workbench.experiments.tested import Bounds, of_wins

TONE = Metric(name="tone", role="guardrail", margin=Amount(0.05))
COST = Metric(
    name="cost",
    role="guardrail",
    direction=-1,
    kind="positive",
    margin=Amount(0.1, is_relative=True),
    on_worse="allow_within_margin",
)
SAME_TONE = [1.0] * 280 + [0.0] * 20


def ruled(frame: pl.DataFrame, made: Plan | None = None, **given: Any) -> Ruling:
    made = made or plan()
    return decide(made, analyse(made, frame), **{"faults": (), "now": NOON, **given})


def beside(target: pl.DataFrame, metric: str, before: list[float], after: list[float]) -> pl.DataFrame:
    """Return results of the target, and of another metric beside it."""
    return pl.concat([target, results(before, after, metric=metric)])


def test_a_target_that_is_shown_better_ships() -> None:
    told = ruled(counted(20, 5, 300))
    mid_p = binom.sf(20, 25, 0.5) + binom.pmf(20, 25, 0.5) / 2
    assert (told.decision, told.settle) == ("ship", ())
    assert told.reasons[0].startswith("right 1.67 % to 6.67 %, difference +5.0 points (+")
    assert told.reasons[0].endswith(f"shown better (p {mid_p:.2g})")


def test_with_nothing_shown_it_is_inconclusive_and_says_how_many_cases_would_settle_it() -> None:
    """Six fixed and three broken of 20: variance of a case 9/20 - .15^2, scaled to n - 1; (2.927 / .15)^2 of it."""
    told = ruled(counted(6, 3, 20))
    (cases,) = told.settle
    assert told.decision == "inconclusive"
    assert cases.value == pytest.approx((2.9264 / 0.15) ** 2 * (9 / 20 - 0.15**2) * 20 / 19, abs=1)
    assert cases.words.startswith("right: 172 cases, 152 more than there are, would show the gain that was seen")


def test_a_target_that_is_worse_does_not_ship() -> None:
    told = ruled(counted(3, 17, 50))
    assert told.decision == "dont_ship"
    assert "shown worse" in told.reasons[0]


def test_a_gain_that_is_not_worth_it_does_not_ship() -> None:
    told = ruled(counted(2, 1, 300), plan(replace(RIGHT, mwe=Amount(0.05))))
    assert told.decision == "dont_ship"
    assert "a gain of 5 points, the least that is worthwhile, is excluded" in told.reasons[0]


def test_a_better_target_with_a_worse_tone_is_caught_though_tone_only_is_watched() -> None:
    watched = Metric(name="tone", role="watch")
    frame = beside(counted(40, 5, 300), "tone", [1.0] * 300, [1.0] * 285 + [0.0] * 15)
    assert ruled(counted(40, 5, 300)).decision == "ship"
    told = ruled(frame, plan(RIGHT, watched))
    assert told.decision == "dont_ship"
    assert told.reasons[0].startswith("tone 100 % to 95 %")


def test_a_guardrail_that_is_not_proven_keeps_it_from_shipping_and_the_margin_that_would_is_named() -> None:
    """Thirty of 300 change tone, 14 for the better: no harm is shown, and five points are not excluded."""
    after = [0.0] * 16 + [1.0] * 264 + [1.0] * 14 + [0.0] * 6
    told = ruled(beside(counted(40, 5, 300), "tone", SAME_TONE, after), plan(RIGHT, TONE))
    assert told.decision == "ship"
    tight = replace(TONE, margin=Amount(0.02))
    told = ruled(beside(counted(40, 5, 300), "tone", SAME_TONE, after), plan(RIGHT, tight))
    assert told.decision == "inconclusive"
    assert [one.what for one in told.settle] == ["cases", "margin"]
    wide = replace(TONE, margin=Amount(told.settle[1].value))
    assert ruled(beside(counted(40, 5, 300), "tone", SAME_TONE, after), plan(RIGHT, wide)).decision == "ship"


def test_a_guardrail_beyond_its_margin_is_harm_even_where_holm_would_spare_it() -> None:
    """One metric of many: worse by 9 of 100 where one point is allowed, p .01 by itself, which times six is .06."""
    watched = [Metric(name=f"watch {number}", role="watch") for number in range(6)]
    tight = replace(TONE, margin=Amount(0.01))
    target = counted(20, 0, 100)
    frame = beside(target, "tone", [1.0] * 9 + [0.0] * 2 + [1.0] * 89, [0.0] * 9 + [1.0] * 2 + [1.0] * 89)
    for metric in watched:
        frame = beside(frame, metric.name, [1.0] * 100, [1.0] * 100)
    told = ruled(frame, plan(RIGHT, tight, *watched))
    assert told.decision == "dont_ship"
    assert "worse by more than its margin" in told.reasons[0]


@pytest.mark.parametrize(("factor", "decision"), [(1.04, "ship"), (1.2, "dont_ship")])
def test_a_dearer_candidate_ships_within_its_budget_as_a_known_cost(factor: float, decision: str) -> None:
    before = [1.0 + number / 300 for number in range(300)]
    after = [cost * (factor + (number % 7 - 3) / 1000) for number, cost in enumerate(before)]
    told = ruled(beside(counted(20, 5, 300), "cost", before, after), plan(RIGHT, COST))
    assert told.decision == decision
    assert len(told.known_costs) == (decision == "ship")


def test_a_reason_writes_its_amounts_as_the_report_does() -> None:
    """It said `latency_ms 6e+03 to 7.2e+03, difference +0.2`, a fifth of what is read nowhere."""
    latency = Metric(name="latency_ms", role="watch", direction=-1, kind="positive")
    in_ms = replace(latency, name="wait_ms", kind="bounded", range=(0.0, 60_000.0))
    before = [6_000.0 + number for number in range(300)]
    frame = beside(counted(20, 5, 300), "latency_ms", before, [1.2 * one for one in before])
    told = ruled(beside(frame, "wait_ms", before, [one + 1_500 for one in before]), plan(RIGHT, latency, in_ms))
    reasons = {reason.split()[0]: reason for reason in told.reasons}
    assert reasons["latency_ms"].startswith("latency_ms 6,149 to 7,379, difference +20.0 % (+")
    assert reasons["wait_ms"].startswith("wait_ms 6,150 to 7,650, difference +1,500 (+1,500 to +1,500): shown worse")


def test_two_targets_are_each_held_to_half_the_error() -> None:
    """Seven fixed, one broken: p .0195 alone ships; p .03 of each of two does not, by Holm."""
    other = replace(RIGHT, name="other")
    weak = counted(6, 1, 50)
    p_weak = analyse(plan(), weak).estimates[0].p_superior
    assert 0.025 < p_weak <= 0.05
    assert ruled(weak).decision == "ship"
    both = beside(weak, "other", [0.0] * 50, [0.0] * 50)
    assert ruled(both, plan(RIGHT, other)).decision == "inconclusive"


def test_one_of_two_targets_is_enough() -> None:
    other = replace(RIGHT, name="other")
    assert ruled(beside(counted(20, 5, 300), "other", SAME_TONE, SAME_TONE), plan(RIGHT, other)).decision == "ship"


def test_a_plan_past_its_end_hands_an_inconclusive_one_to_a_person() -> None:
    made = plan(deadline_at=NOON + timedelta(days=1))
    assert not ruled(counted(6, 3, 20), made).is_due
    assert ruled(counted(6, 3, 20), made, now=NOON + timedelta(days=1)).is_due
    assert ruled(counted(6, 3, 20), plan(n_cases=20, max_cases=20)).is_due


def test_a_fault_comes_before_anything_that_the_numbers_say() -> None:
    told = ruled(counted(20, 5, 300), faults=("the plan was not frozen",))
    assert (told.decision, told.reasons) == ("invalid", ("the plan was not frozen",))


def test_no_results_decide_nothing() -> None:
    assert ruled(table()).decision == "invalid"


def good() -> Estimate:
    return analyse(plan(), counted(20, 5, 300)).estimates[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"p_superior": float("nan")},
        {"p_worse": float("nan")},
        {"p_useless": None},
        {"p": -0.1},
        {"p_superior": 1.5},
        {"candidate": float("nan")},
        {"low": float("-inf")},
        {"gain": float("nan")},
        {"gain_high": -1.0},
        {"deviation": float("nan")},
        {"n_cases": 0},
        {"n_units": 1},
        {"role": "watch"},
        {"metric": "wrong"},
        {"mwe": float("inf")},
    ],
)
def test_an_estimate_that_cannot_be_is_invalid(changed: dict[str, Any]) -> None:
    assert decide(plan(), Analysis((good(),), ()), faults=(), now=NOON).decision == "ship"
    told = decide(plan(), Analysis((replace(good(), **changed),), ()), faults=(), now=NOON)
    assert told.decision == "invalid"


def test_a_metric_that_is_estimated_twice_or_never_is_invalid() -> None:
    for estimates in ((), (good(), good()), (good(), replace(good(), metric="more"))):
        assert decide(plan(), Analysis(estimates, ()), faults=(), now=NOON).decision == "invalid"


def test_more_trials_are_offered_where_trials_are_what_varies() -> None:
    """Variance .09 of 100 cases, .08 of it by two trials each: a gain of .04 needs .09 * 100 / 482 = .0187."""
    seen = replace(good(), n_cases=100, n_units=100, n_trials=2, gain=0.04, deviation=0.3, within=0.08)
    cases, trials = settle(seen, metric=RIGHT, alpha=0.05)
    assert cases.value == ceil((2.92641 / 0.04) ** 2 * 0.09) == 482
    assert trials.value == ceil(2 * 0.08 / (0.09 * 100 / 482 - 0.01)) == 19
    (only,) = settle(replace(seen, within=0.07), metric=RIGHT, alpha=0.05)
    assert only.what == "cases"


def test_an_early_look_needs_more_and_what_it_does_not_show_goes_on() -> None:
    """Twelve fixed and three broken of 150: mid-p .0105 is below .05 and above the .0056 of a look at one half."""
    made = plan(n_cases=300, looks=(0.5, 1.0))
    frame = counted(12, 3, 150)
    mid_p = binom.sf(12, 15, 0.5) + binom.pmf(12, 15, 0.5) / 2
    assert 0.0056 < mid_p < 0.0482
    early = decide(made, analyse(made, frame, look=0.5), faults=(), now=NOON, look=0.5)
    assert (early.decision, early.is_due) == ("inconclusive", False)
    assert early.reasons[-1] == "the plan goes on: 300 cases are planned"
    assert decide(made, analyse(made, frame), faults=(), now=NOON).decision == "ship"
    clear = counted(20, 3, 150)
    assert decide(made, analyse(made, clear, look=0.5), faults=(), now=NOON, look=0.5).decision == "ship"


@pytest.mark.parametrize(("n", "changed_share"), [(30, 0.2), (100, 0.1)])
def test_what_changes_nothing_looks_better_less_than_one_time_in_twenty(n: int, changed_share: float) -> None:
    """The exact chance over every number of cases that change, and of wins among them; and so with harm at a margin."""
    by_chance = at_margin = 0.0
    share_won = (changed_share - 0.05) / 2 / changed_share
    for n_changed in range(n + 1):
        chance = binom.pmf(n_changed, n, changed_share)
        for n_won in range(n_changed + 1) if chance > 1e-4 else ():
            gains = np.repeat([1.0, -1.0, 0.0], [n_won, n_changed - n_won, n - n_changed])
            tests = of_wins(gains, Bounds(margin=0.05, mwe=0.0, level=0.9))
            by_chance += chance * binom.pmf(n_won, n_changed, 0.5) * (tests.p_superior <= 0.05)
            at_margin += chance * binom.pmf(n_won, n_changed, share_won) * ((tests.p_non_inferior or 0.0) <= 0.05)
    assert 0.02 < by_chance <= 0.055
    assert 0.02 < at_margin <= 0.055
