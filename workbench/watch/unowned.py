"""The course with what no issue holds: a problem that is back in other words is found by its detector, elsewhere.

A relapse that reads otherwise is grouped anew, or not at all, so that the watched issue's own course stays at rest.
"""

import polars as pl

from workbench.schemas import require
from workbench.stats.absence import upper_bound
from workbench.watch.course import Course, course_of, restarted
from workbench.watch.target import TARGET_RATIO


def course_with_unowned(days: pl.DataFrame, weeks: pl.DataFrame, *, ratio: float) -> Course:
    """Return the course of the issue and of what else its detector finds that is of no issue which people know.

    Parameters
    ----------
    days, weeks
        As of `traffic.by_day` and `traffic.by_week`.
    ratio
        How common the issue may be at most, of what it was: above 0, below 1.

    Notes
    -----
    It is `course_of` on both counts together. What was of no issue before the ship is accepted after it in full, and of
    the issue its ratio, so that what a detector always finds beside it is no alarm. It errs as seldom as that course;
    on its own it only keeps a watch from calling something gone.
    """
    require(days, ("is_after", "n_found", "n_unowned"), of="watch.course_with_unowned")
    before = days.filter(~pl.col("is_after")).select(pl.col("n_found", "n_unowned").sum())
    n_found, n_unowned = before.row(0)
    both = pl.col("n_found") + pl.col("n_unowned")
    left = (n_unowned + ratio * n_found) / (n_unowned + n_found) if n_found else ratio
    return course_of(days.with_columns(n_found=both), weeks.with_columns(n_found=both), ratio=left)


def begun_anew(course: Course, judged: pl.DataFrame) -> Course:
    """Return the course with its sum begun anew after what people judged, where they know that to be another problem.

    Parameters
    ----------
    course
        As of `course_with_unowned`.
    judged
        One row a trace of no issue that people judged: round (whole numbers, the first is the least), day, is_hit.

    Notes
    -----
    What was judged says nothing of later days: another problem may go on, and the watched one come back beside it. So a
    round sets a rise aside up to the day of the last of its judged traces; what is found from the next day on is a rise
    of its own, that other traces tell of. Rounds count one after the other, so that many traces of an early one do not
    outweigh those of a late one. The sum is never above what it was, so that it errs no more often.
    """
    require(judged, ("round", "day", "is_hit"), of="watch.begun_anew")
    for number in judged["round"].unique().sort():
        if course.since is None:
            break
        of_rise = judged.filter(pl.col("round") <= number, pl.col("day") >= course.since)
        if is_set_aside(int(of_rise["is_hit"].sum()), of_rise.height):
            course = restarted(course, after=of_rise["day"].max())  # type: ignore[arg-type]
    return course


def is_set_aside(n_hits: int, n_judged: int) -> bool:
    """Return whether people judged enough of the traces in a rise to know that it is not the problem.

    That is when surely less than half of them have it, which is less than what is called gone.

    >>> is_set_aside(0, 5), is_set_aside(0, 6), is_set_aside(2, 7)
    (False, True, False)
    """
    return upper_bound(n_hits, n_judged) < TARGET_RATIO
