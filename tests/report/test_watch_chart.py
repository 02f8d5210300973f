"""How common a watched problem was before: what detectors found, and what the target is a part of, told apart."""

from datetime import UTC, datetime

from workbench.records import Watch
from workbench.report.watch_chart import before_words

SHIP = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_was_found_before_is_told_apart_from_what_the_target_is_of() -> None:
    """A target of 3.5 % stood beside "before 2 %", as if it were gone when it had nearly doubled."""
    watch = Watch(
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
    assert before_words(watch) == (
        "Before the ship detectors found it in 40 of 2,000 (2 %) traces, and 7 % of all had it."
    )
