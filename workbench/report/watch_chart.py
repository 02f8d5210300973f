"""The course of one watched problem as a picture: its share by week, the alarm's running sum, and the exposure.

All three share the days, so that a quiet week is seen to be a week of little traffic where it is one.
"""

from datetime import date, timedelta
from typing import Any

import polars as pl

from workbench.records import Watch
from workbench.report import formats
from workbench.report.chart import Chart, draw, inline
from workbench.report.look import FIRST, GREY, SECOND
from workbench.report.watch import alarm_words
from workbench.stats.intervals import wilson
from workbench.watch import Looked

_WIDTH, _HEIGHT, _LOW = 720, 170, 90


def course_chart(one: Looked) -> Chart:
    """Return a problem's share by week around the ship, the running sum of its alarm, and the traces a day."""
    import altair as alt

    days = _span(one)
    axis = alt.Axis(format="%d %b", grid=False, tickCount=6, labelOverlap=True)
    scale = alt.Scale(domain=[{"year": day.year, "month": day.month, "date": day.day} for day in days])
    at = alt.X("utcyearmonthdate(day):T", title=None, axis=axis, scale=scale)
    ship = alt.Chart(inline([{"day": one.watch.since.date().isoformat(), "words": "the change is live"}])).encode(x=at)
    rule = ship.mark_rule(color=GREY, strokeDash=[4, 3])
    name = ship.mark_text(align="left", dx=4, baseline="top", color=GREY).encode(text="words:N", y=alt.value(2))
    weekly = alt.Chart(inline(_weeks(one))).encode(x=at)
    percent = alt.Axis(format=".1%", tickCount=4)
    most = max([row["high"] for row in _weeks(one)] or [1.0])
    share = alt.Y("share:Q", title="share of traces", axis=percent, scale=alt.Scale(domain=[0, most]))
    bars = weekly.mark_rule(color=FIRST, strokeWidth=2).encode(y=alt.Y("low:Q", title="share of traces"), y2="high:Q")
    points = weekly.mark_point(color=FIRST, filled=True, size=55, opacity=1).encode(y=share)
    found_before = one.watch.n_found_before / one.watch.n_before
    aimed = one.watch.target_share / one.watch.before_share * found_before
    aim = _level(
        aimed,
        f"the target of {_percent(one.watch.target_share)}, as far as detectors find it",
        axis=percent,
        title="share of traces",
    )
    top = alt.layer(bars, points, *aim, rule, name).properties(
        width=_WIDTH, height=_HEIGHT, title="Found by detectors, share of traces by week"
    )
    daily = alt.Chart(inline(_days(one))).encode(x=at)
    line = daily.mark_line(color=SECOND).encode(y=alt.Y("cusum:Q", title="running sum", axis=alt.Axis(tickCount=3)))
    alarm = _level(one.course.height, "alarm", axis=alt.Axis(tickCount=3), title="running sum")
    middle = alt.layer(line, *alarm, rule).properties(
        width=_WIDTH, height=_LOW, title="Evidence that it is as common as it was"
    )
    counts = daily.mark_bar(color=GREY).encode(y=alt.Y("n:Q", title="traces", axis=alt.Axis(tickCount=3, format="d")))
    low = alt.layer(counts, rule).properties(
        width=_WIDTH, height=_LOW, title="Exposure: traces of the changed version a day"
    )
    return draw(alt.vconcat(top, middle, low), alt=course_words(one.watch))


def _level(value: float, words: str, *, axis: Any, title: str) -> tuple[Any, Any]:
    """Return a level line and its name, at the right."""
    import altair as alt

    level = alt.Chart(inline([{"level": value, "words": words}])).encode(y=alt.Y("level:Q", title=title, axis=axis))
    named = level.mark_text(align="right", dx=-4, dy=-7, color=SECOND).encode(x=alt.value(_WIDTH), text="words:N")
    return level.mark_rule(color=SECOND, strokeDash=[6, 3]), named


def _weeks(one: Looked) -> list[dict[str, Any]]:
    rows = one.weeks.filter(pl.col("n") > 0)
    low, high = wilson(rows["n_found"].to_numpy(), rows["n"].to_numpy())
    return [
        {
            "day": (one.watch.since + timedelta(days=7 * row["week"] + 3.5)).date().isoformat(),
            "share": row["n_found"] / row["n"],
            "low": float(least),
            "high": float(most),
        }
        for row, least, most in zip(rows.iter_rows(named=True), low, high, strict=True)
    ]


def _days(one: Looked) -> list[dict[str, Any]]:
    return [{**row, "day": row["day"].isoformat()} for row in one.course.days.iter_rows(named=True)]


def _span(one: Looked) -> tuple[date, date]:
    weeks = one.weeks["week"].to_list() or [0]
    first = (one.watch.since + timedelta(weeks=min(*weeks, 0))).date()
    days = one.course.days["day"].to_list() or [one.watch.since.date()]
    return first, max(max(days), (one.watch.since + timedelta(weeks=max(weeks) + 1)).date())


def course_words(watch: Watch) -> str:
    """Return what the picture shows, for who cannot see it."""
    return (
        f"{before_words(watch)} Since then in {formats.share_of(watch.n_found, watch.n_after)}; the target is "
        f"{_percent(watch.target_share)} of all; alarm: {alarm_words(watch)}."
    )


def before_words(watch: Watch) -> str:
    """Return how common it was before the ship, as a sentence: what was found, and what the target is a part of."""
    of_all = formats.share_of(watch.n_found_before, watch.n_before)
    return f"Before the ship detectors found it in {of_all} traces, and {_percent(watch.before_share)} of all had it."


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
