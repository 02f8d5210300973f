"""Frozen records: what the ledger keeps, and what a stage answers besides a frame.

A field marked `quoted` may hold words from a trace. The ledger chains only a salted digest of it and keeps the words
in a side table, so that a user's text can be erased without breaking the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Literal

IssueState = Literal[
    "proposed", "confirmed", "rejected", "changing", "validating", "shipped", "watching", "resolved", "reopened"
]
Severity = Literal["low", "medium", "high"]
Unit = Literal["span", "trace", "session"]


def quoted() -> Any:
    """Mark a text field of a record that may hold words from a trace."""
    return field(metadata={"quoted": True})


def quoted_fields(record_type: type) -> frozenset[str]:
    """Return the names of the fields of a record type that may hold words from a trace."""
    return frozenset(entry.name for entry in fields(record_type) if entry.metadata.get("quoted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who appended a record, and how that is known."""

    kind: Literal["HUMAN", "CODE"]
    """A person, or a run of this program."""
    name: str
    """The person's name, or the program's."""
    identity: Literal["program", "os_user", "typed", "database_role", "hub_token"]
    """How the name was obtained."""


WORKBENCH = Actor(kind="CODE", name="workbench", identity="program")
"""The actor of every record that no person made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of one file: every record is stored, duplicate or quarantined."""

    path: str
    """The file, as it was given."""
    source: str
    """The source's id (src_...): digest of its first complete record."""
    format: str
    """The loader that read it."""
    n_in: int
    """Records read: spans, signals, and pieces that could not be read."""
    n_stored: int
    """Records that this ingest added."""
    n_duplicate: int
    """Records that were in the store already."""
    n_quarantined: int
    """Records that were refused."""
    n_spans: int
    """Distinct spans of this file, stored now or before."""
    n_traces: int
    """Distinct traces of this file's spans."""
    n_signals: int
    """Signals of this file, stored now or before."""
    refused: Mapping[str, int]
    """Refused records by reason."""
    mapped: Mapping[str, int]
    """How often a source field filled a column, by `field -> column`."""
    guessed: Mapping[str, int]
    """What was assumed, in words, and for how many records."""
    left: Mapping[str, int]
    """How often a source field had no column and went into `attributes`, by field."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """How many of the spans read have a value in a column, by column, and are of a kind, by `kind LLM` and so on."""
    redacted: Mapping[str, int] = field(default_factory=dict)
    """Places with personal data that were replaced, by kind."""
    n_bytes_waiting: int = 0
    """Bytes of a last record that is not whole yet: still being written, or cut off; it is read next time."""

    def __post_init__(self) -> None:
        if self.n_in != self.n_stored + self.n_duplicate + self.n_quarantined:
            raise ValueError(
                f"{self.path}: n_in == {self.n_in}, must be stored {self.n_stored} + duplicate {self.n_duplicate} "
                f"+ quarantined {self.n_quarantined}"
            )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A proposed explanation of a cluster: a hypothesis until a person confirms it."""

    KIND: ClassVar[str] = "cause"

    id: str
    """cau_..., follows from cluster, kind, attribute and value."""
    run_id: str
    """The detection run that proposed it."""
    cluster_id: str
    """The cluster that it explains."""
    kind: Literal["contrast"]
    """How it was found: contrast is over-representation against the traces without the cluster."""
    attribute: str
    """The attribute: tool_name, prompt_version, model, operation, task, ..."""
    value: str = quoted()
    """The attribute's value that is over-represented."""
    statement: str = quoted()
    """The hypothesis as a sentence."""
    n_cluster_with: int
    """Traces of the cluster that have the value."""
    n_cluster: int
    """Traces of the cluster where the attribute is known."""
    n_rest_with: int
    """Other traces that have the value."""
    n_rest: int
    """Other traces where the attribute is known."""
    lift: float
    """Share with the value in the cluster over the share elsewhere; infinite where no other trace has it."""
    lift_low: float
    """Lower end of the 95 % interval of the lift."""
    lift_high: float
    """Upper end of the 95 % interval of the lift."""
    p_value: float
    """One-sided exact p that the value is no more frequent in the cluster."""
    q_value: float
    """False-discovery-rate adjusted p, over all values tested in the run."""
    share_explained: float
    """Share of the cluster's traces that the value accounts for beyond what the rest predicts, 0 to 1."""
    evidence: tuple[str, ...]
    """Trace ids of the cluster that have the value, at most twenty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A recurring problem that the team owns; each revision is a new record under the same id."""

    KIND: ClassVar[str] = "issue"

    id: str
    """iss_..., follows from the first cluster that showed it."""
    state: IssueState
    """Where it stands."""
    title: str = quoted()
    """One line that names it."""
    detector: str
    """The detector whose findings it holds."""
    severity: Severity
    """The detector's severity, until a person sets another."""
    run_id: str
    """The detection run that saw it last."""
    cluster_id: str
    """Its cluster in that run."""
    cause_ids: tuple[str, ...]
    """Its proposed causes, best first."""
    n_findings: int
    """Findings in that cluster."""
    n_traces: int
    """Traces in that cluster."""
    n_sessions: int
    """Sessions in that cluster; 0 where the source names none."""
    n_users: int
    """Users in that cluster; 0 where the source names none."""
    first_seen_at: datetime | None
    """Start of its first unit, UTC."""
    last_seen_at: datetime | None
    """Start of its last unit, UTC."""
