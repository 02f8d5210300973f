"""Step 2, detect: find problems in a window, group them, propose causes, and propose issues to the team.

It finds and never fixes: every issue that it makes is `proposed` and waits for a person.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from workbench import backlog, causes, clustering, detectors
from workbench.detectors.detector import Detector
from workbench.errors import InsufficientDataError
from workbench.ids import ordered_id
from workbench.records import Cause, DetectionRun, Issue, Tally
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SIGNALS, SPANS
from workbench.store import Workspace
from workbench.windows import Window

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts to vectors: n texts to an array of shape (n, d), float32."""


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
    """One a cluster, largest first."""
    notes: tuple[str, ...]
    """What the reader should know: too few texts to group, no cause and why."""


def detect(
    workspace: Workspace,
    *,
    window: Window,
    now: datetime,
    seed: int = 0,
    select: Sequence[Detector] = detectors.DETECTORS,
    embed: Embed = clustering.embed,
    progress: Callable[[str], None] | None = None,
    is_dry_run: bool = False,
) -> Detection:
    """Run the detectors over a window and record what they found; deterministic given the store, window, seed and now.

    Parameters
    ----------
    workspace
        Where the telemetry lies and the findings go.
    window
        The spans to look at, by their start.
    now
        The time of this run, UTC.
    seed
        Seed of the grouping.
    select
        The detectors to run.
    embed
        Texts to vectors, shape (n, d), float32.
    progress
        Told the name of each step as it begins.
    is_dry_run
        If true, nothing is written.

    Raises
    ------
    InsufficientDataError
        If there are no spans in the window.
    """
    told = progress or _silent
    versions = workspace.telemetry.versions()
    spans = workspace.telemetry.spans(window=window)
    if spans.head(1).collect().is_empty():
        raise InsufficientDataError(
            f"no spans in window {window}", where=str(workspace.root), fix="run `workbench ingest` first, or widen the window"
        )
    signals = _signals_about(spans, workspace.telemetry.scan(SIGNALS))
    run_id = ordered_id("run", now, str(window), str(seed), *(f"{name}={version}" for name, version in versions.items()))
    findings, tallies = _examine(select, spans, signals, run_id=run_id, now=now, told=told)
    told("grouping findings")
    grouping = clustering.group(findings, embed=embed, seed=seed, run_id=run_id, now=now)
    told("proposing causes")
    proposal = causes.propose(findings, grouping.memberships, spans, run_id=run_id)
    known = workspace.ledger.latest(Issue)
    proposed = backlog.propose(
        grouping.clusters,
        proposal.causes,
        known=known,
        same_as=_same_as(workspace, grouping, findings, known, embed=embed),
        severities={detector.code: detector.severity for detector in select},
    )
    run = DetectionRun(
        id=run_id,
        at=now,
        window=str(window),
        table_versions=dict(versions),
        tallies=tallies,
        n_findings=findings.height,
        n_clusters=grouping.clusters.height,
        noise_share=grouping.noise_share,
        seed=seed,
        embedder=getattr(embed, "__name__", type(embed).__name__),
        supersedes=_superseded(workspace.ledger.latest(DetectionRun), window),
    )
    detection = Detection(
        run, findings, grouping.memberships, grouping.clusters, tuple(proposal.causes), tuple(proposed), tuple(grouping.notes)
    )
    if not is_dry_run:
        told("recording")
        _record(workspace, detection, now=now)
    return detection


def _examine(
    select: Sequence[Detector],
    spans: pl.LazyFrame,
    signals: pl.LazyFrame,
    *,
    run_id: str,
    now: datetime,
    told: Callable[[str], None],
) -> tuple[pl.DataFrame, tuple[Tally, ...]]:
    parts, tallies = [FINDINGS.empty()], []
    for detector in select:
        told(f"detecting {detector.code}")
        found, tally = detectors.examine(detector, spans, signals, run_id=run_id, now=now)
        parts.append(found)
        tallies.append(tally)
    return pl.concat(parts), tuple(tallies)


def _signals_about(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return the signals about traces and sessions of the window, whenever they were given."""
    traces = spans.select("trace_id").unique()
    sessions = spans.filter(pl.col("session_id").is_not_null()).select(target_id="session_id").unique()
    about_sessions = signals.filter(pl.col("target_kind") == "session").join(sessions, on="target_id", how="semi")
    return pl.concat([signals.join(traces, on="trace_id", how="semi"), about_sessions])


def _record(workspace: Workspace, detection: Detection, *, now: datetime) -> None:
    """Write tables first, decisions next, the run last: a run that is not in the ledger was cut short and counts for nothing."""
    run = detection.run
    for table, rows in (
        (FINDINGS, detection.findings),
        (MEMBERSHIPS, detection.memberships),
        (CLUSTERS, detection.clusters),
    ):
        if rows.height:
            workspace.telemetry.append(table, rows, source=run.id, offset=1)
    workspace.ledger.append([*detection.causes, *detection.issues, run], now=now)


def _superseded(runs: Sequence[DetectionRun], window: Window) -> str | None:
    return next((run.id for run in reversed(runs) if run.window == str(window)), None)


def _silent(_step: str) -> None:
    """Say nothing."""
