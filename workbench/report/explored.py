"""A detection run as plain frames and values for the views of a notebook, which know nothing of reports."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from workbench.records import Cause, Severity
from workbench.report import formats
from workbench.report.cause_panel import FOUND_BY
from workbench.report.course import Course, courses
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.naming import N_PHRASES, lifted
from workbench.report.sure import stability_words
from workbench.report.trend import Trend, trends

SHAPES: Mapping[Severity, str] = {"high": "diamond", "medium": "square", "low": "circle"}
"""The shape of a finding by severity, so that a map says it without colours."""


class Explored(NamedTuple):
    """What `widgets.explore` takes."""

    findings: pl.DataFrame
    """One row a finding, the first problems' first and of these the most typical: finding_id, trace_id, span_id,
    session_id, detector, severity, at, problem (its rank, 0 for none), text, about, x, y."""
    problems: list[dict[str, Any]]
    """What the panel shows of each problem, by rank."""


def explored(report: DetectionReport, *, recent_days: int) -> Explored:
    """Return a detection run for the views of a notebook.

    Parameters
    ----------
    report
        The detection run.
    recent_days
        The days that are compared with those before.
    """
    moved, drawn = trends(report, recent_days=recent_days), courses(report)
    panels = [_panel(one, report, moved.get(one.cluster_id), drawn.get(one.cluster_id)) for one in report.problems]
    return Explored(_findings(report), panels)


def _findings(report: DetectionReport) -> pl.DataFrame:
    ranks = {problem.cluster_id: problem.rank for problem in report.problems}
    typical = {one: at for problem in report.problems for at, one in enumerate(problem.exemplars)}
    return (
        report.findings.with_columns(
            problem=pl.col("cluster_id").replace_strict(ranks, default=0, return_dtype=pl.Int64),
            typical=pl.col("finding_id").replace_strict(typical, default=len(typical), return_dtype=pl.Int64),
            about=_about(),
        )
        .sort(
            pl.col("problem") == 0,
            "problem",
            "typical",
            "at",
            "finding_id",
            descending=[False, False, False, True, False],
        )
        .select(
            "finding_id",
            "trace_id",
            "span_id",
            "session_id",
            "detector",
            "severity",
            "at",
            "problem",
            "text",
            "about",
            "x",
            "y",
        )
    )


def _about() -> pl.Expr:
    unit = pl.coalesce("trace_id", "session_id").fill_null("")
    parts = (
        pl.col("detector").str.replace_all("_", " ", literal=True),
        pl.col("at").dt.strftime("%Y-%m-%d %H:%M"),
        pl.col("unit") + pl.lit(" ") + unit.str.slice(0, 16),
    )
    return pl.concat_str(parts, separator=" · ", ignore_nulls=True)


def _panel(problem: Problem, report: DetectionReport, moved: Trend | None, course: Course | None) -> dict[str, Any]:
    return {
        "rank": problem.rank,
        "name": name_of(problem),
        "colour": colour_of(problem.detector),
        "shape": SHAPES[problem.severity],
        "facts": facts_of(problem, report, moved),
        "days": _course(course),
        "causes": [_with_traces(cause) for cause in problem.causes],
        "without": "No attribute, step or change of version sets it apart beyond chance.",
    }


def name_of(problem: Problem) -> str:
    """Return what a problem is called in a view: what a namer called it, else its key phrases, and its detector."""
    words = problem.given_name or ", ".join(problem.phrases[:N_PHRASES]) or "(no words)"
    return f"{words} ({formats.words(problem.detector)})"


def facts_of(problem: Problem, report: DetectionReport, moved: Trend | None) -> list[tuple[str, str]]:
    """Return what is known of a problem as pairs of a name and what it is."""
    facts = [
        ("findings", formats.count(problem.n_findings)),
        ("traces", formats.share_of(problem.n_traces, report.n_traces)),
        ("users", formats.count(problem.n_users) if problem.n_users else formats.NOT_KNOWN),
        ("severity", problem.severity),
    ]
    if problem.issue is not None:
        facts.append(("issue", f"{problem.issue.state}, {problem.issue.id}"))
        if problem.issue.state == "proposed" and problem.issue.reason:
            facts.append(("note", problem.issue.reason))
    if problem.stability is not None:
        facts.append(("found again in resamples", f"{formats.share(problem.stability)}, {stability_words(problem)}"))
    if moved is not None:
        facts.append(("of late", _moved(moved)))
    return facts


def _moved(moved: Trend) -> str:
    times = "" if not moved.before else f", {formats.ratio(moved.ratio, moved.low, moved.high)} as frequent as before"
    return f"{moved.state}: {formats.share_of(moved.recent, moved.n_recent)} traces{times}"


def _course(course: Course | None) -> dict[str, Any] | None:
    if course is None:
        return None
    return {
        "title": "Traces with it by day; the line is what its share of all traffic would be",
        "words": course.words,
        "names": [f"{day:%Y-%m-%d}" for day in course.days],
        "found": list(course.found),
        "traces": list(course.traces),
    }


def cause_of(cause: Cause) -> dict[str, Any]:
    """Return a cause as a view shows it: a hypothesis, how often it holds here and elsewhere, and its numbers."""
    numbers: list[tuple[str, str]] = []
    if lifted(cause):
        numbers.append(("times as frequent", lifted(cause)))
    if cause.q_value is not None:
        numbers.append(("q", formats.probability(cause.q_value)))
    if cause.share_explained is not None:
        numbers.append(("explains", formats.share(cause.share_explained)))
    if cause.onset_at is not None:
        numbers.append(("since", formats.moment(cause.onset_at)))
    return {
        "state": "hypothesis",
        "kind": FOUND_BY[cause.kind],
        "statement": cause.statement,
        "contrast": _contrast(cause),
        "numbers": numbers,
        "notes": list(cause.notes),
    }


def _with_traces(cause: Cause) -> dict[str, Any]:
    shown = cause_of(cause)
    traces = [*_traces("For example", cause.evidence), *_traces("But also", cause.counter_examples)]
    return shown | {"notes": [*shown["notes"], *traces]}


def _contrast(cause: Cause) -> list[dict[str, Any]]:
    """Return how often it holds: a row for the problem's traces, one for all others; none where it is not known."""
    rows = (
        ("its traces", cause.n_cluster_with, cause.n_cluster),
        ("all others", cause.n_rest_with, cause.n_rest),
    )
    return [
        {
            "where": where,
            "n": formats.count(n),
            "total": formats.count(total),
            "share": n / total,
            "words": formats.share(n / total),
        }
        for where, n, total in rows
        if n is not None and total
    ]


def _traces(lead: str, trace_ids: tuple[str, ...]) -> list[str]:
    shown = ", ".join(trace_id[:16] for trace_id in trace_ids[:3])
    return [f"{lead}: {shown}"] if shown else []
