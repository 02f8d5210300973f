"""On live traffic a margin that is a share of the baseline is held with the error of the baseline's users."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.experiments.live_made import BY_TRACE, BY_USER, RIGHT, live_plan, traffic
from workbench.experiments.analysis import analyse
from workbench.experiments.estimate import Estimate
from workbench.experiments.live_relative import means_against_baseline
from workbench.experiments.live_tests import of_user_means
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.tested import Bounds
from workbench.stats.welch import Arms, cuped

A_TENTH = Amount(0.1, is_relative=True)
GIVEN: dict[str, Any] = {"role": "guardrail", "margin": A_TENTH, "mwe": A_TENTH, **BY_USER}
COST = Metric(name="cost", direction=-1, kind="positive", estimand="mean_difference", **GIVEN)
RNG = np.random.default_rng(3)
BEFORE, AFTER = RNG.lognormal(0, 1, 40), RNG.lognormal(0.02, 1, 60)


def estimate(metric: Metric, before: list[list[float]], after: list[list[float]]) -> Estimate:
    target = traffic([[0]] * len(before), [[1]] * len(after))
    frame = pl.concat([target, traffic(before, after, metric=metric.name)])
    return analyse(live_plan(RIGHT, metric), frame).estimates[1]


def alone(values: np.ndarray[Any, Any]) -> list[list[float]]:
    return [[float(value)] for value in values]


def test_it_is_welchs_t_of_the_candidate_against_that_much_of_the_baseline() -> None:
    one = estimate(COST, alone(BEFORE), alone(AFTER))
    for p, times, side in (
        (one.p_non_inferior, 1.1, "greater"),
        (one.p_beyond, 1.1, "less"),
        (one.p_useless, 0.9, "less"),
    ):
        theirs = stats.ttest_ind(times * BEFORE, AFTER, equal_var=False, alternative=side)
        assert p == pytest.approx(theirs.pvalue, rel=1e-9)
    share = one.shown_margin / BEFORE.mean()
    theirs = stats.ttest_ind((1 + share) * BEFORE, AFTER, equal_var=False, alternative="greater")
    assert theirs.pvalue == pytest.approx(0.05, abs=1e-6)
    assert one.margin == pytest.approx(0.1 * BEFORE.mean())


def test_where_more_is_better_and_a_pass_is_binary_two_users_more_stand_in_each_arm() -> None:
    metric = Metric(name="tone", **GIVEN)
    before, after = [[1.0]] * 45 + [[0.0]] * 5, [[1.0]] * 50 + [[0.0]] * 10
    one = estimate(metric, before, after)
    held = [np.array([row[0] for row in arm] + [0.0, 1.0]) for arm in (before, after)]
    theirs = stats.ttest_ind(held[1], 0.9 * held[0], equal_var=False, alternative="greater")
    assert one.p_non_inferior == pytest.approx(theirs.pvalue, rel=1e-9)


def test_a_ratio_over_users_cases_is_that_of_users_whose_baseline_is_so_much_more() -> None:
    """One case a user: the jackknife of a mean is its usual error, so that Welch's t is SciPy's."""
    metric = replace(COST, **BY_TRACE)
    before, after = RNG.lognormal(0, 1, 220), RNG.lognormal(0.05, 1, 210)
    one = estimate(metric, alone(before), alone(after))
    theirs = stats.ttest_ind(1.1 * before, after, equal_var=False, alternative="greater")
    assert one.p_non_inferior == pytest.approx(theirs.pvalue, rel=1e-6)
    few = estimate(metric, alone(before[:60]), alone(after[:60]))
    theirs = stats.ttest_ind(1.1 * before[:60], after[:60], equal_var=False, alternative="greater")
    assert few.p_non_inferior == pytest.approx(theirs.pvalue, abs=0.03)


def passing(users: Arms, *, past: Arms | None = None) -> list[bool]:
    """Return whether half as much again is excluded: against the mean that was seen, and as it is held."""
    metric = replace(COST, margin=Amount(0.5, is_relative=True))
    values = users if past is None else cuped(users, past)
    seen = Bounds(0.5 * float(values.baseline.mean()), None, 0.9)
    fixed = of_user_means(values, metric, seen)
    held = means_against_baseline(fixed, users, metric, past=past, level=0.9)
    return [(one.p_non_inferior or 0.0) <= 0.05 for one in (fixed, held)]


def test_users_who_cost_more_by_exactly_the_margin_pass_one_time_in_twenty() -> None:
    """In 2,000 runs each of six sizes and ways to rise .09 to .11 passed as was seen, and at most .049 as held."""
    rng = np.random.default_rng(1)
    found = [passing(Arms(rng.lognormal(0, 1, 100), 1.5 * rng.lognormal(0, 1, 100))) for _ in range(250)]
    as_seen, held = np.mean(found, axis=0)
    assert as_seen > 0.08
    assert held <= 0.075


def test_a_past_that_explains_nearly_all_does_not_make_the_baseline_known() -> None:
    """The mean past that both arms are held to has an error of its own; taken for known, .2 passed."""
    rng, found = np.random.default_rng(2), []
    for _ in range(250):
        past = rng.normal(5, 1, (2, 100))
        now = np.array([[0.0], [2.5]]) + past + rng.normal(0, 0.25, (2, 100))
        found.append(passing(Arms(*now), past=Arms(*past)))
    as_seen, held = np.mean(found, axis=0)
    assert as_seen > 0.15
    assert held <= 0.075
