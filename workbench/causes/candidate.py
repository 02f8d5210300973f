"""A candidate: what one search found about one cluster, in the numbers that all kinds of causes share.

Whatever was looked for, it comes down to traces of the cluster and other traces, with and without it; so all kinds are
tested, corrected and ranked together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.causes.coded import Coded
from workbench.records import CauseKind, Condition

Search = Literal["value", "slice", "onset", "blame", "phrase"]
INPUT_PHRASE, OUTPUT_PHRASE, BLAMED_STEP, SINCE = "input_phrase", "output_phrase", "blamed_step", "since"
"""Attributes of candidates that are no attribute of a span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When a cluster became more frequent."""

    at: datetime
    """The first moment of the higher rate, UTC."""
    low_at: datetime
    """Lower end of its 95 % interval."""
    high_at: datetime
    """Upper end of its 95 % interval."""
    first_used_at: datetime | None
    """When the value that it is matched to was first used; None if no change lies near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One possible cause of one cluster."""

    cluster_id: str
    """The cluster."""
    detector: str
    """The detector of the cluster."""
    kind: CauseKind
    """Its kind."""
    search: Search
    """What found it; each has its share of the false discoveries of a run."""
    conditions: tuple[Condition, ...]
    """What its traces have in common."""
    same: tuple[Condition, ...] = ()
    """Other values that exactly the same traces have."""
    hits: int
    """Traces of the cluster with it."""
    n: int
    """Traces of the cluster where it is known."""
    other_hits: int
    """Other traces with it."""
    other_n: int
    """Other traces where it is known."""
    p_value: float
    """How likely so much or more is by chance."""
    step: Step | None = None
    """Of an onset: when."""

    @property
    def points(self) -> float:
        """How much more frequent it is in the cluster than elsewhere: the difference of the two shares."""
        return self.hits / self.n - self.other_hits / self.other_n


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Of which traces a candidate is known, and which have it; both of shape (n,), by the numbers of `Coded`."""

    known: NDArray[np.bool_]
    """Where it is known."""
    having: NDArray[np.bool_]
    """Where it holds."""


def extent_of(conditions: Collection[Condition], coded: Coded) -> Extent:
    """Return of which traces all of some conditions are known, and which have them."""
    n_traces = coded.traces.height
    known, having = np.ones(n_traces, bool), np.ones(n_traces, bool)
    for condition in conditions:
        known_of_it, having_it = np.zeros(n_traces, bool), np.zeros(n_traces, bool)
        for item, value in coded.items_of(condition.attribute):
            known_of_it[coded.having(item)] = True
            if value == condition.value:
                having_it[coded.having(item)] = True
        known &= known_of_it
        having &= having_it
    return Extent(known=known, having=having)
