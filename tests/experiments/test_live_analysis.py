"""Estimates of live traffic: SciPy, tea-tasting and hand sums on the same users."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import tea_tasting
from scipy.stats import norm, ttest_ind

from tests.experiments.live_made import BY_TRACE, BY_USER, RIGHT, live_plan, traffic
from tests.experiments.made import NOON
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric, Unit
from workbench.experiments.outlook import outlook

RNG = np.random.default_rng(5)
LATENCY = Metric(
    name="right", role="target", direction=-1, kind="positive", mwe=Amount(0.0, is_relative=True), **BY_USER
)
SCORE = Metric(name="right", role="target", kind="bounded", range=(-20, 20), mwe=Amount(0.0), **BY_USER)
SHARE = Metric(name="right", role="target", mwe=Amount(0.0), margin=Amount(0.1), **BY_TRACE)
COST = Metric(name="right", role="target", kind="ratio", mwe=Amount(0.0, is_relative=True), **BY_TRACE)


def estimate(metric: Metric, frame: pl.DataFrame, *, before: pl.DataFrame | None = None) -> Estimate:
    found = analyse(live_plan(metric), frame, before=before)
    assert found.faults == ()
    return found.estimates[0]


def test_each_user_counts_once_and_welch_is_scipys() -> None:
    """Means of users are 1, 1/2, 0 and 1, 1, 2/3, 0, though the candidate's first user came four times."""
    one = estimate(RIGHT, traffic([[1], [1, 0], [0]], [[1, 1, 1, 1], [1], [1, 1, 0], [0]]))
    means = [1, 1 / 2, 0], [1, 1, 2 / 3, 0]
    theirs = ttest_ind(means[1], means[0], equal_var=False)
    assert (one.n_cases, one.n_units) == (7, 7)
    assert (one.baseline, one.candidate, one.difference) == pytest.approx((1 / 2, 2 / 3, 1 / 6))
    assert one.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (one.low, one.high) == pytest.approx(tuple(theirs.confidence_interval(0.9)), rel=1e-9)
    assert one.p_superior == pytest.approx(theirs.pvalue / 2, rel=1e-9)
    assert one.p_worse == pytest.approx(1 - theirs.pvalue / 2, rel=1e-9)


def test_margins_and_worthwhile_effects_are_tested_as_shifts() -> None:
    old, new = RNG.normal(5, 1, 30), RNG.normal(5.2, 2, 40)
    metric = replace(SCORE, mwe=Amount(1.0), margin=Amount(0.5))
    one = estimate(metric, traffic([[value] for value in old], [[value] for value in new]))
    for p, shift, side in (
        (one.p_non_inferior, 0.5, "greater"),
        (one.p_beyond, 0.5, "less"),
        (one.p_useless, -1.0, "less"),
    ):
        theirs = ttest_ind(new + shift, old, equal_var=False, alternative=side)
        assert p == pytest.approx(theirs.pvalue, rel=1e-9)
    error = np.sqrt(old.var(ddof=1) / 30 + new.var(ddof=1) / 40)
    assert one.deviation / np.sqrt(one.n_units) == pytest.approx(error)


def test_users_who_all_passed_show_a_margin_where_they_are_many() -> None:
    """Without any spread the test said 1: a guardrail that nobody ever broke could never be shown to hold."""
    metric = replace(RIGHT, margin=Amount(0.1))
    for n, is_shown in ((10, False), (80, True)):
        one = estimate(metric, traffic([[1]] * n, [[1]] * n))
        held = np.array([1.0] * n + [0.0, 1.0])
        theirs = ttest_ind(held + 0.1, held, equal_var=False, alternative="greater").pvalue
        assert one.p_non_inferior == pytest.approx(theirs, rel=1e-9)
        assert (theirs < 0.05) == is_shown
        assert one.p_superior == one.p_worse == 1.0
        share = estimate(replace(metric, **BY_TRACE), traffic([[1, 1]] * n, [[1, 1]] * n))
        assert (share.p_non_inferior is not None and share.p_non_inferior < 0.05) == is_shown


def test_what_is_known_from_before_takes_out_noise_as_in_tea_tasting() -> None:
    past = RNG.normal(5, 2, 40), RNG.normal(5, 2, 55)
    now = past[0] + RNG.normal(0, 0.5, 40), past[1] + 0.3 + RNG.normal(0, 0.9, 55)
    frame, before = (traffic(*([[value] for value in arm] for arm in arms)) for arms in (now, past))
    one = estimate(SCORE, frame, before=before)
    data = pa.table({"variant": [0] * 40 + [1] * 55, "value": np.concatenate(now), "past": np.concatenate(past)})
    mean = tea_tasting.Mean("value", covariate="past", alternative="greater", confidence_level=0.95)
    theirs = tea_tasting.Experiment(value=mean).analyze(data)["value"]
    assert one.p_superior == pytest.approx(theirs.pvalue, rel=1e-9)
    assert one.gain_low == pytest.approx(theirs.effect_size_ci_lower, rel=1e-9)
    assert one.candidate - one.baseline == pytest.approx(theirs.effect_size, rel=1e-9)
    assert "the past of 95 of 95 users" in one.method
    assert one.deviation < estimate(SCORE, frame).deviation / 2


def test_users_without_a_past_and_pasts_of_few_change_nothing() -> None:
    frame = traffic([[0], [1], [2]] * 4, [[1], [2], [4]] * 4)
    few = traffic([[1]] * 4, [[3]] * 5)
    assert estimate(SCORE, frame, before=few) == estimate(SCORE, frame)
    same = traffic([[1]] * 12, [[1]] * 12)
    assert estimate(SCORE, frame, before=same).difference == pytest.approx(4 / 3)


def test_a_share_of_traces_is_a_ratio_with_users_as_units() -> None:
    """Baseline 3 of 9 traces, candidate 9 of 12; of all 20 ways to split six users none is as good."""
    baseline, candidate = [(1, 4), (1, 3), (1, 2)], [(3, 4), (3, 4), (3, 4)]
    one = estimate(SHARE, traffic(*([[1.0] * k + [0.0] * (n - k) for k, n in arm] for arm in (baseline, candidate))))
    assert (one.baseline, one.candidate, one.difference) == pytest.approx((3 / 9, 9 / 12, 9 / 12 - 3 / 9))
    n_ways = len(list(combinations(range(6), 3)))
    assert one.p_superior == pytest.approx(1 / n_ways, abs=0.01)
    assert one.p_worse > 0.9
    assert "permutation of users" in one.method
    assert one.n_units == 6


def test_a_ratio_over_many_users_is_nearly_tea_tastings() -> None:
    """Theirs is the delta method, of which the jackknife is the exact form."""
    n = RNG.integers(1, 12, (2, 300))
    failed = RNG.binomial(n, [[0.30], [0.36]])
    frame = traffic(
        *([[1.0] * k + [0.0] * (m - k) for k, m in zip(*arm, strict=True)] for arm in zip(failed, n, strict=True))
    )
    one = estimate(SHARE, frame)
    data = pa.table({"variant": [0] * 300 + [1] * 300, "k": failed.ravel(), "n": n.ravel()})
    theirs = tea_tasting.Experiment(share=tea_tasting.RatioOfMeans("k", "n", alternative="greater")).analyze(data)
    assert one.difference == pytest.approx(theirs["share"].effect_size, rel=1e-9)
    assert one.p_superior == pytest.approx(theirs["share"].pvalue, rel=0.05)
    assert "t test" in one.method


def test_the_geometric_mean_of_a_latency_is_over_users_and_less_is_better() -> None:
    """Logarithms of users' latencies are 1, 2, 3 and 0, 1, 2: a factor of 1 / e."""
    old, new = ([[float(np.exp(value))] for value in arm] for arm in ([1, 2, 3], [0, 1, 2]))
    one = estimate(LATENCY, traffic(old, new))
    assert (one.baseline, one.candidate) == pytest.approx((np.exp(2), np.exp(1)))
    assert one.difference == pytest.approx(1 / np.exp(1) - 1)
    assert one.p_superior == pytest.approx(ttest_ind([1, 2, 3], [0, 1, 2], alternative="greater").pvalue)
    assert one.low < one.difference < one.high


@pytest.mark.parametrize("chain", [("trace", "user"), ("trace",)])
def test_a_ratio_of_means_is_tested_by_its_logarithm(chain: tuple[Unit, ...]) -> None:
    """Costs of users with one trace each: the mean falls from 4 to 2, and variances of means are those of samples."""
    metric = replace(COST, direction=-1, margin=Amount(0.5, is_relative=True), unit_chain=chain)
    old, new = np.array([3.0, 4.0, 5.0] * 80), np.array([1.0, 2.0, 3.0] * 80)
    one = estimate(metric, traffic([[value] for value in old], [[value] for value in new]))
    error = np.sqrt(old.var(ddof=1) / 240 / 4**2 + new.var(ddof=1) / 240 / 2**2)
    assert (one.baseline, one.candidate, one.difference) == pytest.approx((4, 2, -0.5))
    assert one.gain == pytest.approx(np.log(2))
    assert one.gain_low == pytest.approx(np.log(2) - norm.ppf(0.95) * error, abs=2e-4)
    assert one.p_superior < 1e-6
    assert one.p_useless == pytest.approx(1)


def test_few_users_with_a_ratio_of_means_are_permuted_against_the_margin() -> None:
    """Costs that double are beyond a margin of a half, and nothing is shown of one that they just reach."""
    old, new = [[1.0], [2.0], [3.0]] * 10, [[2.0], [4.0], [6.0]] * 10
    found = {
        margin: estimate(replace(COST, direction=-1, margin=Amount(margin, is_relative=True)), traffic(old, new))
        for margin in (0.5, 1.0)
    }
    assert (found[0.5].p_beyond or 1) < 0.05
    assert found[1.0].p_beyond == pytest.approx(0.5, abs=0.1)
    assert found[1.0].p_non_inferior == pytest.approx(0.5, abs=0.1)


def test_a_failure_is_the_worst_and_a_trial_is_averaged_within_its_case() -> None:
    """The candidate's users: an error and a yes; a yes. Then two turns of one trace, one of them right."""
    one = estimate(RIGHT, traffic([[1], [1]], [["error", 1], [1], ["missing", 1]]))
    assert one.candidate == pytest.approx((0.5 + 1 + 1) / 3)
    assert one.n_failed == 1
    turns = traffic([[0], [1]], [[1, 0, 1], [1]]).with_columns(
        case_id=pl.when(pl.col("case_id").is_in(["usr_c0000-0", "usr_c0000-1"]))
        .then(pl.lit("trace"))
        .otherwise("case_id"),
        trial=pl.when(pl.col("case_id") == "usr_c0000-1").then(1).otherwise("trial").cast(pl.Int64),
    )
    assert estimate(RIGHT, turns).candidate == pytest.approx((3 / 4 + 1) / 2)


def test_the_order_of_rows_does_not_matter() -> None:
    frame = traffic([[value, 0.1] for value in RNG.random(20)], [[value, 0.3] for value in RNG.random(25)])
    assert estimate(SCORE, frame.sample(fraction=1, shuffle=True, seed=1)) == estimate(SCORE, frame)


def test_an_arm_of_one_user_is_a_fault() -> None:
    found = analyse(live_plan(), traffic([[1], [0]], [[1, 1]]))
    assert found.faults == ("right: 1 users of the candidate have a value, must be 2",)
    empty = analyse(live_plan(COST), traffic([[0], [0]], [[1], [1]]))
    assert empty.faults == ("right: a mean is 0, a ratio of means has none",)


def test_a_look_has_its_own_level_and_one_decision_serves_live_traffic() -> None:
    """A p of .03 ships at the end, and not half way, where O'Brien and Fleming want .0056."""
    made = live_plan(n_cases=200, looks=(0.5, 1.0))
    frame = traffic([[1]] * 20 + [[0]] * 30, [[1]] * 30 + [[0]] * 20)
    p = ttest_ind([1] * 30 + [0] * 20, [1] * 20 + [0] * 30, equal_var=False, alternative="greater").pvalue
    assert 0.0056 < p < 0.0482
    half, whole = (decide(made, analyse(made, frame, look=look), faults=(), now=NOON, look=look) for look in (0.5, 1.0))
    assert (half.decision, whole.decision) == ("inconclusive", "ship")
    assert half.settle[0].words.split(", ")[0].endswith("users")
    assert half.reasons[-1] == "the plan goes on: 200 users are planned"


def test_what_users_can_show_is_not_taken_from_what_the_same_cases_do() -> None:
    """Of users in one arm each nobody knows the spread before; with 1 it takes (2.9264 / .25)^2 of them."""
    made = live_plan(replace(RIGHT, mwe=Amount(0.25)))
    (unknown,) = outlook(made)
    assert (unknown.floor, unknown.n_needed) == (None, None)
    assert "what 100 users can show is not known" in unknown.words
    (known,) = outlook(made, deviations={"right": 1.0})
    assert known.n_needed == pytest.approx((2.9264 / 0.25) ** 2, abs=1)
    assert known.words.endswith(f"{known.n_needed} users are needed for a gain of 25.0 points")


def test_a_plan_of_live_traffic_says_what_it_cannot_be() -> None:
    for metric, words in (
        (replace(RIGHT, randomised_by="session", unit_chain=("trace",)), "a flag assigns users"),
        (replace(RIGHT, unit_chain=("turn", "trace", "session", "user")), "must have 2 below the user"),
        (replace(LATENCY, estimand="quantile"), "a quantile needs independent cases"),
    ):
        with pytest.raises(ValueError, match=words):
            live_plan(metric)
    for given in ({"holdout_id": "hold_1"}, {"n_trials": 2}, {"candidate_share": 1.0}):
        with pytest.raises(ValueError, match=r"live traffic has neither|above 0 and below 1"):
            live_plan(**given)
