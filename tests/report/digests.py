"""A digest to draw, with words in it that a test chooses."""

from datetime import UTC, datetime, timedelta

from workbench.records import Digest, Health, Line, StageAge, Step, Wait

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STEPS = (Step("detect --window 30d", "done", 0, 12.0), Step("report 4_backlog", "failed", 3, 1.0, "the kernel stopped"))


ENDS = "judge it: `workbench review`"


def a_line(title: str = "no seat left", *, number: int = 1, is_news: bool = True) -> Line:
    return Line(f"iss_{number}", title, "proposed", "high", 1_200, 34, "proposed for 20 days", is_news=is_news)


def a_health(*, n_waits: int = 1, title: str = "no seat left", owner: str = "cleo") -> Health:
    waits = [
        Wait(
            "issue",
            f"iss_{number}",
            title,
            NOW - number * DAY,
            (owner,) if owner else (),
            "judge it: `workbench review`",
        )
        for number in range(n_waits, 0, -1)
    ]
    return Health(
        at=NOW,
        n_issues=4,
        n_triaged=2,
        n_expired=1,
        n_open=1,
        oldest_open=30 * DAY,
        stages=(StageAge("proposed", 2, 30 * DAY, 4 * DAY),),
        reviews_a_week=12.4,
        findings_a_week=241.0,
        n_shipped=4,
        time_to_ship=20 * DAY,
        n_held=1,
        n_returned=2,
        waits=tuple(waits),
    )


def a_digest(
    *, new: int = 1, stuck: int = 0, title: str = "no seat left", n_waits: int = 1, owner: str = "cleo"
) -> Digest:
    return Digest(
        since=NOW - DAY,
        at=NOW,
        lines={
            "new": tuple(a_line(title, number=number) for number in range(new)),
            "growing": (),
            "reopened": (),
            "doubted": (),
            "resolved": (),
            "stuck": tuple(a_line(title, number=100 + number, is_news=not number) for number in range(stuck)),
        },
        health=a_health(n_waits=n_waits, title=title, owner=owner),
    )
