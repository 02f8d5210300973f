"""Counts around a ship: by day and by whole week, the old version before and the new one after."""

from datetime import timedelta

import polars as pl

from tests.watch.weeks import SHIP, traffic
from workbench.watch import TRAFFIC, by_day, by_week


def test_days_before_and_after_the_ship_are_counted() -> None:
    rows = by_day(traffic([3, 1, 0, 2], first=-2), since=SHIP)
    assert rows["n"].to_list() == [10, 10, 10, 10]
    assert rows["n_found"].to_list() == [3, 1, 0, 2]
    assert rows["is_after"].to_list() == [False, False, True, True]


def test_a_day_of_the_ship_has_two_rows() -> None:
    noon = SHIP + timedelta(hours=1, minutes=4)
    rows = by_day(traffic([2]).with_columns(is_changed=pl.col("at") >= noon), since=noon)
    assert rows.select("is_after", "n", "n_found").rows() == [(False, 4, 2), (True, 6, 0)]


def test_what_the_old_version_answers_later_counts_on_neither_side() -> None:
    held_back = traffic([4, 4]).with_columns(is_changed=pl.col("user_key") != "usr_0")
    assert by_day(held_back, since=SHIP)["n"].to_list() == [9, 9]


def test_weeks_are_whole_and_counted_from_the_ship() -> None:
    """Ten days before: one whole week. Nine days after, of which eight were examined: one whole week."""
    rows = by_week(traffic([1] * 19, first=-10), since=SHIP, until=SHIP + timedelta(days=8))
    assert rows["week"].to_list() == [-1, 0]
    assert rows["n_found"].to_list() == [7, 7]


def test_a_quarter_before_the_ship_counts_and_no_more() -> None:
    rows = by_week(traffic([1] * 140, first=-133), since=SHIP, until=SHIP + timedelta(days=7))
    assert rows["week"].to_list() == list(range(-12, 1))


def test_weeks_before_the_problem_began_do_not_tell_how_common_it_was() -> None:
    """Five weeks before the ship, of which it was in the last two alone: seven of seventy traces each."""
    rows = traffic([0] * 21 + [1] * 14 + [0] * 7, first=-35)
    weeks = by_week(rows, since=SHIP, until=SHIP + timedelta(days=7))
    assert weeks.select("week", "n", "n_found").rows() == [(-2, 70, 7), (-1, 70, 7), (0, 70, 0)]
    assert by_day(rows, since=SHIP).filter(~pl.col("is_after"))["n"].sum() == 140


def test_no_traffic_is_no_row() -> None:
    assert by_day(TRAFFIC.to_frame(), since=SHIP).is_empty()
    assert by_week(TRAFFIC.to_frame(), since=SHIP, until=SHIP).is_empty()
