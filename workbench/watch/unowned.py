"""The course with what no issue holds: a problem that is back in other words is found by its detector, elsewhere.

A relapse that reads otherwise is grouped anew, or not at all, so that the watched issue's own course stays at rest.
"""

import polars as pl

from workbench.schemas import require
from workbench.stats.absence import upper_bound
from workbench.watch.course import Course, course_of
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


def is_set_aside(n_hits: int, n_judged: int) -> bool:
    """Return whether people judged enough of the traces in a rise to know that it is not the problem.

    That is when surely less than half of them have it, which is less than what is called gone.

    >>> is_set_aside(0, 5), is_set_aside(0, 6), is_set_aside(2, 7)
    (False, True, False)
    """
    return upper_bound(n_hits, n_judged) < TARGET_RATIO
