"""What each watch that goes on waits for: a look, a round of review, or somebody to judge the one that is open.

All of it is told by the ledger and by the last look; no telemetry is read.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from workbench.loop.prioritise.said_of_issues import outcomes_of
from workbench.loop.watch.finding import watches
from workbench.loop.watch.sampling import heard
from workbench.records import DetectionRun, Issue, Review, Watch
from workbench.review.waiting import is_over
from workbench.stats.absence import n_for_silence
from workbench.store import Workspace

Awaits = Literal["judging", "closing", "look", "sample"]
"""judging: a round is open with traces that nobody judged. closing: it is judged, and another is to follow. look: there
is more to be heard than at the last look. sample: more traces are to be judged, and there are some to draw."""


class Awaited(NamedTuple):
    """What one watch waits for."""

    watch: Watch
    """The watch."""
    what: Awaits
    """What it waits for."""
    n: int = 0
    """Traces that are to be judged."""
    review_id: str = ""
    """The round (rev_...) that is to be judged or closed."""


def awaited(workspace: Workspace, *, now: datetime) -> Iterator[Awaited]:
    """Yield what the newest watch of each issue waits for, the oldest first; read-only.

    One that is gone waits for nobody, and one whose issue was moved by others is over.
    """
    states = {one.id: one.state for one in workspace.ledger.latest(Issue)}
    detected = max((one.at for one in workspace.ledger.latest(DetectionRun)), default=None)
    for watch in {one.issue_id: one for one in watches(workspace)}.values():
        if watch.state in ("watching", "not_enough_exposure") and states.get(watch.issue_id) in (
            "watching",
            "resolved",
        ):
            found = _of(workspace, watch, detected=detected, now=now)
            if found is not None:
                yield found


def _of(workspace: Workspace, watch: Watch, *, detected: datetime | None, now: datetime) -> Awaited | None:
    rounds = [one for one in workspace.ledger.latest(Review) if one.watch_id == watch.id]
    still_open = next((one for one in rounds if not is_over(one, now=now)), None)
    n_left = outcomes_of(workspace, still_open)["label"].null_count() if still_open else 0
    if still_open and n_left:
        return Awaited(watch, "judging", n_left, still_open.id)
    said = heard(workspace, watch)
    is_heard = (said.n_judged, said.n_confirmed, len(said.hits)) == (watch.n_judged, watch.n_confirmed, watch.n_hits)
    is_examined = detected is None or detected <= max(watch.at, watch.since)
    if not (watch.reasons and is_heard and is_examined):
        return Awaited(watch, "look")
    n = _n_wanted(watch)
    if n and still_open:
        return Awaited(watch, "closing", n, still_open.id)
    has_more = not watch.rounds or (detected is not None and detected > watch.rounds[-1].until)
    return Awaited(watch, "sample", n) if n and has_more else None


def _n_wanted(watch: Watch) -> int:
    """Return how many more traces are to be judged, as of the last look; 0 where it waits for traffic, or for none."""
    needed = n_for_silence(watch.target_share)
    if watch.alarm_at or watch.unowned_alarm_at:
        return max(needed - watch.n_judged, 1)
    return max(needed - watch.n_judged, 0) if watch.n_after >= needed else 0
