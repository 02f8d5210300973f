"""What an analyst asks first: which problems are back, new, growing, fading or gone."""

from typing import Literal

from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, numbers, sentences, table, words
from workbench.report.course import Course, courses
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, badge, join, link, muted, spark
from workbench.report.naming import phrases
from workbench.report.trend import State, Trend, trends

_ORDER: dict[State | Literal["back"], int] = {"back": 0, "new": 1, "growing": 2, "fading": 3, "gone": 4, "steady": 5}
"""Back is a problem whose issue was resolved and is found again."""


def news(report: DetectionReport, *, recent_days: int, top_n: int) -> Block:
    """Return the problems whose share of the traces moved, the new and growing ones first.

    Parameters
    ----------
    report
        The detection run.
    recent_days
        The days that are compared with those before, 1 to 60.
    top_n
        Rows to show, 1 to 20.

    Raises
    ------
    ValueError
        If a number is out of its bounds.
    """
    check_top_n(top_n)
    moved = trends(report, recent_days=recent_days)
    if not report.problems:
        return sentences("There is no recurring problem that could be new.")
    last = formats.counted(recent_days, "day")
    if not moved:
        return sentences(f"There is no traffic with a time before the last {last}: nothing can be called new.")
    drawn = courses(report)
    back = {one.cluster_id for one in report.descents if one.kind == "return"}
    states: dict[str, State | Literal["back"]] = {
        one: "back" if one in back else trend.state for one, trend in moved.items()
    }
    telling = [problem for problem in report.problems if states[problem.cluster_id] != "steady"]
    telling.sort(key=lambda problem: (_ORDER[states[problem.cluster_id]], problem.rank))
    n_steady = len(report.problems) - len(telling)
    steady = f"{formats.counted(n_steady, 'problem is', 'problems are')} as frequent as before, or too rare to tell."
    if not telling:
        return sentences(f"Nothing is new: in the last {last}, {steady}")
    return table(
        (
            *words("", "problem", "traces by day"),
            *numbers(f"last {last}", "before", "times as frequent", "q"),
        ),
        [
            (
                badge(states[problem.cluster_id]),
                *_row(problem, moved[problem.cluster_id], drawn.get(problem.cluster_id)),
            )
            for problem in telling
        ],
        caption="What is new, growing or fading?",
        top_n=top_n,
        of="problem",
        note=(f"{steady} " if n_steady else "")
        + "Shares are of that time's traces. q: of claims with a q this small, at most that share is expected to be "
        "chance.",
    )


def _row(problem: Problem, moved: Trend, course: Course | None) -> tuple[Html | str, ...]:
    named = join(
        [link(f"{problem.rank}. {formats.words(problem.detector)}", anchor=problem.anchor), " ", phrases(problem)]
    )
    return (
        named,
        muted(formats.NOT_KNOWN)
        if course is None
        else spark(course.found, words=course.words, colour=colour_of(problem.detector)),
        formats.share_of(moved.recent, moved.n_recent),
        formats.share_of(moved.before, moved.n_before),
        formats.ratio(moved.ratio, moved.low, moved.high) if moved.before else "only now",
        formats.probability(moved.q_value),
    )
