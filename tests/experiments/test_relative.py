"""A margin that is a share of the baseline is held with the baseline's own error: by Fieller's t, as SciPy has it."""

import numpy as np
import pytest
from scipy import stats

from tests.experiments.made import RIGHT, plan, results
from workbench.experiments.analysis import analyse
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.relative import Paired, against_baseline
from workbench.experiments.tested import Bounds, of_means
from workbench.stats.means import t_test

A_TENTH = Amount(0.1, is_relative=True)
COST = Metric(
    name="cost",
    role="guardrail",
    direction=-1,
    kind="positive",
    estimand="mean_difference",
    margin=A_TENTH,
    mwe=A_TENTH,
)
RNG = np.random.default_rng(3)
BEFORE = RNG.lognormal(0, 1, 40)
AFTER = BEFORE * RNG.lognormal(0.02, 0.2, 40)


def estimate(metric: Metric, before: list[float], after: list[float]) -> Estimate:
    frame = results(before, after, metric=metric.name)
    made = plan(RIGHT, metric)
    return next(one for one in analyse(made, frame).estimates if one.metric == metric.name)


def test_it_is_the_t_test_of_the_candidate_less_that_share_of_the_baseline() -> None:
    one = estimate(COST, BEFORE.tolist(), AFTER.tolist())
    held = stats.ttest_1samp(1.1 * BEFORE - AFTER, 0, alternative="greater").pvalue
    assert one.p_non_inferior == pytest.approx(held, abs=1e-9)
    assert one.p_beyond == pytest.approx(1 - held, abs=1e-9)
    useless = stats.ttest_1samp(0.9 * BEFORE - AFTER, 0, alternative="less").pvalue
    assert one.p_useless == pytest.approx(useless, abs=1e-9)
    assert one.margin == pytest.approx(0.1 * BEFORE.mean())


def test_the_margin_that_would_do_is_where_that_test_reaches_its_level() -> None:
    one = estimate(COST, BEFORE.tolist(), AFTER.tolist())
    share = one.shown_margin / BEFORE.mean()
    held = stats.ttest_1samp((1 + share) * BEFORE - AFTER, 0, alternative="greater").pvalue
    assert held == pytest.approx(0.05, abs=1e-6)


def test_gains_where_more_is_better_and_a_bounded_score_are_held_likewise() -> None:
    """Of three trials, in thirds; with two pseudo-cases at the ends of what a score can change by."""
    score = Metric(name="score", role="guardrail", kind="bounded", range=(0, 1), margin=A_TENTH)
    before = RNG.integers(0, 4, 30) / 3
    after = np.clip(before + RNG.integers(-1, 2, 30) / 3, 0, 1)
    one = estimate(score, before.tolist(), after.tolist())
    held = np.concatenate([after - 0.9 * before, [1, -1]])
    assert one.p_non_inferior == pytest.approx(stats.ttest_1samp(held, 0, alternative="greater").pvalue, abs=1e-9)


def test_absolute_bounds_stay_as_they_were() -> None:
    plain = of_means(BEFORE - AFTER, Bounds(0.2, 0.1, 0.9), of="cases", largest=None)
    metric = Metric(
        name="cost", role="guardrail", direction=-1, kind="positive", estimand="mean_difference", margin=Amount(0.2)
    )
    assert against_baseline(plain, Paired(BEFORE - AFTER, BEFORE), metric, level=0.9, largest=None) == plain


def test_a_candidate_dearer_by_exactly_the_margin_passes_one_time_in_twenty_and_not_in_four() -> None:
    """Costs are skewed, and the candidate's are all higher by the same: against the mean that was seen, .26 passed."""
    rng, runs, n = np.random.default_rng(1), 4_000, 100
    true_mean = np.exp(0.5 + 0.02**2 / 2)
    alike = rng.lognormal(0, 1, (runs, n))
    before = alike * rng.lognormal(0, 0.02, (runs, n))
    after = alike * rng.lognormal(0, 0.02, (runs, n)) + 0.1 * true_mean
    as_seen = t_test(before - after, than=-0.1 * before.mean(axis=1)) <= 0.05
    assert 0.23 < as_seen.mean() < 0.29
    bounds = Bounds(0.1, None, 0.9)
    passed = [
        against_baseline(
            of_means(one - other, bounds, of="cases", largest=None),
            Paired(one - other, one),
            Metric(name="c", role="guardrail", direction=-1, kind="count", margin=A_TENTH),
            level=0.9,
            largest=None,
        ).p_non_inferior
        for one, other in zip(before[:400], after[:400], strict=True)
    ]
    assert np.mean(np.array(passed, float) <= 0.05) <= 0.05


@pytest.mark.parametrize("keeps", [0.0, 0.9])
def test_a_share_of_failures_higher_by_exactly_the_margin_passes_one_time_in_twenty(keeps: float) -> None:
    """Thirty in a hundred fail, 45 may: against the share that was seen, by Tango's score, .07 to .11 passed."""
    metric = Metric(name="fails", role="guardrail", direction=-1, margin=Amount(0.5, is_relative=True))
    rng, runs, n = np.random.default_rng(5), 300, 60
    alike, own = rng.random((runs, n)), rng.random((runs, n))
    before = (alike < 0.3).astype(float)
    after = (np.where(rng.random((runs, n)) < keeps, alike, own) < 0.45).astype(float)
    found = [estimate(metric, one.tolist(), other.tolist()) for one, other in zip(before, after, strict=True)]
    assert np.mean([one.p_non_inferior is not None and one.p_non_inferior <= 0.05 for one in found]) <= 0.055
