"""The course of one problem as a small chart: its traces by day as bars, and its share of the traffic as a line."""

from workbench.report.chart import Chart, draw, inline
from workbench.report.course import Course
from workbench.report.last_days import Days
from workbench.report.look import GREY, colour_of

_WIDTH, _HEIGHT = 330, 90
_SUBTITLE = "the line: as many as its share of all traffic would be"


def course_chart(course: Course | None, *, detector: str) -> Chart | None:
    """Return the problem's traces by day, and how many its share of the traffic would be; None where no day has any."""
    import altair as alt

    if course is None or not any(course.found):
        return None
    share = sum(course.found) / max(1, sum(course.traces))
    rows = [
        {"day": day.isoformat(), "n": found, "expected": round(share * n, 2)}
        for day, found, n in zip(course.days, course.found, course.traces, strict=True)
    ]
    heading_of_it = {"text": "Traces with it a day, UTC", "fontSize": 12, "subtitle": [_SUBTITLE]}
    axis = alt.Axis(format="%d %b", grid=False, tickCount=4, labelOverlap=True)
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "utcyearmonthdate(day):T", title=None, axis=axis, scale=Days(course.days[0], course.days[-1], 0, 0).scale()
        )
    )
    counts = alt.Axis(tickCount=3, format="d")
    bars = base.mark_bar(color=colour_of(detector)).encode(y=alt.Y("n:Q", title=None, axis=counts))
    line = base.mark_line(color=GREY, strokeWidth=1.5).encode(y=alt.Y("expected:Q", title=None))
    return draw((bars + line).properties(title=heading_of_it, width=_WIDTH, height=_HEIGHT), alt=course.words)
