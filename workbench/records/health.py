"""How well the loop turns, and which waits have ended with nobody deciding: what stands at the top of every index."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workbench.records.issue import IssueState

WaitKind = Literal["issue", "review", "experiment"]
"""What waits for people: a problem to be judged, a round of review to be closed, an experiment to be ended."""


@dataclass(frozen=True, slots=True)
class StageAge:
    """How long issues are in one stage."""

    state: IssueState
    """The stage."""
    n_now: int
    """Issues in it."""
    oldest: timedelta | None
    """The longest that one of them has been there; None where none is."""
    typical: timedelta | None
    """The median stay of those that left it; None where none has."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait whose time is up: somebody is asked to end it."""

    kind: WaitKind
    """What waits."""
    id: str
    """Its id."""
    title: str
    """What it is, of an issue in words of traces; empty where the id is all."""
    due_at: datetime
    """When its time was up, UTC."""
    asked: tuple[str, ...]
    """Who is asked to end it; empty where the workspace names nobody."""
    ends: str
    """What ends it, as an instruction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How well the loop turned until one moment."""

    at: datetime
    """The moment, UTC."""
    n_issues: int
    """Issues that were ever proposed, without those merged into another."""
    n_triaged: int
    """Of these, those that people have decided on."""
    n_expired: int
    """Of the others, those that nobody decided on in the time that a problem may wait."""
    n_open: int
    """Of the others, those that still may wait."""
    oldest_open: timedelta | None
    """How long the one that waits longest has waited for people; None where none waits."""
    stages: tuple[StageAge, ...]
    """One a stage that any issue was in, in the order of the loop."""
    reviews_a_week: float
    """Verdicts of people, over the last four weeks."""
    findings_a_week: float | None
    """Findings of the newest detection run over the four weeks before it, or its window; None without a run."""
    n_shipped: int
    """Ships: times that an issue was shipped."""
    time_to_ship: timedelta | None
    """Median from an issue's first trace to its first ship; None where that is not known of any."""
    n_held: int
    """Of the ships, those after which the issue is resolved, and stayed so."""
    n_returned: int
    """Of the ships, those after which it was reopened."""
    waits: tuple[Wait, ...]
    """Waits whose time is up, the longest over first."""

    @property
    def n_watched(self) -> int:
        """Of the ships, those of which nobody knows yet."""
        return self.n_shipped - self.n_held - self.n_returned
