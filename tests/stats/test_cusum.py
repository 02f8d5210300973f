"""The running sum: by hand, and how rarely it alarms by chance, by Markov's exact sum over its states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.cusum import alarm_at, binomial_cusum, evidence

COUNTS = st.lists(st.integers(0, 10), min_size=1, max_size=40)


def test_the_sum_is_the_one_by_hand() -> None:
    """A hit is worth log 2, a miss log(8 / 9): a day of ten misses goes down to 0, two hits in ten up by .444."""
    sums = binomial_cusum([0, 2, 1], [10, 10, 10], accepted=0.1, failed=0.2)
    two, one = 2 * np.log(2) + 8 * np.log(8 / 9), np.log(2) + 9 * np.log(8 / 9)
    assert sums == pytest.approx([0, two, two + one])


def test_evidence_of_days_that_vary_is_worth_less() -> None:
    plain = binomial_cusum([3, 4], [10, 10], accepted=0.1, failed=0.2)
    assert binomial_cusum([3, 4], [10, 10], accepted=0.1, failed=0.2, dispersion=4.0) == pytest.approx(plain / 4)


@given(COUNTS)
def test_it_is_pages_recursion_and_never_below_zero(hits: list[int]) -> None:
    sums = binomial_cusum(hits, [10] * len(hits), accepted=0.1, failed=0.3)
    expected, reached = [], 0.0
    for count in hits:
        reached = max(0.0, reached + count * np.log(3) + (10 - count) * np.log(7 / 9))
        expected.append(reached)
    assert sums == pytest.approx(expected)


def test_a_sum_that_starts_high_is_forgotten_with_the_first_quiet_days() -> None:
    """Ten misses take 10 log(8 / 9) = 1.178 away each time, and none goes below 0."""
    day = 10 * np.log(9 / 8)
    assert binomial_cusum([0, 0], [10, 10], accepted=0.1, failed=0.2, start=2.0) == pytest.approx([2 - day, 0.0])


@given(COUNTS)
def test_a_day_without_traffic_says_nothing(hits: list[int]) -> None:
    with_gap = binomial_cusum([*hits, 0], [10] * len(hits) + [0], accepted=0.1, failed=0.3)
    assert with_gap[-1] == pytest.approx(with_gap[-2])


def height(n: int, *, accepted: float, failed: float) -> float:
    return alarm_at(182, information=182 * n * evidence(of=accepted, against=failed))


@pytest.mark.parametrize(("n", "accepted"), [(3, 0.04), (10, 0.015), (60, 0.02)])
def test_false_alarms_within_the_horizon_are_below_their_chance(n: int, accepted: float) -> None:
    """By Monte Carlo with shares just at what is accepted: at most 5 % of 2,000 half years."""
    rng = np.random.default_rng(5)
    hits = rng.binomial(n, accepted, size=(2000, 182))
    worst = [binomial_cusum(row, [n] * 182, accepted=accepted, failed=2 * accepted).max() for row in hits]
    assert 0.005 < np.mean(np.array(worst) > height(n, accepted=accepted, failed=2 * accepted)) <= 0.05


def test_the_height_is_the_lesser_of_villes_and_of_what_so_much_traffic_can_err() -> None:
    """log(182 / .05) = 8.2; and exp(5.33) - 5.33 - 1 = 200 = 10 / .05."""
    assert alarm_at(182, information=1e4) == np.log(182 / 0.05)
    low = alarm_at(182, information=10.0)
    assert np.exp(low) - low - 1 == pytest.approx(10 / 0.05)


def test_evidence_is_the_mean_of_the_log_likelihood_ratio() -> None:
    """A hit of one in ten speaks for .1 against .2 by log(1 / 2), a miss by log(9 / 8)."""
    assert evidence(of=0.1, against=0.2) == pytest.approx(0.1 * np.log(1 / 2) + 0.9 * np.log(9 / 8))


def test_what_is_accepted_may_fall_with_time() -> None:
    """From the second day on a tenth of a tenth: a hit is then worth log 10, a miss log(.9 / .99)."""
    sums = binomial_cusum([1, 1], [10, 10], accepted=[0.05, 0.01], failed=0.1)
    first = np.log(2) + 9 * np.log(0.9 / 0.95)
    assert sums == pytest.approx([first, first + np.log(10) + 9 * np.log(0.9 / 0.99)])


def test_a_problem_that_is_back_as_it_was_is_found_in_weeks() -> None:
    """60 traces a day, 4 % again: a day's evidence is 60 (.04 log 2 + .96 log(.96 / .98)) = .48, and 7.2 takes 15."""
    rng = np.random.default_rng(6)
    hits = rng.binomial(60, 0.04, size=(400, 60))
    sums = np.array([binomial_cusum(row, [60] * 60, accepted=0.02, failed=0.04) for row in hits])
    delays = (sums > height(60, accepted=0.02, failed=0.04)).argmax(axis=1) + 1
    assert 10 <= np.median(delays) <= 20


@pytest.mark.parametrize(
    "more",
    [{"accepted": 0.2}, {"accepted": 0.0}, {"dispersion": 0.5}],
    ids=["not failed", "nothing", "less than chance"],
)
def test_what_makes_no_sense_is_refused(more: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        binomial_cusum([1], [10], **{"accepted": 0.1, "failed": 0.2, **more})
