"""One problem of a run in full: its size, trend, place and examples.

A cause is a hypothesis and says so wherever it stands; what a trace said stands in a border and nothing else does.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from workbench.records import Cause
from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, numbers, sentences, stack, table, words
from workbench.report.chart import Chart, draw, inline
from workbench.report.course import Course, courses
from workbench.report.detection import DetectionReport, Problem
from workbench.report.last_days import Days
from workbench.report.look import GREY, colour_of
from workbench.report.markup import Html, badge, folded, heading, join, link, muted, paragraph, quote, said
from workbench.report.naming import conditions, lifted, name
from workbench.report.overlap import Overlap, overlaps
from workbench.report.quotes import Quote, quote_traces

N_EXEMPLARS = 3
"""Examples of a problem: one may be odd, three show what they share."""
N_CAUSES = 5
"""Proposed causes of a problem that are shown; the ledger keeps all."""
N_EVIDENCE = 3
"""Trace ids named beside a cause; the ledger keeps twenty."""
_TREND_WIDTH, _TREND_HEIGHT = 330, 90
_SUBTITLE = "the line: as many as its share of all traffic would be"
_NONE = muted("–")
"""Where a cause of this kind has no such number."""


def problem_sections(report: DetectionReport, *, top_n: int, quote_characters: int) -> Block:
    """Return a section for each of the `top_n` largest problems.

    Parameters
    ----------
    report
        The detection run.
    top_n
        Problems to show, 1 to 20.
    quote_characters
        Longest quote of a trace, characters.

    Raises
    ------
    ValueError
        If `top_n` is out of its bounds.
    """
    shown = report.problems[: check_top_n(top_n)]
    if not shown:
        return sentences("No two findings are alike enough to form a recurring problem.")
    again, drawn = overlaps(report), courses(report)
    exemplars = _exemplars(report, shown)
    quotes = quote_traces(report.spans, exemplars["trace_id"].drop_nulls())
    return stack(
        *(
            _section(
                report,
                problem,
                again.get(problem.rank),
                drawn.get(problem.cluster_id),
                exemplars,
                quotes,
                quote_characters,
            )
            for problem in shown
        ),
        name="problems",
    )


def _section(
    report: DetectionReport,
    problem: Problem,
    again: Overlap | None,
    course: Course | None,
    exemplars: pl.DataFrame,
    quotes: dict[str, Quote],
    limit: int,
) -> Block:
    trend = _trend(problem, course)
    facts = stack(
        Block(heading(join([f"{problem.rank}. ", name(problem)]), anchor=problem.anchor)),
        _size(problem),
        *_again(report, again),
        name="facts",
    )
    top = stack(facts, *([Block(trend.html)] if trend else []), name="top")
    mine = {row["finding_id"]: row for row in exemplars.filter(pl.col("cluster_id") == problem.cluster_id).to_dicts()}
    shown = [mine[finding_id] for finding_id in problem.exemplars if finding_id in mine]
    examples = [
        _example(place, row, quotes.get(row["trace_id"]), limit) for place, row in enumerate(shown[:N_EXEMPLARS], 1)
    ]
    return stack(top, _causes(problem.causes), *examples[:1], *_folded(examples[1:]), name="problem")


def _folded(examples: Sequence[Block]) -> list[Block]:
    """Return further examples as one block that the reader opens, so that the page stays short."""
    if not examples:
        return []
    whole = stack(*examples).html
    return [Block(folded(f"{formats.counted(len(examples), 'more example')}", whole))]


def _size(problem: Problem) -> Block:
    counts = [formats.counted(problem.n_findings, "finding"), formats.counted(problem.n_traces, "trace")]
    if problem.n_sessions:
        counts.append(formats.counted(problem.n_sessions, "session"))
    counts.append(formats.counted(problem.n_users, "user") if problem.n_users else "users not recorded")
    issue = problem.issue
    if issue is None:
        became: Html | str = muted("No issue of it is in the ledger.")
    else:
        became = join([f"Issue {issue.id} ", badge(issue.state), f" severity {problem.severity}"])
    seen = "" if issue is None else _seen(issue.first_seen_at, issue.last_seen_at)
    return Block(join([paragraph(", ".join(counts) + "."), paragraph(seen), paragraph(became)]))


def _again(report: DetectionReport, overlap: Overlap | None) -> list[Block]:
    """Return a sentence on the earlier problem that this one is mostly found with."""
    if overlap is None:
        return []
    earlier = report.problems[overlap.rank - 1]
    words_of_it = f"{overlap.words[0].upper()}{overlap.words[1:]}"
    return [sentences(join([link(words_of_it, anchor=earlier.anchor), ": it may be the same fault seen again."]))]


def _seen(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "When it was seen is not recorded."
    return f"First seen {first:%Y-%m-%d}, last {last:%Y-%m-%d}."


def _causes(causes: Sequence[Cause]) -> Block:
    if not causes:
        return sentences(muted("No tool, version, task or other attribute is over-represented in it."))
    hypothesis = sentences(join([badge("hypothesis"), " ", said(causes[0].statement, limit=400)]))
    return stack(
        hypothesis,
        table(
            (
                *words("found by", "what they have in common"),
                *numbers("of its traces", "of all others", "times as frequent", "q", "explains"),
                *words("evidence: traces"),
            ),
            [_cause(cause) for cause in causes],
            caption="Where does it concentrate?",
            top_n=N_CAUSES,
            of="value",
            note="q: of claims with a q this small, at most that share is expected to be chance. Explains: the share "
            "of its traces beyond what the others predict.",
        ),
    )


def _cause(cause: Cause) -> tuple[Html | str, ...]:
    evidence: list[Html | str] = [said(trace_id, limit=14) for trace_id in cause.evidence[:N_EVIDENCE]]
    if len(cause.evidence) > N_EVIDENCE:
        evidence.append(muted(f"+{len(cause.evidence) - N_EVIDENCE}"))
    return (
        formats.words(cause.kind),
        conditions(cause) if cause.conditions else said(cause.statement, limit=120),
        _share(cause.n_cluster_with, cause.n_cluster),
        _share(cause.n_rest_with, cause.n_rest),
        lifted(cause) or _NONE,
        _NONE if cause.q_value is None else formats.probability(cause.q_value),
        _NONE if cause.share_explained is None else formats.share(cause.share_explained),
        join(evidence, " "),
    )


def _share(n: int | None, total: int | None) -> Html | str:
    return _NONE if n is None or total is None else formats.share_of(n, total)


def _example(place: int, finding: dict[str, str], quoted: Quote | None, limit: int) -> Block:
    unit = finding["trace_id"] or finding["session_id"] or ""
    what = "session" if finding["unit"] == "session" else "trace" if finding["unit"] == "trace" else "span of trace"
    parts = [paragraph(join([muted(f"Example {place}: {what} "), said(unit, limit=64)]))]
    if finding["text"]:
        parts.append(quote("what was found", finding["text"], limit=limit))
    if quoted and quoted.asked:
        parts.append(quote("what the trace was asked", quoted.asked, limit=limit))
    if quoted and quoted.answered:
        parts.append(quote("what it answered last", quoted.answered, limit=limit))
    return stack(Block(join(parts)), name="example")


def _trend(problem: Problem, course: Course | None) -> Chart | None:
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
    bars = base.mark_bar(color=colour_of(problem.detector)).encode(y=alt.Y("n:Q", title=None, axis=counts))
    line = base.mark_line(color=GREY, strokeWidth=1.5).encode(y=alt.Y("expected:Q", title=None))
    return draw(
        (bars + line).properties(title=heading_of_it, width=_TREND_WIDTH, height=_TREND_HEIGHT), alt=course.words
    )


def _exemplars(report: DetectionReport, problems: Sequence[Problem]) -> pl.DataFrame:
    wanted = [finding_id for problem in problems for finding_id in problem.exemplars[:N_EXEMPLARS]]
    return report.findings.filter(pl.col("finding_id").is_in(wanted))
