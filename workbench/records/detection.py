"""One run of all detectors: what each examined, how far they agree, and what became of earlier issues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

Unit = Literal["span", "trace", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one detector said in one run; `failed` with its error is an answer too."""

    detector: str
    """The detector's code."""
    version: int
    """The detector's version."""
    state: Literal["found", "clear", "not_applicable", "failed"]
    """The detector's answer as a whole: found if any unit is, failed if it raised."""
    n_examined: int
    """Units looked at."""
    n_found: int
    """Units with the problem."""
    n_clear: int
    """Units without it."""
    not_applicable: Mapping[str, int]
    """Units that it cannot judge, by reason."""
    error: str | None
    """The error's class and message, where it failed."""
    question: str = ""
    """What it asks of each unit, as a sentence; empty where it could not be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far one detector agrees with the others in one run, in traces."""

    detector: str
    """The detector's code."""
    n_window: int
    """Traces in the window."""
    n_judged: int
    """Those that it could judge, found or clear."""
    n_found: int
    """Those that it found."""
    n_overlap: int
    """Of these, those that another detector found too."""
    n_conflict: int
    """Of these, those that another detector of the same category judged clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRun:
    """One run of all detectors over one window; a later run of the same window supersedes it."""

    KIND: ClassVar[str] = "detection_run"

    id: str
    """run_..., sorts by time."""
    at: datetime
    """When it ran, UTC."""
    window: str
    """What it looked at, as `windows.Window` prints it."""
    table_versions: Mapping[str, int]
    """The version of each table that it read."""
    tallies: tuple[Tally, ...]
    """One a detector."""
    n_findings: int
    """Findings written."""
    n_clusters: int
    """Clusters found."""
    noise_share: float | None
    """Share of the findings in no cluster, 0 to 1; None without findings."""
    seed: int
    """The seed of the grouping."""
    embedder: str
    """The name of the embedder."""
    supersedes: str | None
    """The earlier run of the same window, if any."""
    agreements: tuple[Agreement, ...] = ()
    """One a detector that could judge."""
    demoted: Mapping[str, str] = field(default_factory=dict)
    """Detectors whose problems rank last because reviewers reject them, each with the reason in a sentence."""
    grouped: Mapping[str, int] = field(default_factory=dict)
    """Findings in a cluster, by detector; the others are noise."""
    joins: str | None = None
    """The earlier run whose clusters the findings joined; None where all were clustered anew."""
    n_joined: int = 0
    """Findings that are new and joined a cluster of that run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """What one detection run saw become of an issue: a part left it, it went into another, or it came back."""

    KIND: ClassVar[str] = "descent"

    id: str
    """des_..., follows from run, kind and both issues."""
    run_id: str
    """The detection run that saw it."""
    kind: Literal["split", "merge", "return"]
    """split: `issue_id` is a part of `from_issue_id`, which goes on. merge: `from_issue_id` went into `issue_id`.
    return: `issue_id` was resolved and is found again."""
    issue_id: str
    """The issue that the findings are in now."""
    from_issue_id: str
    """The issue that they were in before; of a return the same one."""
    cluster_id: str
    """The cluster of the run that shows it."""
    n_findings: int
    """Findings that both issues hold; of a return those that came after it was resolved."""
    share: float
    """Of a split the share of the part that was in the other issue; of a merge the share of the ended issue that is in
    this one, both of the findings that both runs know; of a return the share of the cluster; 0 to 1."""
