"""Step 2, detect: find problems in a window, group them, propose causes, and propose issues to the team.

It finds and never fixes: every issue that it makes is `proposed` and waits for a person.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import polars as pl

from workbench import backlog, causes, clustering, detectors
from workbench.clustering import Embed, Namer
from workbench.detectors.detector import Detector
from workbench.errors import InsufficientDataError, StoreError
from workbench.ids import ordered_id
from workbench.loop.detect.assembly import Assembly, assemble, embedder_name
from workbench.loop.detect.by_hand import BY_HAND, SEVERITY, with_named
from workbench.loop.detect.continuity import continuity, descents, with_continued
from workbench.loop.detect.in_other_words import told_of_returns
from workbench.loop.detect.notes import demotions, without_cause
from workbench.loop.detect.on_scheduler import examine_on
from workbench.loop.detect.own_files import categories_of
from workbench.loop.detect.places import with_places
from workbench.loop.detect.regroup import group_run
from workbench.loop.detect.scoring import agreements, reviewed
from workbench.loop.settle import settle
from workbench.records import Cause, Descent, DetectionRun, Issue, Tally
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS
from workbench.store import Workspace
from workbench.windows import Window


class Detection(NamedTuple):
    """What one detection run found."""

    run: DetectionRun
    """The run, with each detector's tally."""
    findings: pl.DataFrame
    """schemas.FINDINGS, one row a finding."""
    memberships: pl.DataFrame
    """schemas.MEMBERSHIPS, one row a finding."""
    clusters: pl.DataFrame
    """schemas.CLUSTERS, one row a cluster."""
    causes: tuple[Cause, ...]
    """Proposed causes, best first within each cluster."""
    issues: tuple[Issue, ...]
    """One a cluster, largest first; those of detectors that reviewers reject last."""
    descents: tuple[Descent, ...]
    """Issues that were split, merged, or came back after they were resolved."""
    notes: tuple[str, ...]
    """What the reader should know: too few texts to group, no cause and why."""


def detect(
    workspace: Workspace,
    *,
    window: Window,
    now: datetime,
    seed: int = 0,
    select: Sequence[Detector] | None = None,
    embed: Embed = clustering.embed,
    namer: Namer | None = None,
    ask_model: causes.AskModel | None = None,
    progress: Callable[[str], None] | None = None,
    scheduler: str | None = None,
    is_dry_run: bool = False,
) -> Detection:
    """Run the detectors over a window and record what they found; deterministic given the store, window, seed and now.

    Parameters
    ----------
    workspace
        Where the telemetry lies and the findings go.
    window
        The traces to look at, by their start; each is taken whole.
    now
        The time of this run, UTC.
    seed
        Seed of the grouping.
    select
        The detectors to run, such as `[*DETECTORS, Detector(...)]`; None is the project's own, what reviewers taught,
        the workspace's rules, and those of installed packages.
    embed
        Texts to vectors, shape (n, d), float32.
    namer
        Names each cluster from its phrases and typical texts, such as a call to a language model; None leaves the
        phrases alone.
    ask_model
        A language model that proposes causes beside those that were tested; None asks none.
    progress
        Told the name of each step as it begins.
    scheduler
        Address of a Dask scheduler, `tcp://host:port`, whose workers run the detectors; None runs them here.
    is_dry_run
        If true, nothing is written.

    Raises
    ------
    ConfigError
        If the scheduler does not answer, or its workers cannot read the tables.
    InsufficientDataError
        If there are no spans in the window.
    StoreError
        If the ledger was tampered with, or a user was erased while this ran: nothing was recorded.
    """
    told = progress or _silent
    erased, versions = workspace.erasures.all(), workspace.telemetry.versions()
    workspace.ledger.verify()
    spans = _spans_to_look_at(workspace, window)
    made_of = (str(window), str(seed), *(f"{name}={version}" for name, version in versions.items()))
    run_id, runs = ordered_id("run", now, *made_of), workspace.ledger.latest(DetectionRun)
    assembly = assemble(workspace, select=select, embed=embed)
    trusted = reviewed(workspace, assembly.detectors)
    categories, uncategorised = categories_of(workspace, [detector.code for detector in assembly.detectors])
    circular = {detector.code: detector.decided_by for detector in assembly.detectors}
    about = partial(signals_about, signals=workspace.telemetry.scan(SIGNALS))
    findings, judged, tallies = _examine(
        trusted.detectors, spans, about, run_id=run_id, now=now, told=told, scheduler=scheduler
    )
    if judged is not None:
        findings = with_places(findings, spans, examined=judged, circular=circular)
    told("grouping findings")
    grouped = group_run(
        workspace,
        findings,
        runs=runs,
        embed=embed,
        embedder=embedder_name(embed),
        seed=seed,
        run_id=run_id,
        now=now,
        whole=[detector.code for detector in assembly.detectors if detector.groups_by == "detector"],
        namer=namer,
    )
    findings, grouping = with_named(workspace, findings, grouped.grouping, spans, run_id=run_id, now=now, embed=embed)
    told("proposing causes")
    proposal = causes.propose(
        findings,
        grouping.memberships,
        spans,
        run_id=run_id,
        examined=judged,
        circular=circular,
        ask_model=ask_model,
    )
    proposed = _propose_issues(workspace, findings, grouping, proposal, assembly, categories=categories, embed=embed)
    run = DetectionRun(
        id=run_id,
        at=now,
        window=str(window),
        table_versions=dict(versions),
        tallies=(*tallies, *assembly.failed),
        n_findings=findings.height,
        n_clusters=grouping.clusters.height,
        noise_share=grouping.noise_share,
        seed=seed,
        embedder=embedder_name(embed),
        supersedes=_superseded(runs, window),
        agreements=agreements(findings, judged, spans, categories=categories),
        demoted=trusted.demoted,
        grouped=grouping.grouped,
        joins=grouped.joins,
        n_joined=grouped.n_joined,
    )
    rejected = demotions(trusted.demoted)
    detection = Detection(
        run,
        findings,
        grouping.memberships,
        proposed.clusters,
        proposal.causes,
        tuple(sorted(proposed.issues, key=lambda issue: issue.detector in trusted.demoted)),
        proposed.descents,
        (*rejected, *uncategorised, *grouping.notes, *without_cause(grouping.clusters, proposal), *proposal.notes),
    )
    if not is_dry_run:
        told("recording")
        _record(workspace, detection, erased=erased, now=now)
        settle(workspace, now=now)  # people may have judged issues while this ran, which knew them as they were before
    return detection


def _spans_to_look_at(workspace: Workspace, window: Window) -> pl.LazyFrame:
    spans = workspace.telemetry.spans_of_traces(window=window)
    if spans.head(1).collect().is_empty():
        raise InsufficientDataError(
            f"no spans in window {window}",
            where=str(workspace.root),
            fix="run `workbench ingest` first, or widen the window",
        )
    return spans


def _examine(
    select: Sequence[Detector],
    spans: pl.LazyFrame,
    about: Callable[[pl.LazyFrame], pl.LazyFrame],
    *,
    run_id: str,
    now: datetime,
    told: Callable[[str], None],
    scheduler: str | None,
) -> tuple[pl.DataFrame, pl.DataFrame | None, tuple[Tally, ...]]:
    if scheduler is not None:
        examinations = examine_on(scheduler, select, spans, about, run_id=run_id, now=now, told=told)
    else:
        examinations, signals = [], about(spans)
        told("listening to what users said")
        for detector in detectors.together(select, spans):
            told(f"detecting {detector.code}")
            examinations.append(detectors.examine(detector, spans, signals, run_id=run_id, now=now))
    examinations = detectors.beside(detectors.set_aside(examinations))
    findings = pl.concat([FINDINGS.empty(), *(one.findings for one in examinations)])
    judged = pl.concat([one.judged for one in examinations]) if examinations else None
    return findings, judged, tuple(one.tally for one in examinations)


def signals_about(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return the signals about traces and sessions of the window, whenever they were given."""
    traces = spans.select("trace_id").unique()
    sessions = spans.filter(pl.col("session_id").is_not_null()).select(target_id="session_id").unique()
    about_sessions = signals.filter(pl.col("target_kind") == "session").join(sessions, on="target_id", how="semi")
    return pl.concat([signals.join(traces, on="trace_id", how="semi"), about_sessions])


class _Proposed(NamedTuple):
    """What a run proposes to the team."""

    clusters: pl.DataFrame
    """schemas.CLUSTERS, each with the cluster that it continues."""
    issues: tuple[Issue, ...]
    """One a cluster, largest first."""
    descents: tuple[Descent, ...]
    """Issues that were split, merged, or came back."""


def _propose_issues(
    workspace: Workspace,
    findings: pl.DataFrame,
    grouping: clustering.Grouping,
    proposal: causes.Proposal,
    assembly: Assembly,
    *,
    categories: Mapping[str, str],
    embed: Embed,
) -> _Proposed:
    """Return an issue for each cluster: one that is known where the cluster is one that was seen before."""
    known = workspace.ledger.latest(Issue)
    going_on = continuity(workspace, grouping, findings, known, embed=embed)
    clusters = with_continued(grouping.clusters, going_on)
    issues = backlog.propose(
        grouping.clusters,
        proposal.causes,
        known=known,
        same_as=going_on.same_as,
        returned=frozenset(going_on.returned),
        severities={BY_HAND: SEVERITY, **{detector.code: detector.severity for detector in assembly.detectors}},
        categories=categories,
        causes_before=workspace.ledger.latest(Cause) if any(issue.split_from for issue in known) else (),
    )
    issues = told_of_returns(workspace, issues, known, findings=findings, memberships=grouping.memberships)
    return _Proposed(clusters, tuple(issues), tuple(descents(going_on, issues, known, clusters=clusters)))


def _record(workspace: Workspace, detection: Detection, *, erased: Sequence[tuple[str, str]], now: datetime) -> None:
    """Write tables first, decisions next, the run last: a run that the ledger lacks was cut short, and is not read."""
    run = detection.run
    with workspace.writing():
        if workspace.erasures.all() != erased:
            raise StoreError("a user was erased meanwhile", where=run.id, fix="run the detection again")
        for table, rows in (
            (FINDINGS, detection.findings),
            (MEMBERSHIPS, detection.memberships),
            (CLUSTERS, detection.clusters),
        ):
            if rows.height:
                workspace.telemetry.append(table, rows, source=run.id, offset=1)
        workspace.ledger.append([*detection.causes, *detection.issues, *detection.descents, run], now=now)


def _superseded(runs: Sequence[DetectionRun], window: Window) -> str | None:
    return next((run.id for run in reversed(runs) if run.window == str(window)), None)


def _silent(_step: str) -> None:
    """Say nothing."""
