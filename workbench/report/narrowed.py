"""A part of a run: the findings of some detectors, a severity and more, some days, or traces with an attribute's value.

Clusters stay as the run made them; what is counted of them is counted anew, and the page says what is left out.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from workbench.backlog import SEVERITY_WEIGHT
from workbench.causes.attributes import ATTRIBUTES, trace_attributes
from workbench.report import formats
from workbench.report.detection import DetectionReport, Problem, traffic_of
from workbench.windows import Window

ALL = "all"
"""The word for no narrowing, in every filter."""


def narrowed(
    report: DetectionReport, *, detectors: str = ALL, severity: str = "low", days: str = ALL, where: str = ALL
) -> DetectionReport:
    """Return the part of a run that is wanted; the report itself where all of it is.

    Parameters
    ----------
    report
        The detection run.
    detectors
        `all`, or codes of detectors with commas between.
    severity
        The least severity: low, medium or high.
    days
        `all`, or a window as `windows.Window` reads it; `7d` counts back from the run.
    where
        `all`, or `attribute is value`, several with commas between: a trace has every one. `prompt_version is 7`.

    Raises
    ------
    ValueError
        If a filter makes no sense; the message names what there is.
    """
    said = [
        part
        for part in (
            "" if detectors == ALL else f"detectors {detectors}",
            "" if severity == "low" else f"severity {severity} and above",
            "" if days == ALL else f"days {days}",
            "" if where == ALL else f"traces with {where}",
        )
        if part
    ]
    check_filters(severity=severity, days=days, where=where, now=report.run.at)
    if not said:
        return report
    window = Window.parse(days, now=report.run.at)
    spans = report.spans
    findings = report.findings.filter(_found_by(report, detectors), _is_severe(report, severity), _inside(window))
    if where != ALL:
        having = _having(spans, where)
        spans = spans.join(having.lazy(), on="trace_id", how="semi")
        findings = findings.join(having, on="trace_id", how="semi")
    traffic = traffic_of(spans, until=_last_day(report.traffic)) if where != ALL else report.traffic
    traffic = traffic.filter(_days(window))
    kept = replace(report, findings=findings, spans=spans, traffic=traffic, n_traces=int(traffic["n"].sum()))
    of_all = formats.share_of(findings.height, report.findings.height)
    return replace(kept, problems=_recounted(kept), shown=f"Only {', '.join(said)}: {of_all} findings.")


def _last_day(traffic: pl.DataFrame) -> date | None:
    last = traffic["on"].max()
    return last if isinstance(last, date) else None


def check_filters(*, severity: str, days: str, where: str, now: datetime) -> None:
    """Check what can be checked of filters without a run.

    Raises
    ------
    ValueError
        If one makes no sense.
    """
    if severity not in SEVERITY_WEIGHT:
        raise ValueError(f"severity == {severity!r}, must be low, medium or high")
    Window.parse(days, now=now)
    if where != ALL:
        tuple(_wanted(where))


def _found_by(report: DetectionReport, detectors: str) -> pl.Expr:
    if detectors == ALL:
        return pl.lit(value=True)
    wanted = [name.strip() for name in detectors.split(",")]
    known = sorted({tally.detector for tally in report.run.tallies} | set(report.findings["detector"]))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"detectors == {detectors!r}, there is no {unknown[0]!r}: there are {', '.join(known)}")
    return pl.col("detector").is_in(wanted)


def _is_severe(report: DetectionReport, severity: str) -> pl.Expr:
    """Return whether a finding is as severe: its problem's severity, which people may have set; else its own."""
    least = next(weight for name, weight in SEVERITY_WEIGHT.items() if name == severity)
    of_problem = {problem.cluster_id: str(problem.severity) for problem in report.problems}
    enough = [name for name, weight in SEVERITY_WEIGHT.items() if weight >= least]
    severities = pl.col("cluster_id").replace_strict(of_problem, default=None, return_dtype=pl.String)
    return pl.coalesce(severities, "severity").is_in(enough)


def _inside(window: Window) -> pl.Expr:
    if window == Window():
        return pl.lit(value=True)
    return _between(pl.col("at"), window)


def _days(window: Window) -> pl.Expr:
    if window == Window():
        return pl.lit(value=True)
    first, last = window.first_day, window.last_day
    after = pl.lit(value=True) if first is None else pl.col("on") >= first
    return after if last is None else after & (pl.col("on") <= last)


def _between(at: pl.Expr, window: Window) -> pl.Expr:
    after = pl.lit(value=True) if window.start is None else at >= window.start
    return at.is_not_null() & (after if window.end is None else after & (at < window.end))


def _having(spans: pl.LazyFrame, where: str) -> pl.DataFrame:
    """Return the traces that have every wanted value: trace_id."""
    values = trace_attributes(spans)
    having = values.select("trace_id").unique()
    known = sorted(values["attribute"].unique())
    for name, value in _wanted(where):
        if name not in known:
            raise ValueError(f"where == {where!r}, no trace has an attribute {name!r}; there are {', '.join(known)}")
        mine = values.filter(pl.col("attribute") == name, pl.col("value") == value)
        having = having.join(mine, on="trace_id", how="semi")
    return having


def _wanted(where: str) -> Iterable[tuple[str, str]]:
    known = [attribute.name for attribute in ATTRIBUTES]
    for part in where.split(","):
        name, is_given, value = part.partition(" is ")
        if not is_given:
            raise ValueError(f"where == {where!r}, must be like 'release is 7'; attributes are {', '.join(known)}")
        yield name.strip(), value.strip()


def _recounted(report: DetectionReport) -> tuple[Problem, ...]:
    """Return the problems with findings left, counted and ranked anew."""
    counts = (
        report.findings.drop_nulls("cluster_id")
        .group_by("cluster_id")
        .agg(
            n_findings=pl.len(),
            n_traces=pl.col("trace_id").n_unique(),
            n_sessions=pl.col("session_id").drop_nulls().n_unique(),
            n_users=pl.col("user_key").drop_nulls().n_unique(),
        )
    )
    of_cluster = {row.pop("cluster_id"): row for row in counts.to_dicts()}
    left = [replace(one, **of_cluster[one.cluster_id]) for one in report.problems if one.cluster_id in of_cluster]
    left.sort(
        key=lambda one: (
            one.demoted is not None,
            -one.n_traces * SEVERITY_WEIGHT[one.severity],
            -one.n_findings,
            one.rank,
        )
    )
    return tuple(replace(one, rank=rank) for rank, one in enumerate(left, start=1))
