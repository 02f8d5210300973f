"""The course of each watched problem: how common it is week by week, how the alarm stands, and against what."""

from workbench.records import WatchDesign
from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, sentences, stack, table, words
from workbench.report.markup import heading, join, muted, said, text
from workbench.report.watch import STATES, TITLE_CHARACTERS, WatchReport
from workbench.report.watch_chart import course_chart
from workbench.stats.absence import n_for_silence
from workbench.watch import Looked

DESIGNS: dict[WatchDesign, str] = {
    "none": "nothing yet: fewer than four whole weeks",
    "before_after": "before/after only: whatever else changed is in it",
    "control_issues": "control issues, which nobody mended and which share the days",
    "hold_back": "users held back at random, in the same days",
}
"""What each design compares with."""
WIDEST = 100
"""How many times its lower bound an interval's upper one may be, and still say anything of the change."""


def watch_courses(report: WatchReport, *, top_n: int) -> Block:
    """Return the course of each watched problem as a chart, with its sentence; at most `top_n`."""
    shown = report.looked[: check_top_n(top_n)]
    if not shown:
        return sentences("Nothing is watched, so that there is no course to show.")
    return stack(*(_one(one) for one in shown), name="courses")


def watch_effects(report: WatchReport) -> Block:
    """Return one row a watched issue: how many times as common detectors find it with the change, and against what."""
    if not report.looked:
        return sentences("Nothing is watched, so that nothing can be compared.")
    rows = [
        (
            said(one.issue.title, limit=TITLE_CHARACTERS),
            _ratio(one),
            DESIGNS[one.watch.design],
            formats.counted(len(one.controls), "issue"),
            f"{one.course.dispersion:.1f}×",
        )
        for one in report.looked
    ]
    return table(
        words("issue", "times as common as before", "compared with", "controls", "weeks differ by"),
        rows,
        caption="Was it the change?",
        of="issue",
        note="By what detectors find, with the 95 % interval. Weeks differ by: times the variance of chance, before "
        "the ship; days' evidence counts for so much less.",
    )


def _one(one: Looked) -> Block:
    watch = one.watch
    needed = n_for_silence(watch.target_share)
    exposure = (
        f"Exposure: {formats.counted(watch.n_after, 'trace')} of the changed version since {watch.since:%Y-%m-%d}; "
        f"{formats.count(watch.n_judged)} drawn at random were judged blind, and without a hit "
        f"{formats.count(needed)} would do."
    )
    title = join([said(one.issue.title, limit=TITLE_CHARACTERS), " ", text(STATES[watch.state])])
    reasons = " ".join(watch.reasons) or "It has not been looked at yet."
    drawn = [Block(course_chart(one).html)] if not one.weeks.is_empty() or not one.course.days.is_empty() else []
    return stack(
        Block(heading(title, anchor=watch.id)), sentences(reasons), *drawn, sentences(muted(exposure)), name="course"
    )


def _ratio(one: Looked) -> str:
    watch = one.watch
    if watch.ratio is None or watch.ratio_low is None or watch.ratio_high is None:
        return "not known yet"
    span = f"{_times(watch.ratio_low)} to {_times(watch.ratio_high)}"
    if watch.ratio_high > WIDEST * watch.ratio_low:
        return f"too little to tell ({span})"
    return f"{_times(watch.ratio)} ({span})"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"
