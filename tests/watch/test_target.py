"""How common it was and may be: hand sums."""

import pytest

from workbench.watch import before_of, target_of


def test_what_was_found_counts_as_far_as_it_was_right() -> None:
    before = before_of(1000, 40, n_right=30, n_judged=40)
    assert before.precision == pytest.approx(30.5 / 41)
    assert before.share == pytest.approx(0.04 * 30.5 / 41)
    assert target_of(before, ratio=0.25) == pytest.approx(0.01 * 30.5 / 41)


def test_where_nobody_judged_all_of_it_counts() -> None:
    assert before_of(1000, 40, n_right=0, n_judged=0).share == 0.04


def test_there_is_no_target_for_what_was_never_there() -> None:
    with pytest.raises(ValueError, match="nothing to fall from"):
        target_of(before_of(1000, 0, n_right=0, n_judged=0))
    with pytest.raises(ValueError, match="ratio == 1"):
        target_of(before_of(10, 1, n_right=0, n_judged=0), ratio=1.0)
