"""How far a reviewer has come, at which pace, and whether reading on still teaches."""

from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from workbench.loop.desk.log import Log
from workbench.review import codes_of, saturation
from workbench.store.reservations import Left


def progress_of(left: Left, log: Log) -> dict[str, Any]:
    """Return the figures as `Desk.progress` says them."""
    own = left.own.values()
    n_done = sum(row.done_at is not None for row in own)
    seen = saturation(codes_of(log.standing()))
    return {
        "done": n_done,
        "n_items": n_done + len(left.queue),
        "n_skipped": sum(row.done_at is None and row.skipped_at is not None for row in own),
        "n_flagged": sum(row.is_flagged for row in own),
        "by_reviewer": dict(left.done),
        "new_codes": {"last": seen.n_last, "n": seen.n_new},
        "seconds_an_item": _seconds_an_item(left),
    }


def _seconds_an_item(left: Left) -> float | None:
    """Return the median time from one judgement to the next; what was judged at once has none."""
    times = sorted(datetime.fromisoformat(row.done_at) for row in left.own.values() if row.done_at is not None)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times) if later > earlier]
    return median(gaps) if gaps else None
