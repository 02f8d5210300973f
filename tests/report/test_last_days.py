"""The days that are drawn: the last sixty, and a word on what is older."""

from datetime import date, timedelta

import polars as pl

from workbench.report.last_days import N_DAYS, Days, last_days

NEWEST = date(2026, 3, 1)


def test_one_very_old_thing_does_not_stretch_the_axis() -> None:
    days = last_days(pl.Series([date(2018, 1, 1), None, NEWEST - timedelta(days=59), NEWEST]))
    assert N_DAYS == 60
    assert days == Days(date(2026, 1, 1), NEWEST, n_before=1, n=3)
    assert days.before("trace") == "1 of 3 traces lies before these 60 days and is not drawn"


def test_few_days_are_drawn_from_the_first_one_on() -> None:
    days = last_days(pl.Series([NEWEST, NEWEST - timedelta(days=2)]))
    assert days == Days(date(2026, 2, 27), NEWEST, n_before=0, n=2)
    assert days.before("trace") == ""


def test_without_days_there_is_nothing_to_draw() -> None:
    assert last_days(pl.Series([None], dtype=pl.Date)) is None
