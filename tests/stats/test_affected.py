"""Whom a problem reaches, counted by hand where all is known, and by the binomial where it is not."""

import numpy as np
import pytest

from workbench.stats.affected import Affected, draw_affected

RNG = np.random.default_rng


def drawn(chances: list[float], *, item: list[int], session: list[int], user: list[int], n: int = 1) -> Affected:
    """Return draws where users 0, 1, 2, ... are of class 0, 1, 0, 1, ..."""
    classes = np.arange(max(user) + 1) % 2
    whole = np.tile(chances, (n, 1))
    return draw_affected(whole, item=item, session=session, user=user, user_class=classes, n_classes=2, rng=RNG(1))


def test_what_is_known_is_counted() -> None:
    """Three users, four visits, six traces: two of the first user's visits and one of the third's have a right one."""
    told = drawn([1, 0, 1, 0, 0, 1], item=[0, 1, 2, 3, 4, 5], session=[0, 0, 1, 2, 3, 3], user=[0, 0, 0, 1, 2, 2])
    assert told.users.tolist() == [[2, 0]]
    assert told.sessions.tolist() == [3]


def test_the_order_of_the_traces_does_not_matter() -> None:
    told = drawn([1, 0, 1, 0, 0, 1], item=[5, 3, 0, 2, 4, 1], session=[3, 2, 0, 1, 3, 0], user=[2, 1, 0, 0, 2, 0])
    assert told.users.tolist() == [[2, 0]]
    assert told.sessions.tolist() == [3]


def test_a_user_with_many_traces_is_reached_more_surely() -> None:
    """1 - (1 - p) ** m by the binomial: .3 for one trace, .657 for three."""
    told = drawn([0.3] * 4, item=[0, 1, 2, 3], session=[0, 1, 1, 1], user=[0, 1, 1, 1], n=40_000)
    # four standard errors of a share over 40,000 draws are at most .01
    assert told.users.mean(axis=0) == pytest.approx([0.3, 1 - 0.7**3], abs=0.01)


def test_copies_are_right_together_or_not_at_all() -> None:
    """Two users with a copy each: both or neither; an interval of independent ones would be too short."""
    told = drawn([0.5], item=[0, 0], session=[0, 1], user=[0, 2], n=1_000)
    assert set(told.users[:, 0]) == {0, 2}


def test_many_draws_are_the_same_as_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn([1, 0, 1], item=[0, 1, 2], session=[0, 1, 2], user=[0, 1, 2], n=50)
    monkeypatch.setattr("workbench.stats.affected._AT_A_TIME", 7)
    parted = drawn([1, 0, 1], item=[0, 1, 2], session=[0, 1, 2], user=[0, 1, 2], n=50)
    assert whole.users.tolist() == parted.users.tolist() == [[2, 0]] * 50


def test_nothing_reaches_nobody() -> None:
    told = draw_affected(np.zeros((3, 0)), item=[], session=[], user=[], user_class=[], n_classes=2, rng=RNG(1))
    assert told.users.tolist() == [[0, 0]] * 3
    assert told.sessions.tolist() == [0, 0, 0]
