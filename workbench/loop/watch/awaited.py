"""What each watch that goes on waits for: a look, a round of review, or somebody to judge the one that is open.

All of it is told by the ledger and by the last look; no telemetry is read.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from workbench.loop.watch.finding import watches
from workbench.loop.watch.sampling import heard, open_rounds
from workbench.records import DetectionRun, Issue, Watch
from workbench.stats.absence import n_for_silence
from workbench.store import Workspace

Awaits = Literal["judging", "look", "sample"]
"""judging: a round is open with traces that nobody judged. look: there is more to be heard than at the last look.
sample: more traces are to be judged, and there are some that no round was drawn from."""


class Awaited(NamedTuple):
    """What one watch waits for."""

    watch: Watch
    """The watch."""
    what: Awaits
    """What it waits for."""
    n: int = 0
    """Traces that are to be judged."""
    review_id: str = ""
    """The round (rev_...) that is to be judged."""


def awaited(workspace: Workspace, *, now: datetime) -> Iterator[Awaited]:
    """Yield what the newest watch of each issue waits for, the oldest first; read-only.

    One that is gone waits for nobody, and one whose issue was moved by others is over.
    """
    on = {one.id for one in workspace.ledger.latest(Issue) if one.state in ("watching", "resolved")}
    detected = max((one.at for one in workspace.ledger.latest(DetectionRun)), default=None)
    for watch in {one.issue_id: one for one in watches(workspace)}.values():
        if watch.state in ("watching", "not_enough_exposure") and watch.issue_id in on:
            found = _of(workspace, watch, detected=detected, now=now)
            if found is not None:
                yield found


def _of(workspace: Workspace, watch: Watch, *, detected: datetime | None, now: datetime) -> Awaited | None:
    for one in open_rounds(workspace, watch, now=now):
        if one.n_left:
            return Awaited(watch, "judging", one.n_left, one.review.id)
    said = heard(workspace, watch)
    is_heard = (said.n_judged, said.n_confirmed, len(said.hits)) == (watch.n_judged, watch.n_confirmed, watch.n_hits)
    is_examined = detected is None or detected <= max(watch.at, watch.since)
    if not (watch.reasons and is_heard and is_examined):
        return Awaited(watch, "look")
    n = _n_wanted(watch)
    return Awaited(watch, "sample", n) if n and watch.n_after > sum(n for _, n in watch.examined) else None


def _n_wanted(watch: Watch) -> int:
    """Return how many more traces are to be judged, as of the last look; 0 where it waits for traffic, or for none."""
    needed = n_for_silence(watch.target_share)
    if watch.alarm_at or watch.unowned_alarm_at:
        return max(needed - watch.n_judged, 1)
    return max(needed - watch.n_judged, 0) if watch.n_after >= needed else 0
