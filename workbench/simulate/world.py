"""The world that is simulated: how much traffic, when, from which seed, and with which faults.

It is a plain value: the same world is the same telemetry, byte for byte, on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from workbench.simulate.faults import FAULTS, Fault


class Rollout(NamedTuple):
    """From which part of the time on each version is out, 0 to 1; the first ones from the start."""

    releases: tuple[tuple[float, str], ...] = ((0.0, "2026.9.4"), (0.35, "2026.10.0"), (0.6, "2026.10.1"))
    """Releases of the app."""
    prompt_versions: tuple[tuple[float, str], ...] = ((0.0, "6"), (0.22, "7"))
    """Versions of the case-summary prompt."""
    canary_version: str = "8"
    """A version of the prompt on trial."""
    canary_start: float = 0.72
    """From when on it is tried."""
    canary_share: float = 0.11
    """For what share of the requests."""

    @property
    def all_prompt_versions(self) -> frozenset[str]:
        """Every version of the prompt that answers requests."""
        return frozenset({self.canary_version, *(version for _, version in self.prompt_versions)})


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is simulated; the defaults are a small one. The world of `data/sample` is `sample_world()`.

    Raises
    ------
    ValueError
        If there are no traces or weeks, the start has no time zone, or the app lacks a version that is rolled out.
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
    n_users: int | None = None
    """Users there are; None is one for every dozen requests."""
    faults: tuple[Fault, ...] = FAULTS
    """What goes wrong in it; empty for a world in order."""
    rollout: Rollout = field(default_factory=Rollout)
    """When which version is out."""
    app: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Files of the sample app by prompt version, each text by path: it is run, and a fault comes as its files let it.
    Empty for a world in which each fault comes by its slice."""

    def __post_init__(self) -> None:
        for name in ("n_traces", "weeks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} == {getattr(self, name)}, must be at least 1")
        if self.start.tzinfo is None:
            raise ValueError(f"start {self.start.isoformat()} has no time zone, give UTC")
        if self.app and (self.product != "case_summary" or not self.rollout.all_prompt_versions <= self.app.keys()):
            raise ValueError(f"app == versions {sorted(self.app)}, must be case summaries in every version rolled out")

    @property
    def end(self) -> datetime:
        """First moment after it."""
        return self.start + timedelta(weeks=self.weeks)
