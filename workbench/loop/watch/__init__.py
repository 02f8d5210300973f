"""Step 7, watch: after the ship, what became of the problem is measured until it is gone, or is back."""

from workbench.loop.watch.finding import ended, find_watch, watches
from workbench.loop.watch.looking import look, watched
from workbench.loop.watch.sampling import open_blind_review
from workbench.loop.watch.starting import start_watch

__all__ = [
    "ended",
    "find_watch",
    "look",
    "open_blind_review",
    "start_watch",
    "watched",
    "watches",
]
