"""What is left to judge an edit on: no trace by who was read, and none that repeats what was read."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from workbench.report.detection import DetectionReport
from workbench.report.splits import Splits, split_traces

AT = {
    "t1": datetime(2026, 1, 5, tzinfo=UTC),  # a Monday
    "t2": datetime(2026, 1, 11, tzinfo=UTC),  # the Sunday after it
    "t3": datetime(2026, 1, 12, tzinfo=UTC),
    "t4": datetime(2026, 1, 13, tzinfo=UTC),
    "t5": datetime(2026, 1, 14, tzinfo=UTC),
}
Detection = Callable[..., DetectionReport]


def split(detection: Detection, *, users: dict[str, str | None], asked: dict[str, str] | None = None) -> Splits:
    """Return the splits of five traces of an issue, of which t1 was read, and one of other traffic."""
    rows = [
        {"trace_id": trace, "user_key": user, "started_at": AT.get(trace), "input": (asked or {}).get(trace, trace)}
        for trace, user in users.items()
    ]
    report = detection(span_rows=rows)
    return split_traces(report, ["t1", "t2", "t3", "t4", "t5"], ["t1"])


def test_only_other_users_are_left_and_traffic_is_theirs_too(detection: Detection) -> None:
    users = {"t1": "ann", "t2": "ann", "t3": "ben", "t4": "eve", "t5": None, "r1": "ann", "r2": "ben", "r3": None}
    found = split(detection, users=users)
    assert (found.n_development, found.n_same_user, found.n_target, found.n_target_users) == (1, 2, 2, 2)
    assert found.n_random == 5  # t3, t4, t5, r2, r3


def test_who_asks_the_same_repeats_what_was_read(detection: Detection) -> None:
    users: dict[str, str | None] = {"t1": "ann", "t2": "ben", "t3": "eve", "t4": "joe", "t5": "kim"}
    asked = {"t1": "What is the rule?", "t2": "what is  the RULE?", "t3": "What is the holding?"}
    found = split(detection, users=users, asked=asked)
    assert (found.n_repeats, found.n_target) == (1, 3)


def test_weeks_begin_on_monday(detection: Detection) -> None:
    users: dict[str, str | None] = {"t1": "ann", "t2": "ben", "t3": "eve", "t4": "joe", "t5": "kim"}
    weeks = split(detection, users=users).weeks
    assert weeks == ((date(2026, 1, 5), 1, 1), (date(2026, 1, 12), 0, 3))


def test_traces_that_are_no_longer_stored_are_no_cases(detection: Detection) -> None:
    found = split(detection, users={"t1": "ann"})
    assert (found.n_target, found.n_same_user, found.n_random, found.weeks) == (0, 4, 0, ((date(2026, 1, 5), 1, 0),))
