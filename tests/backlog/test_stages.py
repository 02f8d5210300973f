"""How long issues stay where, by hand."""

from datetime import timedelta

import polars as pl

from tests.backlog.issues import NOON
from workbench.backlog import by_stage, stages

DAY = timedelta(days=1)
MOVES = pl.DataFrame(
    [("iss_1", "proposed", NOON), ("iss_2", "proposed", NOON + DAY), ("iss_1", "confirmed", NOON + 3 * DAY)],
    schema={"issue_id": pl.String, "to": pl.String, "at": pl.Datetime("us", "UTC")},
    orient="row",
)


def test_each_stay_ends_where_the_next_begins_and_the_last_is_still_going_on() -> None:
    stays = stages(MOVES, now=NOON + 5 * DAY)
    assert stays.select("issue_id", "state", "stay").rows() == [
        ("iss_1", "proposed", 3 * DAY),
        ("iss_2", "proposed", 4 * DAY),
        ("iss_1", "confirmed", 2 * DAY),
    ]
    assert stays["left_at"].to_list() == [NOON + 3 * DAY, None, None]


def test_a_stage_tells_who_is_there_and_how_long_those_took_that_left() -> None:
    told = by_stage(stages(MOVES, now=NOON + 5 * DAY))
    assert told.rows() == [("proposed", 1, 4 * DAY, 1, 3 * DAY), ("confirmed", 1, 2 * DAY, 0, None)]


def test_without_moves_there_are_no_stages() -> None:
    assert by_stage(stages(MOVES.clear(), now=NOON)).is_empty()
