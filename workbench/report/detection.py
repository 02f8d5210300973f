"""What one detection run found: its problems, largest first, each with the issue that it became and its causes.

It is read once for a whole report, so that every part of the report speaks of the same run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from workbench.backlog import ranked
from workbench.records import LATEST, Cause, Descent, DetectionRun, Issue, Severity, chosen_run
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS, Table
from workbench.store import Workspace
from workbench.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One cluster with what is known of it, as a reader meets it."""

    rank: int
    """Its place in the report, from 1: see `rank_problems`."""
    cluster_id: str
    """The cluster (clu_...)."""
    detector: str
    """The detector whose findings it holds."""
    phrases: tuple[str, ...]
    """Key phrases, best first: words of traces."""
    exemplars: tuple[str, ...]
    """Finding ids of the most typical members, best first."""
    n_findings: int
    n_traces: int
    n_sessions: int
    n_users: int
    severity: Severity
    """How much one finding hurts a user: as people set it on the issue, else as the detector says."""
    issue: Issue | None
    """The issue that it became, in its newest revision; None where the ledger names none."""
    causes: tuple[Cause, ...]
    """Its proposed causes, best first."""
    demoted: str | None = None
    """Why it ranks behind all others: reviewers reject what its detector finds. None where they do not."""
    given_name: str | None = None
    """What a namer called it; None where none was asked. The namer read words of traces."""
    family: int | None = None
    """The number of its family of clusters; None where there are few."""
    stability: float | None = None
    """How much of it resampling finds again, 0 to 1; None where it is not known."""

    @property
    def anchor(self) -> str:
        """Where the report tells of it."""
        return f"problem-{self.rank}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionReport:
    """What one report looks at."""

    run: DetectionRun
    """The run, with each detector's tally."""
    findings: pl.DataFrame
    """One row a finding: schemas.FINDINGS joined with its place, `cluster_id`, `suggested`, `x` and `y`."""
    problems: tuple[Problem, ...]
    """Its clusters, largest first."""
    spans: pl.LazyFrame
    """schemas.SPANS of the traces that begin in the run's window, whole; each span once."""
    n_traces: int
    """Traces in the run's window, those of `traffic`."""
    traffic: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"on": pl.Date, "n": pl.Int64}))
    """One row a day that the run could see: its traces, by their start, UTC; null where that is not known."""
    shown: str = ""
    """What is shown of the run, as a sentence; empty where it is all."""
    signals: pl.LazyFrame = field(default_factory=lambda: SIGNALS.empty().lazy())
    """schemas.SIGNALS, one row a signal, of whatever trace or session."""
    descents: tuple[Descent, ...] = ()
    """What the run saw become of issues: split, merged, returned."""
    runs: tuple[DetectionRun, ...] = ()
    """It and the runs before it, oldest first."""

    @property
    def n_noise(self) -> int:
        """Findings in no cluster."""
        return self.findings["cluster_id"].null_count()

    @property
    def n_problem_traces(self) -> int:
        """Distinct traces that at least one cluster touches."""
        return self.findings.filter(pl.col("cluster_id").is_not_null())["trace_id"].drop_nulls().n_unique()


def read_detection(workspace: Workspace, *, run_id: str = LATEST) -> DetectionReport:
    """Return what a report shows of one detection run; read-only.

    Parameters
    ----------
    workspace
        Where it is recorded.
    run_id
        The run's id, or `latest`.

    Raises
    ------
    ConfigError
        If there is no such run.
    InsufficientDataError
        If no run was made yet.
    """
    every = workspace.ledger.latest(DetectionRun)
    run = chosen_run(every, run_id)
    clusters, findings, memberships = (_of_run(workspace, table, run) for table in (CLUSTERS, FINDINGS, MEMBERSHIPS))
    issues, severities = _issues(workspace, run), _severities(findings)
    spans = workspace.telemetry.spans_of_traces(window=Window.parse(run.window, now=run.at))
    causes = [cause for cause in workspace.ledger.latest(Cause) if cause.run_id == run.id]
    traffic = traffic_of(spans, until=_last_seen(run, findings))
    return DetectionReport(
        run=run,
        findings=place(findings, memberships),
        problems=rank_problems(
            clusters, issues, causes, severities=severities, as_found=_as_found(workspace, run), demoted=run.demoted
        ),
        spans=spans,
        signals=workspace.telemetry.scan(SIGNALS),
        n_traces=int(traffic["n"].sum()),
        traffic=traffic,
        descents=tuple(one for one in workspace.ledger.latest(Descent) if one.run_id == run.id),
        runs=tuple(sorted((one for one in every if one.at <= run.at), key=lambda one: (one.at, one.id))),
    )


def traffic_of(spans: pl.LazyFrame, *, until: date | None) -> pl.DataFrame:
    """Return the traces of some spans by day: on (the UTC day of their start; null where not known) and n.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    until
        The last day that counts; None is no last one.
    """
    counts = pl.lit(value=True) if until is None else pl.col("on").is_null() | (pl.col("on") <= until)
    return (
        spans.group_by("trace_id")
        .agg(pl.col("started_at").min().dt.date().alias("on"))
        .filter(counts)
        .group_by("on")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .sort("on")
        .collect(engine="streaming")
    )


def place(findings: pl.DataFrame, memberships: pl.DataFrame) -> pl.DataFrame:
    """Return the findings, each with its cluster and its place on the map."""
    places = memberships.select("finding_id", "cluster_id", "suggested", "x", "y")
    return findings.join(places, on="finding_id", how="left", maintain_order="left")


def rank_problems(
    clusters: pl.DataFrame,
    issues: Iterable[tuple[str, Issue]],
    causes: Iterable[Cause],
    *,
    severities: Mapping[str, Severity],
    as_found: Mapping[str, Severity] = MappingProxyType({}),
    demoted: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Problem, ...]:
    """Return one problem a cluster, in the order of `backlog.ranked`.

    Parameters
    ----------
    clusters
        Frame in schemas.CLUSTERS, one row a cluster of one run.
    issues
        Cluster id and the issue that it became.
    causes
        Proposed causes of that run.
    severities
        Severity by detector; an issue's own comes first.
    as_found
        By cluster the severity of its issue when the run had found it: the order goes by that, so that a problem keeps
        its number when reviewers call it worse or better.
    demoted
        Detectors that reviewers reject, each with the reason.
    """
    issue_of, every_cause = dict(issues), tuple(causes)

    def severity(row: Mapping[str, Any]) -> Severity:
        issue = issue_of.get(row["cluster_id"])
        return issue.severity if issue else severities.get(row["detector"], "medium")

    rows = ranked(clusters, severity=lambda row: as_found.get(row["cluster_id"]) or severity(row), demoted=demoted)
    return tuple(
        Problem(
            rank=rank,
            cluster_id=row["cluster_id"],
            detector=row["detector"],
            phrases=tuple(row["phrases"] or ()),
            exemplars=tuple(row["exemplars"] or ()),
            n_findings=row["n_findings"],
            n_traces=row["n_traces"],
            n_sessions=row["n_sessions"],
            n_users=row["n_users"],
            severity=severity(row),
            issue=issue_of.get(row["cluster_id"]),
            causes=_best_first(row["cluster_id"], issue_of.get(row["cluster_id"]), every_cause),
            demoted=demoted.get(row["detector"]),
            given_name=row["name"],
            family=row["family"],
            stability=row["stability"],
        )
        for rank, row in enumerate(rows, start=1)
    )


def _best_first(cluster_id: str, issue: Issue | None, causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """Return the cluster's causes in the order of its issue, which is best first; else as they were appended."""
    order = {cause_id: at for at, cause_id in enumerate(issue.cause_ids)} if issue else {}
    mine = [cause for cause in causes if cause.cluster_id == cluster_id]
    return tuple(sorted(mine, key=lambda cause: order.get(cause.id, len(order))))


def _of_run(workspace: Workspace, table: Table, run: DetectionRun) -> pl.DataFrame:
    return workspace.telemetry.scan(table).filter(pl.col("run_id") == run.id).collect(engine="streaming")


def _issues(workspace: Workspace, run: DetectionRun) -> list[tuple[str, Issue]]:
    """Return cluster of this run and issue; where a later run saw the issue again, its earlier revision is the link."""
    linked: list[tuple[str, Issue]] = []
    for issue in workspace.ledger.latest(Issue):
        if issue.split_from is not None:
            continue  # the cluster is shown with the issue that it became, of which people made this one a part
        revisions = [issue] if issue.run_id == run.id else workspace.ledger.history(Issue, issue.id)
        linked.extend((revision.cluster_id, issue) for revision in revisions if revision.run_id == run.id)
    return linked


def _last_seen(run: DetectionRun, findings: pl.DataFrame) -> date:
    """Return the last day that a run could see: a window without an end goes on, and what came later it did not judge.

    A finding may be of a day after it, by a clock that is ahead.
    """
    found = findings["at"].max()
    days = [moment.astimezone(UTC).date() for moment in (run.at, found) if isinstance(moment, datetime)]
    return max(days)


def _as_found(workspace: Workspace, run: DetectionRun) -> dict[str, Severity]:
    """Return by cluster of this run the severity of its issue as it was when the run had found it."""
    first: dict[str, Severity] = {}
    for issue in workspace.ledger.revisions(Issue):
        if issue.run_id == run.id and issue.split_from is None:
            first.setdefault(issue.cluster_id, issue.severity)
    return first


def _severities(findings: pl.DataFrame) -> dict[str, Severity]:
    return dict(findings.select("detector", "severity").unique().iter_rows())
