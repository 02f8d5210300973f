"""What is said of a watched problem: how common it was before, and of its alarm the same in words and in the table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from workbench.records import Watch
from workbench.report.watch_chart import before_words, course_words

SHIP = datetime(2026, 3, 2, tzinfo=UTC)
WATCH = Watch(
    id="wch_1",
    issue_id="iss_1",
    change_ids=("chg_1",),
    decision_id="dec_1",
    started_at=SHIP,
    since=SHIP,
    n_before=2000,
    n_found_before=40,
    precision=1.0,
    before_share=0.07,
    target_share=0.035,
    at=SHIP,
    author="ann",
    identity="typed",
)


def test_what_was_found_before_is_told_apart_from_what_the_target_is_of() -> None:
    """A target of 3.5 % stood beside "before 2 %", as if it were gone when it had nearly doubled."""
    assert before_words(WATCH) == (
        "Before the ship detectors found it in 40 of 2,000 (2 %) traces, and 7 % of all had it."
    )


def test_who_cannot_see_the_picture_reads_of_the_alarm_what_the_table_says() -> None:
    """Of a problem that may be back in other words the table named the day, and the picture's text had no alarm."""
    day = SHIP + timedelta(days=4)
    assert course_words(WATCH).endswith("; alarm: none.")
    assert course_words(replace(WATCH, alarm_at=day)).endswith("; alarm: 2026-03-06.")
    assert course_words(replace(WATCH, unowned_alarm_at=day)).endswith("; alarm: 2026-03-06, in other words.")
