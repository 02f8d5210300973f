"""What its detector finds and no issue holds: a return in other words is an alarm, what was always there is none."""

from datetime import date, timedelta

from tests.watch.weeks import SHIP, traffic
from workbench.watch import by_day, by_week, course_of, course_with_unowned
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
