"""The days that a report draws: the last ones, on the same axis in every chart.

One trace with a wrong clock would stretch years of nothing over the page, and press the weeks that matter into a line.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

import polars as pl

from workbench.report import formats

N_DAYS = 60
"""Days that are drawn: two months show a weekly course and a trend, and a day is still wide enough to be seen."""


class Days(NamedTuple):
    """The days that are drawn, and what lies before them."""

    first: date
    last: date
    n_before: int
    """Things that happened before the first day."""
    n: int
    """Things whose day is known."""

    def before(self, one: str) -> str:
        """Return a sentence on what is too old to be drawn; empty where nothing is."""
        if not self.n_before:
            return ""
        verb, are = ("lies", "is") if self.n_before == 1 else ("lie", "are")
        of = f"{formats.count(self.n_before)} of {formats.counted(self.n, one)}"
        return f"{of} {verb} before these {N_DAYS} days and {are} not drawn"

    def scale(self) -> Any:
        """Return the scale of a time axis in UTC, with room for the last day."""
        import altair as alt

        ends = (self.first, self.last + timedelta(days=1))
        domain = [{"year": end.year, "month": end.month, "date": end.day, "utc": True} for end in ends]
        return alt.Scale(domain=domain, type="utc")


def last_days(days: pl.Series) -> Days | None:
    """Return the days to draw of the days of all things; None where none is known.

    Parameters
    ----------
    days
        The day of each thing, dates; null where it is not known.
    """
    known = days.drop_nulls()
    oldest, newest = known.min(), known.max()
    if not isinstance(oldest, date) or not isinstance(newest, date):
        return None
    first = max(oldest, newest - timedelta(days=N_DAYS - 1))
    return Days(first, newest, int((known < first).sum()), len(known))
