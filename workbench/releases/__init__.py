"""Release candidates: changes that travel together, merged into one commit, taken apart again, and frozen."""

from workbench.releases.ablation import leave_one_out
from workbench.releases.bundle import Bundle, bundle
from workbench.releases.conflicts import BLOCKING, Conflict, conflicts
from workbench.releases.freeze import Seen, changed_since, digest_of
from workbench.releases.merge import MergedCommit, Signed, merge
from workbench.releases.order import Pain, PainOf, by_pain, not_measured, pain_for
from workbench.releases.touched import Touched

__all__ = [
    "BLOCKING",
    "Bundle",
    "Conflict",
    "MergedCommit",
    "Pain",
    "PainOf",
    "Seen",
    "Signed",
    "Touched",
    "bundle",
    "by_pain",
    "changed_since",
    "conflicts",
    "digest_of",
    "leave_one_out",
    "merge",
    "not_measured",
    "pain_for",
]
