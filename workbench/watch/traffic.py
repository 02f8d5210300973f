"""The traffic that a watch looks at, one row a trace, and its counts by day and by week around the ship."""

from datetime import datetime, timedelta

import polars as pl

from workbench.schemas import Time, require

TRAFFIC = pl.Schema(
    {
        "trace_id": pl.String(),
        "at": Time,
        "user_key": pl.String(),
        "is_changed": pl.Boolean(),
        "is_found": pl.Boolean(),
        "is_unowned": pl.Boolean(),
        "n_controls": pl.Int64(),
    }
)
"""trace_id; at, its start, UTC; user_key, null where not known; is_changed, whether the changed version answered;
is_found, whether a detector found the issue in it; is_unowned, whether the issue's detector found something else in it,
that belongs to no issue which people know; n_controls, how many control issues it found in it."""
WEEK = timedelta(weeks=1)
MOST_WEEKS_BEFORE = 12
"""Weeks before the ship that count: a quarter; what was longer ago was another app with other users."""
_BEFORE = range(1, MOST_WEEKS_BEFORE + 1)
_COUNTS = ("n", "n_found", "n_unowned", "n_controls")


def by_day(traffic: pl.DataFrame, *, since: datetime) -> pl.DataFrame:
    """Return one row a day, UTC, that has traffic: day, is_after, n (traces), n_found, n_unowned, n_controls.

    A day of the ship has two rows. What the old version answered after `since` is left out, and so are weeks before the
    one in which the issue was found first, and more than MOST_WEEKS_BEFORE of them.

    Parameters
    ----------
    traffic
        TRAFFIC.
    since
        First moment of the changed version, UTC.
    """
    rows = _placed(traffic, since=since).with_columns(day=pl.col("at").dt.date())
    return rows.group_by("is_after", "day").agg(_sums()).sort("is_after", "day").select("day", "is_after", *_COUNTS)


def by_week(traffic: pl.DataFrame, *, since: datetime, until: datetime) -> pl.DataFrame:
    """Return one row a whole week, counted from the ship in both directions: week, is_after, counts as of `by_day`.

    Parameters
    ----------
    traffic, since
        As of `by_day`.
    until
        First moment that was not examined, UTC: the week that it is in is not whole.

    Notes
    -----
    `week` is 0 for the first after the ship, -1 for the last before. Of those before, a week is whole if the traffic
    began before it did; at most MOST_WEEKS_BEFORE count, and none before the issue was found first.
    """
    rows = _placed(traffic, since=since)
    if rows.is_empty():
        return pl.DataFrame(schema={"week": pl.Int64, "is_after": pl.Boolean, **dict.fromkeys(_COUNTS, pl.Int64)})
    microseconds = (pl.col("at") - since).dt.total_microseconds()
    weeks = rows.with_columns(week=microseconds.floordiv(WEEK // timedelta(microseconds=1)))
    n_whole = sum(traffic.select(pl.col("at").min() <= since - week * WEEK).item() for week in _BEFORE)
    first = -n_whole
    whole = weeks.filter(pl.col("week") >= first, pl.col("week") < max((until - since) // WEEK, 0))
    return whole.group_by("week", "is_after").agg(_sums()).sort("week").select("week", "is_after", *_COUNTS)


def _placed(traffic: pl.DataFrame, *, since: datetime) -> pl.DataFrame:
    """Return the traces of the old version before the ship and of the new one after it.

    Those before begin with the week, counted back from the ship, in which the issue was found first, at most
    MOST_WEEKS_BEFORE: weeks in which there was no such problem yet do not tell how common it was.
    """
    require(traffic, TRAFFIC.names(), of="watch.traffic")
    is_after = pl.col("at") >= since
    rows = traffic.with_columns(is_after=is_after).filter(pl.col("is_changed") == pl.col("is_after"))
    rows = rows.filter(pl.col("at") >= since - MOST_WEEKS_BEFORE * WEEK)
    onset = rows.filter("is_found", ~pl.col("is_after")).select(pl.col("at").min()).item()
    n_weeks = MOST_WEEKS_BEFORE if onset is None else -((onset - since) // WEEK)
    return rows.filter(pl.col("at") >= since - n_weeks * WEEK)


def _sums() -> list[pl.Expr]:
    return [
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("is_found", "is_unowned").sum().cast(pl.Int64).name.replace("^is_", "n_"),
        pl.col("n_controls").sum().cast(pl.Int64).alias("n_controls"),
    ]
