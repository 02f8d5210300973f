"""The course after the ship: quiet days are none, a return is an alarm, and silence before tells nothing."""

from datetime import date, timedelta
from math import log

import pytest

from tests.watch.weeks import SHIP, traffic
from workbench.watch import by_day, by_week, course_of
from workbench.watch.course import Course

BEFORE = [4, *[4, 5, 4, 3, 4, 4, 4] * 6]


def course(after: list[int], *, before: list[int] = BEFORE) -> Course:
    rows = traffic([*before, *after], n=40, first=-len(before))
    until = SHIP + timedelta(days=len(after))
    return course_of(by_day(rows, since=SHIP), by_week(rows, since=SHIP, until=until), ratio=0.5)


def test_a_problem_that_is_gone_is_no_alarm() -> None:
    of = course([1, 0, 0, 1, 0] * 6)
    assert of.alarm is None
    assert of.days.height == 30
    assert of.dispersion == 1.0


def test_a_problem_as_common_as_before_is_an_alarm_once_and_says_when() -> None:
    """Before, 10 %; half of it accepted. A day adds 4 log 2 + 36 log(.9 / .95) = .826: log 40 on the fifth."""
    of = course([4] * 28)
    assert (of.alarm, of.since) == (date(2026, 3, 6), SHIP.date())
    assert of.days["cusum"].to_list()[3:5] == pytest.approx(
        [of.height - log(40) + n * 0.82617 for n in (4, 5)], abs=1e-3
    )


def test_a_return_after_quiet_weeks_is_found_sooner_and_says_when_it_began() -> None:
    """It took as long as a fix that did nothing: in little traffic 18 weeks.

    Eight weeks without a finding show that little is left, so that a quarter is accepted: a day adds
    4 log 4 + 36 log(.9 / .975) = 2.66, and 8.5 is an alarm.
    """
    of = course([0] * 56 + [4] * 28)
    back = SHIP.date() + timedelta(days=56)
    assert (of.alarm, of.since) == (back + timedelta(days=3), back)


def test_an_alarm_is_over_once_the_sum_is_back_at_rest() -> None:
    """It stood for ever. 4.8 and fourteen days make 16.4, and each quiet one takes 40 log(.95 / .9) = 2.16."""
    assert course([4] * 14 + [0] * 7).alarm == date(2026, 3, 6)
    assert course([4] * 14 + [0] * 8).alarm is None
    assert course([4] * 14 + [0] * 8).since is None


def test_little_traffic_has_a_lower_alarm() -> None:
    """In half a year of four traces a day little can err: less evidence is asked for than of forty."""
    few = traffic([*[1, 0, 0, 0, 1, 0, 0] * 6, *[0] * 7], n=4, first=-42)
    until = SHIP + timedelta(days=7)
    of = course_of(by_day(few, since=SHIP), by_week(few, since=SHIP, until=until), ratio=0.5)
    assert of.height < course([0] * 7).height - 1


def test_weeks_that_vary_by_themselves_make_a_day_worth_less() -> None:
    restless = [1] * 7 + [7] * 7
    assert course([4] * 30, before=[1, *restless * 3]).dispersion > 5


def test_weeks_that_differ_less_than_by_chance_are_as_good_as_chance() -> None:
    """Ten such weeks made each day worth 1 / 1.7: their likeness was taken for that of weeks that differ."""
    regular = [4, *[4, 4, 4, 3, 4, 5, 4] * 3, *[4, 5, 4, 3, 4, 5, 4] * 3]
    assert course([4] * 7, before=regular).dispersion == 1.0


def test_a_problem_that_was_never_found_alarms_nobody() -> None:
    of = course([0, 1], before=[0] * 14)
    assert (of.alarm, of.days["cusum"].to_list()) == (None, [0.0, 0.0])
