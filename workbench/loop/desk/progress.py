"""How far a reviewer has come, at which pace, and whether reading on still teaches."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from workbench.loop.desk.sitting import Sitting
from workbench.review import saturation

N_TIMES = 51
"""Judgements from which the pace is told: fifty gaps, a quarter of an hour."""


def progress_of(sitting: Sitting, *, now: datetime) -> dict[str, Any]:
    """Return the figures as `Desk.progress` says them."""
    stands = sitting.reservations.standing(sitting.seat, now=now, n_times=N_TIMES)
    seen = saturation(sitting.log.codes())
    return {
        "done": stands.n_done,
        "n_items": stands.n_done + stands.n_left,
        "n_skipped": stands.n_skipped,
        "n_flagged": stands.n_flagged,
        "by_reviewer": dict(stands.done),
        "new_codes": {"last": seen.n_last, "n": seen.n_new},
        "seconds_an_item": _seconds_an_item(stands.times),
    }


def _seconds_an_item(times: Sequence[datetime]) -> float | None:
    """Return the median time from one judgement to the next."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return median(gaps) if gaps else None
