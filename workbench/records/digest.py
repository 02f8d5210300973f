"""What changed since a profile ran last, and how its steps went: what is sent to people who do not open a report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workbench.records.health import Health
from workbench.records.issue import IssueState, Severity

StepState = Literal["done", "insufficient", "refused", "failed", "over_time", "skipped"]
"""insufficient: too little data for it. refused: a wrong call or setting. skipped: the run's time was over before."""
Topic = Literal["new", "growing", "reopened", "doubted", "resolved", "stuck"]
TOPICS: tuple[Topic, ...] = ("new", "growing", "reopened", "doubted", "resolved", "stuck")
"""What a digest tells of, in this order."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run of a profile, and what became of it."""

    command: str
    """As the profile has it: `detect --window 30d`."""
    state: StepState
    """What became of it."""
    exit_code: int | None
    """What it left with; None where it was ended, or never began."""
    duration_s: float
    """How long it ran, seconds."""
    said: str = ""
    """Of one that is not done: the end of what it said."""


@dataclass(frozen=True, slots=True)
class Line:
    """One issue that a digest tells of."""

    issue_id: str
    """The issue (iss_...)."""
    title: str
    """What it is, in words of traces."""
    state: IssueState
    """Where it stands."""
    severity: Severity
    """How bad it is."""
    n_traces: int
    """Traces in its cluster."""
    n_users: int
    """Users in its cluster; 0 where the source names none."""
    why: str
    """Why it is told of, in the tool's own words."""
    is_news: bool = True
    """Whether that is so since the last run; a stuck issue is told of until it moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What changed in one workspace since a moment."""

    since: datetime | None
    """The moment, UTC; None where nothing was told before."""
    at: datetime
    """When it was looked at, UTC."""
    lines: dict[Topic, tuple[Line, ...]]
    """The issues of each topic, worst first."""
    health: Health
    """How well the loop turns."""

    @property
    def has_news(self) -> bool:
        """Whether anything changed, or a wait ended, since the last run."""
        is_over = any(self.since is None or wait.due_at > self.since for wait in self.health.waits)
        return is_over or any(line.is_news for lines in self.lines.values() for line in lines)
