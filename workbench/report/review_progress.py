"""How far a review is: what it says so far, who has judged how much, and whether reading on still teaches anything."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from workbench.records import Verdict
from workbench.report import formats
from workbench.report.blocks import Block, Figure, key_figures, numbers, sentences, table, words
from workbench.report.chart import Chart, draw, inline
from workbench.report.look import BLUE, GREY, WIDTH
from workbench.report.markup import Html, badge, join, muted, said, strong
from workbench.report.review import ReviewReport, missed
from workbench.report.review_totals import Totals, totals, totals_words, went_on_words
from workbench.review import Missed, codes_of, consensus, curve, is_over, saturation

PAUSE = timedelta(minutes=5)
"""A longer gap between two verdicts of one person is a pause and no reading time."""
_HEIGHT = 240


def review_summary(report: ReviewReport) -> Block:
    """Return the review in a few sentences, for the top of the page; the first line is the headline."""
    review = report.review
    if not report.people:
        return sentences(strong("Nobody has judged anything in this review yet."), _time_left(report))
    how = (
        f"{formats.counted(len(report.people), 'reviewer')} judged "
        f"{formats.share_of(report.n_judged, review.n_items)} items, drawn {_MODES[review.mode]}"
        f"{_asked(review.n_per_item)}."
    )
    return sentences(strong(totals_words(totals(report))), how, _time_left(report))


def review_figures(report: ReviewReport) -> Block:
    """Return the key figures: items judged, issues decided, agreement, and what the detectors together find."""
    issues = totals(report)
    on_traces = next((one for one in consensus(report.first) if one.kind == "trace"), None)
    agreed = "–" if on_traces is None else formats.share(on_traces.figures.raw.value)
    note = "no trace was judged twice" if on_traces is None else f"alpha {_two(on_traces.figures.alpha.value)}"
    told = missed(report)
    recall = "–" if told.recall is None else formats.share(told.recall)
    return key_figures(
        [
            Figure(
                formats.share(report.n_judged / report.review.n_items) if report.review.n_items else "–",
                "of the items are judged",
                f"{formats.count(report.n_judged)} of {formats.count(report.review.n_items)}",
            ),
            Figure(
                formats.count(issues.n_confirmed),
                f"of {formats.counted(issues.n_issues, 'issue')} confirmed",
                "; ".join([*([went_on_words(issues)] if issues.went_on else []), _others(issues)]),
            ),
            Figure(agreed, "of two labels of a trace agree", note),
            Figure(recall, "of problems are found by a detector", _recall_note(told)),
        ]
    )


def progress_by_reviewer(report: ReviewReport) -> Block:
    """Return one row a reviewer: what they judged, how sure they were, and how long an item took them."""
    rows = []
    for name in report.people:
        mine = [one for one in report.standing if one.annotator == name and one.annotator_kind == "HUMAN"]
        own = [one for one in mine if not one.is_adjudication]
        rows.append(
            (
                said(name, limit=40),
                *(formats.count(sum(one.target_kind == kind for one in own)) for kind in ("trace", "cause", "issue")),
                formats.count(sum(one.target_kind == "cluster" for one in own)),
                formats.count(sum(one.label == "uncertain" for one in own)),
                formats.count(sum(one.is_flagged for one in own)),
                formats.count(len(mine) - len(own)),
                _seconds(mine),
                formats.moment(max(one.at for one in mine)),
            )
        )
    if not rows:
        return sentences("Nobody has judged anything yet.")
    return table(
        (
            *words("reviewer"),
            *numbers("traces", "causes", "issues", "whole clusters", "uncertain", "flagged", "decided between others"),
            *numbers("seconds an item"),
            *words("last"),
        ),
        rows,
        caption="Who has judged how much?",
        of="reviewer",
        note=f"Seconds: the median between two verdicts; gaps of more than {PAUSE.seconds // 60} minutes are pauses.",
    )


def saturation_chart(report: ReviewReport) -> Chart | Block:
    """Return how many distinct codes the first traces brought; a sentence where nobody gave a code."""
    import altair as alt

    codes = codes_of(report.standing)
    told = saturation(codes)
    if not told.n_codes:
        return sentences("No trace was given a code: whether reading on teaches anything cannot be told.")
    rows: list[dict[str, Any]] = [{"n_items": 0, "n_codes": 0}, *curve(codes).to_dicts()]
    begin = told.n_items - told.n_last
    band = alt.Chart(inline([{"from": begin, "to": told.n_items}])).mark_rect(color=GREY, opacity=0.18)
    line = alt.Chart(inline(rows)).mark_line(color=BLUE, interpolate="step-after", strokeWidth=2)
    chart = band.encode(x=alt.X("from:Q", title="traces judged"), x2="to:Q") + line.encode(
        x=alt.X("n_items:Q", title="traces judged"),
        y=alt.Y("n_codes:Q", title="distinct codes", axis=alt.Axis(tickMinStep=1)),
    )
    brought = saturation_words(report)
    return draw(
        chart.properties(
            title={"text": "Does reading on still teach anything?", "subtitle": [brought]},
            width=WIDTH - 80,
            height=_HEIGHT,
        ),
        alt=f"Does reading on still teach anything? {brought}",
    )


def saturation_words(report: ReviewReport) -> str:
    """Return how many new codes the last traces brought, and how many more are to be expected, as a sentence."""
    told = saturation(codes_of(report.standing))
    chance = f"; some {formats.share(told.chance_of_new)} of the next bring another" if told.chance_of_new else ""
    last = formats.counted(told.n_last, "trace")
    new = formats.counted(told.n_new, "new code")
    return f"The last {last} (shaded) brought {new} of {formats.count(told.n_codes)}{chance}."


_MODES = {"random": "at random", "uncertain": "the doubtful ones first", "diverse": "spread over the map"}


def _asked(n_per_item: int) -> str:
    return f", each for {formats.counted(n_per_item, 'reviewer')}" if n_per_item > 1 else ""


def _others(issues: Totals) -> str:
    merged = f", {formats.count(issues.n_merged)} merged" if issues.n_merged else ""
    waits = formats.counted(issues.n_waiting, "waits", "wait")
    return f"{formats.count(issues.n_rejected)} rejected{merged}, {waits}"


def _time_left(report: ReviewReport) -> Html | str:
    """Return since when the review is open, and until when, as a sentence."""
    review = report.review
    opened = f"Opened {formats.age(report.now - review.at)}"
    if review.closed_at is not None:
        return f"{opened}, closed on {formats.moment(review.closed_at)}."
    if is_over(review, now=report.now):
        ended = f" its deadline was {formats.moment(review.deadline_at)}."
        return join([f"{opened}; ", badge("overdue"), ended])
    return muted(f"{opened}, open until {formats.moment(review.deadline_at)}.")


def _recall_note(told: Missed) -> str:
    if told.share is None:
        return "no trace without a finding was judged in its turn"
    if told.recall_low is None:
        return "no trace with a finding is confirmed"
    if told.recall_high is None:
        return f"at least; {formats.share(told.recall_low)} or more"
    return f"at least; {formats.share(told.recall_low)} to {formats.share(told.recall_high)}"


def _seconds(verdicts: Sequence[Verdict]) -> str:
    moments = sorted(one.at for one in verdicts)
    gaps = [later - earlier for earlier, later in pairwise(moments) if later - earlier <= PAUSE]
    return f"{median(gap.total_seconds() for gap in gaps):.0f}" if gaps else "–"


def _two(value: float) -> str:
    return f"{value:.2f}" if value == value else "undefined"
