"""One round of review."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

SamplingMode = Literal["random", "uncertain", "diverse"]
"""random: every trace of a cluster has the same chance. uncertain: traces that the cluster hardly holds have a greater
one, and come first. diverse: the same chance, and spread over the map."""
CONTROL = "control"
"""What stands for the traces that no detector found, where the others are named by their cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One round of review: a sample of one detection run, shown to people; closing it is its last revision.

    Its items are in the side table `review_items`, where the ids of traces can be erased.
    """

    KIND: ClassVar[str] = "review"

    id: str
    """rev_..., sorts by time."""
    at: datetime
    """When it was opened, UTC."""
    run_id: str
    """The detection run whose findings, causes and issues are judged."""
    mode: SamplingMode
    """How its traces were chosen."""
    seed: int
    """The seed of the choice."""
    n_per_item: int
    """Reviewers that each item is to have."""
    reviewers: tuple[str, ...] = ()
    """Who judges; each item is assigned to some of them. Empty: whoever comes."""
    n_items: int
    """Items: traces, causes and issues; their places count from 0."""
    n_control: int
    """Of these, traces that no detector had found."""
    n_population: Mapping[str, int]
    """Traces from which they were drawn, by cluster; those that no detector had found under CONTROL."""
    watch_id: str | None = None
    """Of a round on traffic after a ship: the watch (wch_...) that asks whether its issue is in each trace, and does
    not say what a detector found; it tells nothing of detectors or clusters. None for others."""
    items_digest: str
    """Digest of all items as they were drawn."""
    deadline_at: datetime
    """When it ends, whatever is still open, UTC: nothing waits for ever."""
    closed_at: datetime | None = None
    """When it was closed, UTC; None while it is open."""

    def __post_init__(self) -> None:
        if self.n_per_item < 1:
            raise ValueError(f"n_per_item == {self.n_per_item}, must be at least 1")
        if self.reviewers and self.n_per_item > len(self.reviewers):
            raise ValueError(
                f"n_per_item == {self.n_per_item}, must be at most the number of reviewers named, {len(self.reviewers)}"
            )
