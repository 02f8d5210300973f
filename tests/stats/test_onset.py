"""Onset: the step is where it was planted, its p is an exact bound that counts the search, and noise rarely has one."""

from math import comb

import numpy as np
import pytest

from workbench.stats.onset import find_onset


def test_a_step_is_found_where_it_begins_with_the_p_of_a_hand_count() -> None:
    """Nine hits among twenty units, all in the last ten: the tail is one table, and 19 steps were possible."""
    onset = find_onset([0] * 10 + [1] * 9 + [0], [1] * 20)
    assert onset is not None
    assert (onset.at, onset.low, onset.high) == (10, 10, 10)
    assert onset.p_value == pytest.approx(19 * comb(10, 9) / comb(20, 9), rel=1e-9)


def test_a_rate_that_falls_or_stays_has_no_onset() -> None:
    assert find_onset([9, 9, 0, 0], [10] * 4) is None
    assert find_onset([0, 0, 0], [10] * 3) is None
    assert find_onset([5], [10]) is None
    assert find_onset([], []) is None


def test_empty_bins_are_no_steps() -> None:
    onset = find_onset([0, 0, 5, 0], [10, 0, 10, 0])
    assert onset is not None
    assert onset.p_value == pytest.approx(2 * comb(10, 5) / comb(20, 5), rel=1e-9)


def test_the_interval_holds_the_true_step_nearly_always() -> None:
    """100 worlds of 24 bins, a rate of 2 % that becomes 12 % in bin 9."""
    rng = np.random.default_rng(3)
    rates = np.where(np.arange(24) < 9, 0.02, 0.12)
    onsets = [find_onset(rng.binomial(60, rates), np.full(24, 60)) for _ in range(100)]
    assert sum(onset is not None and onset.low <= 9 <= onset.high for onset in onsets) >= 93


def test_noise_has_an_onset_in_at_most_one_run_of_twenty() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(300):
        n = rng.integers(5, 50, 24)
        onset = find_onset(rng.multivariate_hypergeometric(n, 40), n)
        p_values.append(1.0 if onset is None else onset.p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to n"):
        find_onset([3, 0], [2, 2])
    with pytest.raises(ValueError, match="of one dimension"):
        find_onset([1, 0], [2])
