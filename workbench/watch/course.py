"""The course of the problem after the ship: what detectors find by day, added up so that a return is an alarm."""

from datetime import date
from typing import NamedTuple

import polars as pl

from workbench.schemas import require
from workbench.stats.cusum import alarm_at, binomial_cusum
from workbench.stats.quasi_binomial import spread

HORIZON_DAYS = 182
"""Half a year: over so many days together a false alarm has a chance of one in twenty."""
LEAST_WEEKS = 5
"""Before the ship, to learn from how weeks differ; with fewer, days tell it."""
_LEAST_UNITS = 4


class Course(NamedTuple):
    """What happened by day after the ship."""

    days: pl.DataFrame
    """One row a day: day, n, n_found, cusum."""
    height: float
    """The sum that is an alarm."""
    alarm: date | None
    """The first day on which it was; None where there was none."""
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
    The evidence of each day is divided by the overdispersion of the weeks before, and by its inflation for neighbours
    that are alike; with few weeks that is not well known, and v / (v - 2) more, v the degrees of freedom, makes up for
    it on average.
    """
    require(days, ("day", "is_after", "n", "n_found"), of="watch.course_of")
    before, after = days.filter(~pl.col("is_after")), days.filter("is_after")
    n, n_found = int(before["n"].sum()), int(before["n_found"].sum())
    height = alarm_at(HORIZON_DAYS)
    plain = after.select("day", "n", "n_found")
    if not n_found or n_found == n:
        return Course(plain.with_columns(cusum=pl.lit(0.0)), height, None, 1.0)
    dispersion = _dispersion(before, weeks.filter(~pl.col("is_after")))
    failed = n_found / n
    sums = binomial_cusum(
        after["n_found"].to_numpy(),
        after["n"].to_numpy(),
        accepted=ratio * failed,
        failed=failed,
        dispersion=dispersion,
    )
    drawn = plain.with_columns(cusum=pl.Series(sums, dtype=pl.Float64))
    alarms = drawn.filter(pl.col("cusum") > height)["day"]
    return Course(drawn, height, alarms[0] if alarms.len() else None, dispersion)


def _dispersion(days: pl.DataFrame, weeks: pl.DataFrame) -> float:
    units = weeks if weeks.height >= LEAST_WEEKS else days
    if units.height < _LEAST_UNITS:
        return 1.0
    of = spread(units["n_found"].to_numpy(), units["n"].to_numpy())
    return of.factor * of.degrees / (of.degrees - 2)
