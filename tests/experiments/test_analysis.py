"""Estimates on data that is counted by hand, with SciPy and statsmodels as witnesses of every number."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from tests.experiments.made import RIGHT, counted, plan, results, rows, table
from workbench.experiments.analysis import analyse
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric

SCORE = Metric(
    name="right", role="target", kind="bounded", range=(0.0, 1.0), mwe=Amount(0.1), margin=Amount(0.2), missing="fail"
)
LATENCY = Metric(
    name="right",
    role="guardrail",
    direction=-1,
    kind="positive",
    margin=Amount(0.1, is_relative=True),
    on_worse="allow_within_margin",
)
TARGET = Metric(name="other", role="target", mwe=Amount(0.0))


def estimate(metric: Metric, frame: pl.DataFrame) -> Estimate:
    """Return the estimate of one metric; a guardrail has a target beside it, which has no results."""
    found = analyse(plan(metric) if metric.role == "target" else plan(metric, TARGET), frame)
    return found.estimates[0]


def faults(metric: Metric, frame: pl.DataFrame) -> tuple[str, ...]:
    return analyse(plan(metric), frame).faults


def test_wins_and_losses_are_counted_and_mcnemar_is_that_of_statsmodels() -> None:
    """Six of 20 fixed, three broken, seven right in both: 10 and 13 right."""
    one = estimate(
        Metric(name="right", role="target", mwe=Amount(0.0), margin=Amount(0.1)), counted(6, 3, 20, n_right=7)
    )
    assert (one.n_cases, one.n_trials, one.n_fixed, one.n_broken) == (20, 1, 6, 3)
    assert (one.baseline, one.candidate, one.difference) == pytest.approx((10 / 20, 13 / 20, 3 / 20))
    assert one.p == pytest.approx(mcnemar([[7, 3], [6, 4]], exact=True).pvalue)
    mid = stats.binom.sf(5, 9, 0.5) - stats.binom.pmf(6, 9, 0.5) / 2
    assert (one.p_superior, one.p_worse) == pytest.approx((mid, 1 - mid))
    assert one.low < 3 / 20 < one.high


def test_less_is_better_where_the_metric_says_so() -> None:
    wrong = Metric(name="right", role="target", direction=-1, mwe=Amount(0.0))
    one, other = estimate(RIGHT, counted(6, 3, 20)), estimate(wrong, counted(6, 3, 20))
    assert (other.n_fixed, other.n_broken) == (3, 6)
    assert (other.difference, other.low, other.high) == pytest.approx((one.difference, one.low, one.high))
    assert other.p_worse == one.p_superior
    assert other.gain == -one.gain


def test_an_errored_case_is_a_failure_and_never_dropped() -> None:
    """All four pass in the baseline; the candidate passes two, breaks one, and says nothing of the fourth."""
    frame = results([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, "error", "missing"])
    one = estimate(RIGHT, frame)
    assert (one.n_cases, one.candidate, one.n_broken, one.n_failed) == (3, 2 / 3, 1, 1)
    strict = Metric(name="right", role="target", mwe=Amount(0.0), missing="fail")
    other = estimate(strict, frame)
    assert (other.n_cases, other.candidate, other.n_broken, other.n_failed) == (4, 2 / 4, 2, 2)


def test_a_case_without_any_row_is_a_failure_where_missing_is_one() -> None:
    frame = results([1.0, 1.0, 1.0], [1.0, 1.0, None])
    assert estimate(RIGHT, frame).n_cases == 2
    strict = Metric(name="right", role="target", mwe=Amount(0.0), missing="fail")
    assert (estimate(strict, frame).candidate, estimate(strict, frame).n_failed) == (2 / 3, 1)


def test_trials_are_averaged_before_cases_are_compared() -> None:
    """Case 0 passes 1 of 2 and 2 of 2, case 1 passes 0 of 2 and 1 of 2, case 2 passes both in both arms."""
    frame = table(
        rows("baseline", [1.0, 0.0, 1.0]),
        rows("baseline", [0.0, 0.0, 1.0], trial=1),
        rows("candidate", [1.0, 1.0, 1.0]),
        rows("candidate", [1.0, 0.0, 1.0], trial=1),
    )
    one = estimate(RIGHT, frame)
    assert (one.n_cases, one.n_trials, one.n_fixed, one.n_broken) == (3, 2, 2, 0)
    assert (one.baseline, one.candidate) == pytest.approx((1.5 / 3, 2.5 / 3))
    assert one.p_superior == 1 / 4  # two cases rose, of the four ways their signs could fall
    assert one.within == pytest.approx((0.5 / 2 + 0.0 + 0.0 + 0.5 / 2 + 0.0 + 0.0) / 3)


def test_scores_are_tested_by_scipys_paired_t() -> None:
    rng = np.random.default_rng(3)
    before = rng.uniform(0, 1, 40)
    after = np.clip(before + rng.normal(0.03, 0.1, 40), 0, 1)
    one = estimate(SCORE, results(before.tolist(), after.tolist()))
    told = stats.ttest_rel(after, before)
    assert one.p == pytest.approx(told.pvalue, abs=1e-9)
    assert one.p_superior == pytest.approx(stats.ttest_rel(after, before, alternative="greater").pvalue, abs=1e-9)
    assert (one.low, one.high) == pytest.approx(tuple(told.confidence_interval(0.9)), abs=1e-9)
    with_two = np.append(after - before, [1.0, -1.0])
    assert one.p_non_inferior == pytest.approx(
        stats.ttest_1samp(with_two, -0.2, alternative="greater").pvalue, abs=1e-9
    )
    assert one.p_useless == pytest.approx(stats.ttest_1samp(with_two, 0.1, alternative="less").pvalue, abs=1e-9)
    assert one.p_beyond == pytest.approx(stats.ttest_1samp(after - before, -0.2, alternative="less").pvalue, abs=1e-9)


def test_cases_of_the_same_user_are_one_unit() -> None:
    """Two users of many equal cases are two units, whatever the number of cases."""
    users = ["ann"] * 10 + ["ben"] * 10 + ["cem"] * 2
    frame = results([0.0] * 22, [1.0] * 10 + [0.0] * 12, users=users)
    one = estimate(RIGHT, frame)
    assert (one.n_cases, one.n_units, one.n_fixed) == (22, 3, 10)
    assert one.difference == pytest.approx(1 / 3)
    assert one.p_superior == 1 / 2  # one of three users differs
    low, high = stats.t.interval(0.9, 2, 1 / 3, np.std([1, 0, 0], ddof=1) / 3**0.5)
    assert (one.low, one.high) == pytest.approx((low, high))


def test_latency_is_a_geometric_ratio_by_scipys_t_on_logarithms() -> None:
    rng = np.random.default_rng(5)
    before = rng.lognormal(7, 1, 50)
    after = before * rng.lognormal(0.02, 0.1, 50)
    one = estimate(LATENCY, results(before.tolist(), after.tolist()))
    logs = np.log(after / before)
    assert one.difference == pytest.approx(np.exp(logs.mean()) - 1)
    assert one.baseline == pytest.approx(stats.gmean(before))
    assert one.p_worse == pytest.approx(stats.ttest_1samp(logs, 0, alternative="greater").pvalue, abs=1e-9)
    told = stats.ttest_1samp(logs, np.log(1.1), alternative="less")
    assert one.p_non_inferior == pytest.approx(told.pvalue, abs=1e-9)


def test_a_run_that_broke_counts_as_the_slowest_that_was_seen() -> None:
    one = estimate(LATENCY, results([10.0, 20.0, 40.0], [10.0, 20.0, "error"]))
    assert (one.candidate, one.n_failed) == pytest.approx(((10 * 20 * 40) ** (1 / 3), 1))


def test_a_ratio_of_means_is_that_of_the_sums() -> None:
    tokens = Metric(name="right", role="target", direction=-1, kind="ratio", mwe=Amount(0.0, is_relative=True))
    before, after = [100.0, 300.0, 200.0], [80.0, 250.0, 210.0]
    one = estimate(tokens, results(before, after))
    assert one.difference == pytest.approx(540 / 600 - 1)
    parts = -(np.log(540 / 600) + np.array(after) / 180 - np.array(before) / 200)
    assert one.deviation == pytest.approx(np.std(parts, ddof=1))


def test_a_relative_margin_is_a_share_of_the_baseline() -> None:
    guard = Metric(name="right", role="guardrail", margin=Amount(0.1, is_relative=True))
    one = estimate(guard, counted(0, 0, 20, n_right=10))
    assert one.margin == pytest.approx(0.1 * 10 / 20)


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = counted(6, 3, 20, n_right=7)
    assert estimate(RIGHT, frame) == estimate(RIGHT, frame.sample(fraction=1, shuffle=True, seed=1))


@pytest.mark.parametrize(
    ("metric", "before", "after", "said"),
    [
        (RIGHT, [0.0, 0.5], [1.0, 1.0], "neither 0 nor 1"),
        (SCORE, [0.0, 1.5], [1.0, 1.0], "outside of 0 to 1"),
        (RIGHT, [1.0, None], [None, 1.0], "0 cases have a value in both arms"),
        (RIGHT, [], [], "0 cases have a value in both arms"),
        (RIGHT, [float("nan"), 1.0], [1.0, 1.0], "1 cases have a value in both arms"),
    ],
)
def test_what_cannot_be_estimated_is_a_fault_and_no_number(
    metric: Metric, before: list[float], after: list[float], said: str
) -> None:
    (told,) = faults(metric, results(before, after))
    assert said in told


def test_a_time_of_zero_has_no_logarithm() -> None:
    fast = Metric(name="right", role="target", direction=-1, kind="positive", mwe=Amount(0.0, is_relative=True))
    assert "not above 0" in faults(fast, results([1.0, 0.0], [1.0, 1.0]))[0]


def test_where_interval_and_test_disagree_the_report_says_so() -> None:
    """Six cases fixed of six: sign flips give 1/64, the t interval of six equal cases has no width."""
    one = estimate(
        RIGHT,
        table(
            *(
                rows(arm, [at] * 4, trial=trial)
                for trial in (0, 1)
                for arm, at in (("baseline", 0.0), ("candidate", 1.0))
            )
        ),
    )
    assert one.p_superior == 1 / 16
    assert one.notes == ("interval and test disagree whether it is better: the test decides",)


def test_a_slow_tail_is_a_ratio_of_percentiles_by_bootstrap() -> None:
    """One case in ten takes ten times as long with the candidate: the mean hardly moves, the 95th percentile does."""
    tail = Metric(
        name="right",
        role="guardrail",
        direction=-1,
        kind="positive",
        estimand="quantile",
        margin=Amount(0.2, is_relative=True),
    )
    before = [100.0 + number for number in range(200)]
    after = [value * (10 if number % 10 == 0 else 0.9) for number, value in enumerate(before)]
    one = estimate(tail, results(before, after))
    slow, slower = (float(stats.mstats.hdquantiles(np.array(values), 0.95)[0]) for values in (before, after))
    assert (one.baseline, one.candidate) == pytest.approx((slow, slower), rel=1e-6)
    assert one.difference == pytest.approx(slower / slow - 1, rel=1e-6)
    assert one.p_worse < 0.05
    assert one.p_non_inferior is not None
    assert one.p_non_inferior > 0.9
    assert (
        "must be 100"
        in faults(replace(tail, role="target", mwe=Amount(0.0, is_relative=True)), results(before[:99], after[:99]))[0]
    )
