"""What is measured after a ship, and what it has come to so far."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal, NamedTuple

from workbench.records.actor import Identity

WatchState = Literal["not_enough_exposure", "watching", "gone", "reopened"]
"""not_enough_exposure: too little was looked at for any claim. watching: it is not shown to be gone, nor to be back.
gone: it is below the target. reopened: it is back, or never went; the watch has ended."""
WatchDesign = Literal["none", "before_after", "control_issues", "hold_back"]
"""What the traffic after the ship is compared with, the weakest first: nothing yet, that before, that before with the
issues nobody mended as a measure of the days, or users who were held back at random."""


class WatchRound(NamedTuple):
    """One round of review of traffic after the ship, in which nobody is told what a detector found."""

    review_id: str
    """The round (rev_...)."""
    until: datetime
    """First moment after the traffic that it was drawn from, UTC."""
    random_places: tuple[int, ...]
    """Places of its items that are a random sample of all traffic; the others were drawn from what a detector found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One issue after the ship of what should mend it; every look is a revision."""

    KIND: ClassVar[str] = "watch"

    id: str
    """wch_..., sorts by time."""
    issue_id: str
    """The issue (iss_...)."""
    change_ids: tuple[str, ...]
    """The changes (chg_...) that shipped for it; at least one."""
    decision_id: str
    """The decision (dec_...) to ship."""
    started_at: datetime
    """When the watch began, UTC."""
    since: datetime
    """First moment of the changed version in the traffic, UTC."""
    versions: tuple[str, ...] = ()
    """Prompt versions or releases of the traffic that have the change, later ones too; empty: all from `since` on."""
    flag: str = ""
    """The feature flag by which some users were held back at random; empty where none were."""
    n_before: int
    """Traces before that were examined."""
    n_found_before: int
    """Those in which a detector found the issue."""
    precision: float
    """How often it was right, 0 to 1, as far as people said; 1 where nobody did."""
    before_share: float
    """Share of traces that had it before, 0 to 1: what was found and right, or what a person knows better."""
    target_share: float
    """Share of traces below which the problem is gone, 0 to 1."""
    at: datetime
    """When this was looked at, UTC."""
    state: WatchState = "not_enough_exposure"
    """What it comes to."""
    reasons: tuple[str, ...] = ()
    """Why, a sentence each; the first is the headline."""
    run_id: str = ""
    """The newest detection run that was read; empty while there is none after the ship."""
    n_after: int = 0
    """Traces of the changed version that were examined."""
    n_found: int = 0
    """Those in which a detector found the issue."""
    n_unowned: int = 0
    """Those in which the issue's detector found something else, that is of no issue which people know."""
    rounds: tuple[WatchRound, ...] = ()
    """Rounds of review of the traffic after the ship, oldest first."""
    examined: tuple[tuple[date, int], ...] = ()
    """Of each day before the end of the last round, by its date: traces of the changed version that there were when it
    was drawn. More since came late, and are new; empty where no round was drawn, or before this was kept."""
    n_judged: int = 0
    """Of their random items, those that people were sure of."""
    n_confirmed: int = 0
    """Of these, those that have the problem."""
    n_hits: int = 0
    """Traces after the ship, however they were drawn, of which people say that they have it."""
    low: float = 0.0
    """Lower 95 % bound of the share of traces that have it, from the random items; at all looks together."""
    high: float = 1.0
    """Upper 95 % bound of it."""
    alarm_at: datetime | None = None
    """The first day of the alarm of the running sum of what detectors find; None where there is none, or no more."""
    unowned_alarm_at: datetime | None = None
    """The first day of the alarm of that sum and what is of no issue, while people have not set it aside; else None."""
    design: WatchDesign = "none"
    """What the effect below is measured against."""
    ratio: float | None = None
    """How many times as common it is after the ship, as detectors find it; None while that cannot be said."""
    ratio_low: float | None = None
    """Lower end of its 95 % interval."""
    ratio_high: float | None = None
    """Upper end of it."""
    author: str
    """Who began the watch."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.change_ids:
            raise ValueError(f"{self.id}: change_ids is empty, a watch is of at least one change")
        if not 0 < self.target_share < 1:
            raise ValueError(f"{self.id}: target_share == {self.target_share}, must be above 0 and below 1")
