"""Days that stand out: against the median day, with enough traces, or not at all."""

from datetime import date, timedelta

import polars as pl

from workbench.report.unusual_days import MIN_DAYS, MIN_ERRORS, STANDS_OUT, unusual_days

FIRST = date(2026, 1, 5)


def day(at: int, *, n: int = 20, n_errors: int = 0, ms: float = 1000.0) -> pl.DataFrame:
    """Return a day's traces, all of one duration."""
    return pl.DataFrame(
        {
            "day": [FIRST + timedelta(days=at)] * n,
            "has_error": [place < n_errors for place in range(n)],
            "duration_ms": [ms] * n,
        }
    )


def test_a_slow_day_and_one_full_of_errors_are_named() -> None:
    """Six days of 1 s and 2 errors in 20; the third takes 2.1 s, the fourth has 5 errors in 20."""
    days = [day(at, n_errors=2) for at in (0, 1, 4, 5)] + [day(2, n_errors=2, ms=2100.0), day(3, n_errors=5)]
    assert (STANDS_OUT, MIN_ERRORS, MIN_DAYS) == (2, 5, 5)
    assert unusual_days(pl.concat(days)) == [
        "1 of 6 days of 20 traces or more took more than 2 times as long (2026-01-07): "
        "the median day's 95th percentile is 1.0 s.",
        "1 of 6 days of 20 traces or more had more than 2 times as many errors (2026-01-08): "
        "on the median day 10 % of traces have one.",
    ]


def test_usual_days_are_said_to_be_usual() -> None:
    """Twice is not more than twice, and four errors on a day without any usually are chance."""
    days = [day(at) for at in range(4)] + [day(4, ms=2000.0), day(5, n_errors=4)]
    assert unusual_days(pl.concat(days)) == [
        "No day is unusually slow: the median day's 95th percentile is 1.0 s.",
        "No day is unusually full of errors: on the median day 0 % of traces have one.",
    ]


def test_many_days_are_counted_and_the_first_three_named() -> None:
    days = [day(at) for at in range(6)] + [day(at, ms=9000.0) for at in range(6, 11)]
    assert unusual_days(pl.concat(days))[0].startswith(
        "5 of 11 days of 20 traces or more took more than 2 times as long (2026-01-11, 2026-01-12, 2026-01-13, 2 more):"
    )


def test_few_days_or_days_with_few_traces_cannot_tell() -> None:
    small = [day(0), day(1), day(2), day(3), day(4, n=19)]
    assert unusual_days(pl.concat(small)) == ["Too few days have 20 traces or more to tell which day is unusual."]


def test_a_day_without_durations_is_judged_for_its_errors_alone() -> None:
    days = pl.concat([day(at) for at in range(5)]).with_columns(pl.lit(None, pl.Float64).alias("duration_ms"))
    assert unusual_days(days) == ["No day is unusually full of errors: on the median day 0 % of traces have one."]
