"""What an analyst asks first: which problems are new, growing, back, fading or gone."""

from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, numbers, sentences, table, words
from workbench.report.course import Course, courses
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, badge, join, link, muted, spark
from workbench.report.naming import phrases
from workbench.report.trend import State, Trend, trends

_ORDER: dict[State, int] = {"new": 0, "growing": 1, "gone": 3, "fading": 2, "steady": 4}


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
    telling = [problem for problem in report.problems if moved[problem.cluster_id].state != "steady"]
    telling.sort(key=lambda problem: (_ORDER[moved[problem.cluster_id].state], problem.rank))
    n_steady = len(report.problems) - len(telling)
    steady = f"{formats.counted(n_steady, 'problem is', 'problems are')} as frequent as before, or too rare to tell."
    if not telling:
        return sentences(f"Nothing is new: in the last {last} {steady}")
    return table(
        (
            *words("", "problem", "traces by day"),
            *numbers(f"last {last}", "before", "times as frequent", "q"),
        ),
        [_row(problem, moved[problem.cluster_id], drawn.get(problem.cluster_id)) for problem in telling],
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
        badge(moved.state),
        named,
        muted(formats.NOT_KNOWN)
        if course is None
        else spark(course.found, words=course.words, colour=colour_of(problem.detector)),
        formats.share_of(moved.recent, moved.n_recent),
        formats.share_of(moved.before, moved.n_before),
        formats.ratio(moved.ratio, moved.low, moved.high) if moved.before else "only now",
        formats.probability(moved.q_value),
    )
