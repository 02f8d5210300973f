"""What its detector finds and no issue holds: a return in other words is an alarm, what was always there is none."""

from datetime import date, timedelta

import polars as pl
import pytest

from tests.watch.weeks import SHIP, traffic
from workbench.watch import begun_anew, by_day, by_week, course_of, course_with_unowned
from workbench.watch.course import Course

BEFORE = [4] * 43
DAYS = 28


def courses(after: list[int], *, before: int, unowned: int) -> tuple[Course, Course]:
    """Return the issue's own course, and that with what is of no issue: so many a day before and after the ship."""
    loose = [before] * len(BEFORE) + [unowned] * DAYS
    rows = traffic([*BEFORE, *after], n=40, first=-len(BEFORE), unowned=loose)
    days, weeks = by_day(rows, since=SHIP), by_week(rows, since=SHIP, until=SHIP + timedelta(days=DAYS))
    return course_of(days, weeks, ratio=0.5), course_with_unowned(days, weeks, ratio=0.5)


def test_a_problem_that_goes_on_in_other_words_is_an_alarm_as_soon_as_one_in_its_own() -> None:
    """Four of forty a day before the ship; after it none in a cluster of the issue, and four that no issue holds."""
    own, both = courses([0] * DAYS, before=0, unowned=4)
    assert own.alarm is None
    assert (both.alarm, both.since) == (date(2026, 3, 6), SHIP.date())


def test_what_the_detector_always_found_beside_it_is_no_alarm() -> None:
    assert courses([0] * DAYS, before=4, unowned=4)[1].alarm is None
    assert courses([0] * DAYS, before=12, unowned=12)[1].alarm is None


def test_a_problem_that_goes_on_as_it_was_is_an_alarm_of_both() -> None:
    own, both = courses([4] * DAYS, before=1, unowned=1)
    assert own.alarm is not None
    assert both.alarm is not None


def rising(weeks: int) -> Course:
    """Return the course of a fix after which four of forty a day are found that no issue holds."""
    rows = traffic([*BEFORE, *[0] * 7 * weeks], n=40, first=-len(BEFORE), unowned=[0] * len(BEFORE) + [4] * 7 * weeks)
    until = SHIP + timedelta(weeks=weeks)
    return course_with_unowned(by_day(rows, since=SHIP), by_week(rows, since=SHIP, until=until), ratio=0.5)


def judged(*rows: tuple[int, int, bool]) -> pl.DataFrame:
    """Return judged traces: the round, the day after the ship, and whether it has the problem."""
    whole = [(number, SHIP.date() + timedelta(days=day), is_hit) for number, day, is_hit in rows]
    return pl.DataFrame(whole, schema={"round": pl.Int64, "day": pl.Date, "is_hit": pl.Boolean}, orient="row")


SIX_MISSES = judged(*((0, day, False) for day in (0, 4, 8, 12, 16, 20)))


def test_what_people_judged_says_nothing_of_what_came_later() -> None:
    """Six judged in the first weeks kept the alarm from what came beside it five weeks later, for ever.

    To the day of the last of them the sum is at rest; from the next on a day adds .826 again, and 8.56 is an alarm.
    """
    course = rising(weeks=4)
    assert course.alarm == date(2026, 3, 6)
    anew = begun_anew(course, SIX_MISSES)
    last = SHIP.date() + timedelta(days=20)
    assert (anew.alarm, begun_anew(rising(weeks=3), SIX_MISSES).alarm) == (None, None)
    assert anew.days.filter(day=last)["cusum"].item() == 0
    assert anew.days["cusum"].to_list()[21:] == pytest.approx([n * 0.82617 for n in range(1, 8)], abs=1e-3)
    later = begun_anew(rising(weeks=8), SIX_MISSES)
    assert later.since == last + timedelta(days=1)
    assert later.alarm is not None
    assert last + timedelta(days=7) < later.alarm <= last + timedelta(days=11)


def test_five_judged_set_nothing_aside() -> None:
    assert begun_anew(rising(weeks=4), SIX_MISSES.head(5)).alarm == date(2026, 3, 6)
    assert begun_anew(rising(weeks=4), judged()).alarm == date(2026, 3, 6)


def test_many_of_an_earlier_round_do_not_outweigh_a_later_one() -> None:
    """A hundred of the first round do not have it, and ten of twenty of the second do: it is back."""
    first = [(0, day % 28, False) for day in range(100)]
    second = [(1, 29 + day, day % 2 == 0) for day in range(20)]
    of = begun_anew(rising(weeks=8), judged(*first, *second))
    assert (of.alarm is not None, of.since) == (True, SHIP.date() + timedelta(days=28))
    again = [(1, 29 + day, False) for day in range(20)]
    assert begun_anew(rising(weeks=8), judged(*first, *again)).alarm is None
