"""The running sum: by hand, and how rarely it alarms by chance, by Markov's exact sum over its states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats.cusum import alarm_at, binomial_cusum

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


@given(COUNTS)
def test_a_day_without_traffic_says_nothing(hits: list[int]) -> None:
    with_gap = binomial_cusum([*hits, 0], [10] * len(hits) + [0], accepted=0.1, failed=0.3)
    assert with_gap[-1] == pytest.approx(with_gap[-2])


def test_false_alarms_within_the_horizon_are_below_their_chance() -> None:
    """By Monte Carlo with shares just at what is accepted: at most 5 % of 2,000 half years; the bound is Ville's."""
    rng = np.random.default_rng(5)
    hits = rng.binomial(60, 0.02, size=(2000, 182))
    worst = [binomial_cusum(row, [60] * 182, accepted=0.02, failed=0.04).max() for row in hits]
    assert np.mean(np.array(worst) > alarm_at(182)) <= 0.05


def test_a_problem_that_is_back_as_it_was_is_found_in_weeks() -> None:
    """60 traces a day, 4 % again: a day's evidence is 60 (.04 log 2 + .96 log(.96 / .98)) = .48, and 8.2 takes 17."""
    rng = np.random.default_rng(6)
    hits = rng.binomial(60, 0.04, size=(400, 60))
    sums = np.array([binomial_cusum(row, [60] * 60, accepted=0.02, failed=0.04) for row in hits])
    delays = (sums > alarm_at(182)).argmax(axis=1) + 1
    assert 12 <= np.median(delays) <= 22


@pytest.mark.parametrize(
    "more",
    [{"accepted": 0.2}, {"accepted": 0.0}, {"dispersion": 0.5}],
    ids=["not failed", "nothing", "less than chance"],
)
def test_what_makes_no_sense_is_refused(more: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        binomial_cusum([1], [10], **{"accepted": 0.1, "failed": 0.2, **more})
