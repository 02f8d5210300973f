"""One problem of a run in full: its size, course, proposed causes and examples.

A cause is a hypothesis and says so wherever it stands; what a trace said stands in a border and nothing else does.
"""

from datetime import date

from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, sentences, stack
from workbench.report.cause_panel import cause_panel
from workbench.report.course import Course, courses
from workbench.report.course_chart import course_chart
from workbench.report.detection import DetectionReport, Problem
from workbench.report.examples import example_blocks, read_examples
from workbench.report.markup import Html, badge, heading, join, link, muted, paragraph
from workbench.report.naming import name
from workbench.report.overlap import Overlap, overlaps
from workbench.report.sure import stability_words


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
    again, drawn, examples = overlaps(report), courses(report), read_examples(report, shown)
    return stack(
        *(
            stack(
                _top(report, problem, again=again.get(problem.rank), course=drawn.get(problem.cluster_id)),
                cause_panel(problem.causes),
                *example_blocks(examples[problem.cluster_id], limit=quote_characters),
                name="problem",
            )
            for problem in shown
        ),
        name="problems",
    )


def problem_top(report: DetectionReport, cluster_id: str) -> Block:
    """Return the size and the course of one problem; a sentence where the run has no such cluster."""
    problem = next((one for one in report.problems if one.cluster_id == cluster_id), None)
    if problem is None:
        return sentences("The run that is shown did not find it.")
    return stack(_top(report, problem, again=None, course=courses(report).get(cluster_id)), name="problem")


def _top(report: DetectionReport, problem: Problem, *, again: Overlap | None, course: Course | None) -> Block:
    facts = stack(
        Block(heading(join([f"{problem.rank}. ", name(problem)]), anchor=problem.anchor)),
        _size(problem),
        *_again(report, again),
        name="facts",
    )
    chart = course_chart(course, detector=problem.detector)
    return stack(facts, *([Block(chart.html)] if chart else []), name="top")


def _size(problem: Problem) -> Block:
    counts = [formats.counted(problem.n_findings, "finding"), formats.counted(problem.n_traces, "trace")]
    if problem.n_sessions:
        counts.append(formats.counted(problem.n_sessions, "session"))
    counts.append(formats.counted(problem.n_users, "user") if problem.n_users else "users not recorded")
    issue = problem.issue
    if issue is None:
        became: Html | str = muted("No issue of it is in the ledger.")
    else:
        became = join(
            [f"Issue {issue.id} ", badge(issue.state), f" severity {problem.severity}, {formats.words(issue.category)}"]
        )
    sure = ""
    if problem.stability is not None:
        sure = f"Clustering anew finds {formats.share(problem.stability)} of it again: {stability_words(problem)}."
    seen = "" if issue is None else _seen(issue.first_seen_at, issue.last_seen_at)
    return Block(join([paragraph(", ".join(counts) + "."), paragraph(f"{seen} {sure}".strip()), paragraph(became)]))


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
