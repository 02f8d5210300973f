"""The course after the ship: quiet days are none, a return is an alarm, and silence before tells nothing."""

from datetime import date, timedelta

from tests.watch.weeks import SHIP, traffic
from workbench.watch import by_day, by_week, course_of
from workbench.watch.course import Course

BEFORE = [4, *[4, 5, 4, 3, 4, 4, 4] * 6]
SIX_WEEKS = 5 / 3 * 7 / 5
"""Six weeks that do not differ at all: v / (v - 2), v the five degrees of freedom, and 1 / 6 of likeness."""


def course(after: list[int], *, before: list[int] = BEFORE) -> Course:
    rows = traffic([*before, *after], n=40, first=-len(before))
    until = SHIP + timedelta(days=len(after))
    return course_of(by_day(rows, since=SHIP), by_week(rows, since=SHIP, until=until), ratio=0.5)


def test_a_problem_that_is_gone_is_no_alarm() -> None:
    of = course([1, 0, 0, 1, 0] * 6)
    assert of.alarm is None
    assert of.days.height == 30
    assert of.dispersion == SIX_WEEKS


def test_a_problem_as_common_as_before_is_an_alarm_once_and_says_when() -> None:
    """Before, 10 %; half of it accepted. A day adds (4 log 2 + 36 log(.9 / .95)) / (7 / 3) = .354: 8.2 on the 24th."""
    of = course([4] * 28)
    assert of.alarm == date(2026, 3, 25)
    assert of.days["cusum"][0] * 24 > of.height > of.days["cusum"][0] * 23


def test_a_return_after_quiet_weeks_is_found_as_soon_as_one_at_once() -> None:
    assert course([0] * 28 + [4] * 28).alarm == date(2026, 3, 25) + timedelta(days=28)


def test_weeks_that_vary_by_themselves_make_a_day_worth_less() -> None:
    restless = [1] * 7 + [7] * 7
    assert course([4] * 30, before=[1, *restless * 3]).dispersion > 5


def test_a_problem_that_was_never_found_alarms_nobody() -> None:
    of = course([0, 1], before=[0] * 14)
    assert (of.alarm, of.days["cusum"].to_list()) == (None, [0.0, 0.0])
