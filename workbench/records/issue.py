"""A recurring problem that the team owns, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from workbench.records.quoted import quoted, quoted_text

IssueState = Literal[
    "proposed",
    "confirmed",
    "rejected",
    "changing",
    "validating",
    "shipped",
    "watching",
    "resolved",
    "reopened",
    "merged",
]
Severity = Literal["low", "medium", "high"]
UNCATEGORISED = "uncategorised"
"""The category of a problem that no category of the taxonomy takes in."""


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
    category: str = UNCATEGORISED
    """Its category's code in the workspace's taxonomy: the detector's, until a person sets another."""
    reason: str = quoted_text()
    """Why it is in its state, in a sentence; empty for one that was only ever proposed."""
    evidence: tuple[str, ...] = ()
    """Ids of what moved it there: verdicts, a change, a decision, a watch; never of a trace."""
    merged_into: str | None = None
    """Of a merged issue: the issue (iss_...) that goes on for it."""
    split_from: str | None = None
    """The issue (iss_...) of which a person made this one a part of its own; None for all others."""
