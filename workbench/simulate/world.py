"""The world that is simulated: how much traffic, when, from which seed, and with which faults.

It is a plain value: the same world is the same telemetry, byte for byte, on every machine.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from workbench.simulate.faults import FAULTS, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is simulated; the defaults are the world of `data/sample`.

    Raises
    ------
    ValueError
        If there are no traces or weeks, or the start has no time zone.
    """

    n_traces: int = 2200
    """Requests in all."""
    weeks: int = 4
    """How long the traffic lasts."""
    seed: int = 11
    """What every random choice follows from."""
    start: datetime = datetime(2026, 9, 28, tzinfo=UTC)
    """First moment, with a time zone; a Monday gives whole weeks."""
    product: Literal["case_summary", "research_desk"] = "case_summary"
    """What the app offers: summaries, or also passages, other languages, dockets as JSON, and a judge (`desk`)."""
    faults: tuple[Fault, ...] = FAULTS
    """What goes wrong in it; empty for a world in order."""

    def __post_init__(self) -> None:
        for name in ("n_traces", "weeks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} == {getattr(self, name)}, must be at least 1")
        if self.start.tzinfo is None:
            raise ValueError(f"start {self.start.isoformat()} has no time zone, give UTC")

    @property
    def end(self) -> datetime:
        """First moment after it."""
        return self.start + timedelta(weeks=self.weeks)
