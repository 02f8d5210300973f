"""A look at live traffic that decides something: who was exposed by then, and what their values came to."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from workbench.records.actor import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLook:
    """One look: by its digest an edit of what was looked at shows, and traffic that comes later changes nothing."""

    KIND: ClassVar[str] = "live_look"

    id: str
    """look_..., follows from experiment and look: each planned look is taken once."""
    experiment_id: str
    """The experiment (exp_...)."""
    look: float | None
    """The planned look, as a share of the planned users; None for one between looks, which stops for harm."""
    started_at: datetime
    """The first exposure of anyone, UTC."""
    at: datetime
    """When it was looked, UTC."""
    n_assigned: tuple[int, int]
    """Users of each arm by their first exposure: baseline, candidate."""
    n_mixed: int
    """Users of these who were seen in both arms, and are left out."""
    n_without_time: int = 0
    """Values at no known time, which are left out."""
    results_digest: str
    """Of the results, with those from before the first exposures, as the look left them."""
    exposures_digest: str
    """Of who came when."""
    author: str
    """Who looked."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if self.look is not None and not 0 < self.look <= 1:
            raise ValueError(f"{self.id}: look == {self.look}, must be above 0 and at most 1")
