"""Judges put right by people: hand sums, limits that must hold, and coverage of planted truth."""

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp

from workbench.stats.judged import best_weight, prediction_powered
from workbench.stats.reported_gain import gain_given_shipped
from workbench.stats.rogan_gladen import JudgeRates, rogan_gladen_difference
from workbench.stats.welch import difference_interval, difference_test


def test_the_classical_estimate_is_the_hand_sum() -> None:
    found = prediction_powered([1, 0, 1], [1, 1, 1], judged_only=[1, 0, 0, 1], weight=1)
    assert found.value == pytest.approx(2 / 4 + (0 - 1 + 0) / 3)
    assert found.error == pytest.approx(np.sqrt((1 / 3) / 3 + (1 / 3) / 4))


def test_a_judge_not_trusted_leaves_the_t_test_of_people() -> None:
    human = np.random.default_rng(1).normal(0.2, 1, 12)
    found = prediction_powered(human, human[::-1], judged_only=[0, 1], weight=0)
    assert difference_test(found) == pytest.approx(ttest_1samp(human, 0, alternative="greater").pvalue, rel=1e-9)


def test_a_useless_judge_gets_no_weight_and_a_perfect_one_most() -> None:
    human = np.random.default_rng(2).normal(size=40)
    assert best_weight(human, np.ones(40), n_judged_only=400) == pytest.approx(30 / 100)
    assert best_weight(human, human, n_judged_only=360) == pytest.approx((40 * 360 / 400 + 30) / 100)
    many = np.tile(human, 1000)
    assert best_weight(many, -many, n_judged_only=40_000) < 0.001


def test_the_interval_covers_whatever_the_judge_is() -> None:
    """2,000 data sets of 30 labels and 300 judged: a kind judge, whose own mean is off by .15."""
    rng = np.random.default_rng(3)
    covered = wrong = 0
    for _ in range(2000):
        truth = rng.normal(0.1, 0.3, 330)
        judged = truth + 0.15 + rng.normal(0, 0.15, 330)
        low, high = difference_interval(prediction_powered(truth[:30], judged[:30], judged_only=judged[30:]))
        covered += bool(low <= 0.1 <= high)
        wrong += abs(judged.mean() - 0.1) > 0.1
    assert 0.925 <= covered / 2000 <= 0.97
    assert wrong == pytest.approx(2000, abs=40)


def test_the_interval_covers_with_thirty_labels_of_yes_and_no() -> None:
    """3,000 data sets; with the weight that fits the labels best it would be .87."""
    rng = np.random.default_rng(5)
    truth = rng.random((3000, 1000)) < 0.8
    judged = truth ^ (rng.random(truth.shape) < 0.1)
    covered = 0
    for one, other in zip(truth.astype(float), judged.astype(float), strict=True):
        low, high = difference_interval(prediction_powered(one[:30], other[:30], judged_only=other[30:]))
        covered += bool(low <= 0.8 <= high)
    assert covered / 3000 >= 0.915


def test_thirty_labels_that_agree_do_not_prove_the_judge() -> None:
    human = np.zeros(30)
    plain = prediction_powered(human, human, judged_only=[0.0] * 300, weight=1)
    guarded = prediction_powered(human, human, judged_only=[0.0] * 300, weight=1, largest=1)
    assert plain.error == 0
    assert difference_test(plain, than=-0.05) == 1
    assert guarded.error == pytest.approx(np.sqrt(8 / 31 / 32))  # of 30 zeros and ±2, which is as far as a judge can be
    assert difference_test(guarded, than=-0.05) > 0.05


def test_rogan_gladen_is_the_hand_sum() -> None:
    rates = JudgeRates(n_yes_found=18, n_yes=20, n_no_cleared=24, n_no=30)
    assert rogan_gladen_difference(20, 6, n=100, rates=rates).value == pytest.approx(0.14 / 0.7)
    assert rogan_gladen_difference(90, 0, n=100, rates=rates).value == 1


def test_a_judge_no_better_than_chance_says_nothing() -> None:
    rates = JudgeRates(n_yes_found=5, n_yes=10, n_no_cleared=5, n_no=10)
    assert np.isnan(rogan_gladen_difference(5, 1, n=10, rates=rates)).all()


def test_rogan_gladen_covers_planted_truth() -> None:
    """400 data sets: of 200 cases .25 got better and .05 worse; a judge of .85 and .9, known from 40 and 60 labels."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        rates = JudgeRates(int(rng.binomial(40, 0.85)), 40, int(rng.binomial(60, 0.9)), 60)
        passes = rng.choice([[0, 1], [1, 0], [1, 1], [0, 0]], 200, p=[0.25, 0.05, 0.35, 0.35])
        said = rng.random((200, 2)) < np.where(passes, 0.85, 0.1)
        wins, losses = int((said[:, 1] & ~said[:, 0]).sum()), int((said[:, 0] & ~said[:, 1]).sum())
        found = rogan_gladen_difference(wins, losses, n=200, rates=rates)
        covered += found.low <= 0.2 <= found.high
    assert 0.92 <= covered / 400 <= 0.985


def test_the_reported_gain_is_exceeded_half_of_the_time_among_shipped() -> None:
    found = gain_given_shipped(0.06, 0.02, least=0.033)
    chance = norm.sf(0.06, found.value, 0.02) / norm.sf(0.033, found.value, 0.02)
    assert chance == pytest.approx(0.5, rel=1e-9)
    for end, tail in ((found.low, 0.025), (found.high, 0.975)):
        assert norm.sf(0.06, end, 0.02) / norm.sf(0.033, end, 0.02) == pytest.approx(tail, rel=1e-9)


def test_a_gain_far_above_the_threshold_stays_and_one_at_it_does_not() -> None:
    assert gain_given_shipped(0.2, 0.02, least=0.033).value == pytest.approx(0.2, abs=1e-9)
    assert gain_given_shipped(0.0330001, 0.02, least=0.033).value == 0
    with pytest.raises(ValueError, match="would not have shipped"):
        gain_given_shipped(0.01, 0.02, least=0.033)


def test_wrong_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="the same cases"):
        prediction_powered([1, 0], [1, 0, 1], judged_only=[1, 0])
    with pytest.raises(ValueError, match="weight == 2"):
        prediction_powered([1, 0], [1, 0], judged_only=[1, 0], weight=2)
    with pytest.raises(ValueError, match="labelled cases"):
        rogan_gladen_difference(1, 0, n=2, rates=JudgeRates(3, 2, 1, 2))
    with pytest.raises(ValueError, match="at most n"):
        rogan_gladen_difference(2, 1, n=2, rates=JudgeRates(1, 2, 1, 2))
