"""Step 5, release candidates: changes that belong together are bundled, put together, frozen, checked, withdrawn.

A candidate is open while changes may still be put in or left out. Frozen, it stays what it is. Every step goes through
the gate (`gate.py`) anew.
"""

from workbench.loop.release.bundling import Bundled, bundle_changes
from workbench.loop.release.checking import check_candidate
from workbench.loop.release.finding import candidates, find_candidate
from workbench.loop.release.freezing import freeze_candidate
from workbench.loop.release.making import make_candidate
from workbench.loop.release.noting import NONE, Released, release_change
from workbench.loop.release.withdrawing import withdraw_candidate

__all__ = [
    "NONE",
    "Bundled",
    "Released",
    "bundle_changes",
    "candidates",
    "check_candidate",
    "find_candidate",
    "freeze_candidate",
    "make_candidate",
    "release_change",
    "withdraw_candidate",
]
