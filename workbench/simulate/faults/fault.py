"""One planted fault as a value: what it does to a run that was in order, how often, and where.

This is the truth that detectors, clusters and causes are held against, so every fault leaves its evidence in the
telemetry.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.simulate.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planted fault: where it lives and what it does."""

    name: str
    """Its word in the truth."""
    shows: str
    """How it can be seen in telemetry and signals."""
    slice: Mapping[str, str] = field(default_factory=dict)
    """Attribute values among which it concentrates: columns of `schemas.SPANS` and locale; none if it is everywhere."""
    prevalence: float
    """Its share of the requests of the slice, 0 to 1, among those that no earlier fault took."""
    elsewhere: float = 0.0
    """Its share of the other requests, 0 to 1."""
    scope: Mapping[str, Any] = field(default_factory=dict)
    """Fields that a request must have for the fault to be possible at all, in the slice or not."""
    unit: Literal["trace", "session"] = "trace"
    """Where it shows: in the trace that has it, or in what the user says next in the same visit."""
    plant: Callable[[Run, random.Random], Run]
    """Takes a run in order and returns it with the fault."""

    def probability(self, run: Run) -> float:
        """Return how likely the fault is for this run, which is in order so far."""
        if not run.matches(self.scope):
            return 0.0
        return self.prevalence if run.matches(self.slice) else self.elsewhere
