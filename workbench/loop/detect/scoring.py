"""What reviewers have said of the detectors, and how far the detectors of one run agree.

The next run heeds it: a detector that reviewers reject ranks last, and a check that they trust is no longer in doubt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import polars as pl

from workbench.causes.members import with_traces
from workbench.detectors import Detector, scorecard, suspect_check
from workbench.records import Agreement, Verdict
from workbench.store import Workspace


class Reviewed(NamedTuple):
    """What reviewers said."""

    demoted: Mapping[str, str]
    """Detectors whose problems rank last, each with the reason."""
    detectors: tuple[Detector, ...]
    """The detectors that were given, told which checks are trusted."""


def reviewed(workspace: Workspace, detectors: Sequence[Detector]) -> Reviewed:
    """Return what the verdicts of a workspace say of some detectors; read-only."""
    settled = scorecard.settled(scorecard.verdict_frame(workspace.ledger.latest(Verdict)))
    versions = {detector.code: detector.version for detector in detectors}
    demoted = scorecard.demoted(scorecard.precision(settled), versions=versions)
    trusted = scorecard.rejected_traces(settled, detector=suspect_check.CODE)
    told = tuple(_trusting(detector, trusted) if trusted else detector for detector in detectors)
    return Reviewed(demoted, told)


def agreements(
    findings: pl.DataFrame, judged: pl.DataFrame | None, spans: pl.LazyFrame, *, categories: Mapping[str, str]
) -> tuple[Agreement, ...]:
    """Return how far the detectors of a run agree, in traces; a session stands for all of its traces."""
    if judged is None:
        return ()
    n_window = spans.select(pl.col("trace_id").n_unique()).collect(engine="streaming").item()
    found = with_traces(findings.select("detector", "trace_id", "session_id"), spans)
    return scorecard.agreements(found, with_traces(judged, spans), n_window=n_window, categories=categories)


def _trusting(detector: Detector, trusted: Sequence[str]) -> Detector:
    if detector.detect is not suspect_check.detect:
        return detector
    return replace(detector, detect=partial(suspect_check.detect, trusted=tuple(trusted)))
