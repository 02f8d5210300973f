"""The course of the problem after the ship: what detectors find by day, added up so that a return is an alarm."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.schemas import require
from workbench.stats.cusum import ALPHA, alarm_at, binomial_cusum, evidence
from workbench.stats.intervals import jeffreys
from workbench.stats.quasi_binomial import spread

HORIZON_DAYS = 182
"""Half a year: over so many days together a false alarm has a chance of one in twenty."""
LEAST_WEEKS = 5
"""Before the ship, to learn from how weeks differ; with fewer, days tell it."""
LEARNED_AFTER = timedelta(weeks=4)
"""What was found since the ship until so long ago tells how much of the problem is left; what came since may be its
return, and is no measure of itself."""
LEAST_LEFT = 0.5
"""Of what may be left that is accepted at least, however little is found: half of a half. With less, three findings in
a quiet season would be an alarm, and a rise to what may be left one too: from .54 of what it was on the sum rises."""
LEARNED_LEVEL = 0.98
"""Of the interval whose upper end bounds what is left: it is looked at each day, but from day to day is nearly one."""
_LEAST_UNITS = 4


class Course(NamedTuple):
    """What happened by day after the ship."""

    days: pl.DataFrame
    """One row a day: day, n, n_found, cusum."""
    height: float
    """The sum that is an alarm."""
    alarm: date | None
    """The first day on which it was, if it was not back at 0 since; None where there is no alarm."""
    since: date | None
    """The first day of the rise that led to that alarm: what was seen before it says nothing of it."""
    dispersion: float
    """How many times as much as by chance weeks differ: evidence counts for so much less."""


def course_of(days: pl.DataFrame, weeks: pl.DataFrame, *, ratio: float) -> Course:
    """Return the course after the ship; an alarm is for a problem as common as it was before.

    Parameters
    ----------
    days, weeks
        As of `traffic.by_day` and `traffic.by_week`.
    ratio
        How common it may be at most, of what it was: above 0, below 1.

    Notes
    -----
    The evidence of each day is divided by the overdispersion of the weeks before with its inflation for neighbours that
    are alike, where both together are above 1: of weeks that hardly differ it says nothing that they are alike. It is
    for what was before against what is accepted: `ratio` of that, or less once it is shown that less is left, so that a
    return of what was gone is found soon. Half of the chance of a false alarm is for a change that did nothing: the sum
    begins where log(2 / alpha) more is an alarm, for it may begin on that one day (Ville's inequality); half is for
    all later days. How often it errs, and how soon it finds what is back, is simulated in
    `tests/benchmarks/watching.py`.
    """
    require(days, ("day", "is_after", "n", "n_found"), of="watch.course_of")
    before, after = days.filter(~pl.col("is_after")), days.filter("is_after").sort("day")
    n, n_found = int(before["n"].sum()), int(before["n_found"].sum())
    plain = after.select("day", "n", "n_found")
    if not n_found or n_found == n or after.is_empty():
        return Course(plain.with_columns(cusum=pl.lit(0.0)), float(np.log(HORIZON_DAYS)), None, None, 1.0)
    dispersion = _dispersion(before, weeks.filter(~pl.col("is_after")))
    failed = n_found / n
    a_day = evidence(of=ratio * failed, against=failed) * _n_a_day(days) / dispersion
    height = alarm_at(HORIZON_DAYS, information=HORIZON_DAYS * a_day, alpha=ALPHA / 2)
    sums = binomial_cusum(
        after["n_found"].to_numpy(),
        after["n"].to_numpy(),
        accepted=_accepted(after, most=ratio * failed, dispersion=dispersion),
        failed=failed,
        dispersion=dispersion,
        start=max(height - np.log(2 / ALPHA), 0.0),
    )
    drawn = plain.with_columns(cusum=pl.Series(sums, dtype=pl.Float64))
    return Course(drawn, height, *_alarm(drawn, height), dispersion)


def restarted(course: Course, *, after: date) -> Course:
    """Return the course with its sum at 0 at the end of a day that has traffic, and begun anew from there."""
    since_then = pl.when(pl.col("day") >= after).then("cusum").cum_min().fill_null(0.0)
    days = course.days.with_columns(pl.col("cusum") - since_then)
    alarm, since = _alarm(days, course.height)
    return course._replace(days=days, alarm=alarm, since=since)


def _accepted(after: pl.DataFrame, *, most: float, dispersion: float) -> NDArray[np.float64]:
    """Return for each day how common the problem may be: what is shown to be left, between LEAST_LEFT and all."""
    sums = after.select(pl.col("day") + LEARNED_AFTER, n_found=pl.col("n_found").cum_sum(), n=pl.col("n").cum_sum())
    known = after.select("day").join_asof(sums, on="day").fill_null(0)
    n_found, n = (known[name].to_numpy() / dispersion for name in ("n_found", "n"))
    return np.clip(jeffreys(n_found, n, level=LEARNED_LEVEL).high, LEAST_LEFT * most, most)


def _n_a_day(days: pl.DataFrame) -> float:
    """Return traces a day, over all days from the first to the last."""
    first, last = days["day"].min(), days["day"].max()
    return int(days["n"].sum()) / ((last - first).days + 1)  # type: ignore[operator,union-attr]


def _alarm(drawn: pl.DataFrame, height: float) -> tuple[date | None, date | None]:
    """Return when the alarm that still stands began, and the first day of its rise."""
    at_rest = drawn.with_row_index().filter(pl.col("cusum") <= 0)
    rise = drawn.slice(int(at_rest["index"][-1]) + 1 if at_rest.height else 0)
    alarms = rise.filter(pl.col("cusum") > height)["day"]
    return (alarms[0], rise["day"][0]) if alarms.len() else (None, None)


def _dispersion(days: pl.DataFrame, weeks: pl.DataFrame) -> float:
    units = weeks if weeks.height >= LEAST_WEEKS else days
    if units.height < _LEAST_UNITS:
        return 1.0
    of = spread(units["n_found"].to_numpy(), units["n"].to_numpy())
    return max(of.measured * of.inflation, 1.0)
