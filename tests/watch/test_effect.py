"""What the change did: the best comparison that there is enough of, each with planted truth."""

from datetime import timedelta

import polars as pl
import pytest

from tests.watch.weeks import SHIP, traffic
from workbench.watch import best_effect, by_week
from workbench.watch.effect import held_back


def weeks(before: list[int], after: list[int], *, controls: tuple[int, int] = (0, 0)) -> pl.DataFrame:
    """Return weeks whose days all have so many traces found, and so many of control issues before and after."""
    found = [hits for hits in (*before, *after) for _ in range(7)]
    beside = [controls[0]] * (7 * len(before)) + [controls[1]] * (7 * len(after))
    rows = traffic(found, n=40, controls=beside, first=-7 * len(before))
    return by_week(rows, since=SHIP, until=SHIP + timedelta(weeks=len(after)))


def arms(share: float, *, n_users: int = 40) -> pl.DataFrame:
    """Return users with ten traces each, every second of them held back, of the others so many found."""
    rows = [(number % 2 == 1, 10, 2 if number % 2 == 0 else round(2 * share)) for number in range(n_users)]
    return pl.DataFrame(rows, schema=["is_changed", "n", "n_found"], orient="row")


def test_before_and_after_alone_say_that_they_are() -> None:
    effect = best_effect(weeks([4] * 8, [1] * 4))
    assert effect is not None
    assert effect.design == "before_after"
    assert effect.ratio == pytest.approx((1 / 39) / (4 / 36))
    assert effect.high < 1


def test_days_on_which_everything_is_worse_are_no_effect() -> None:
    """Twice as much of the watched issue, and twice as much of what nobody mended."""
    effect = best_effect(weeks([2, 2, 2, 2], [4, 4], controls=(3, 6)))
    assert effect is not None
    assert effect.design == "control_issues"
    assert effect.ratio == pytest.approx(1.0)
    assert effect.low < 1 < effect.high


def test_control_issues_that_are_hardly_found_are_not_asked() -> None:
    effect = best_effect(weeks([2, 2, 2, 2], [4, 4], controls=(1, 1)))
    assert effect is not None
    assert effect.design == "before_after"


def test_users_held_back_at_random_come_first() -> None:
    effect = best_effect(weeks([4, 4, 4, 4], [4, 4]), arms(0.5))
    assert effect is not None
    assert effect.design == "hold_back"
    assert effect.ratio == pytest.approx(0.5)


def test_few_users_or_nothing_found_is_no_hold_back() -> None:
    assert held_back(arms(0.5, n_users=30)) is None
    assert held_back(arms(0.0)) is None


def test_few_weeks_say_nothing() -> None:
    assert best_effect(weeks([4, 4], [1])) is None
    assert best_effect(weeks([4, 4, 4, 4], [])) is None
