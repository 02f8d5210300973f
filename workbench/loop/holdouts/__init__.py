"""Step 6, validate: cases set apart for a change's experiments, checked for leaks, and used as often as agreed."""

from workbench.loop.holdouts.files import find_holdout, held_cases
from workbench.loop.holdouts.importing import import_holdout, read_cases
from workbench.loop.holdouts.leaks import check_leakage
from workbench.loop.holdouts.making import FEWEST_RANDOM, MOST_CASES, Made, make_holdout
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.loop.holdouts.using import check_left, make_anew, use_holdout, uses_of

__all__ = [
    "FEWEST_RANDOM",
    "MOST_CASES",
    "Made",
    "cases_of",
    "check_leakage",
    "check_left",
    "find_holdout",
    "held_cases",
    "import_holdout",
    "make_anew",
    "make_holdout",
    "read_cases",
    "use_holdout",
    "uses_of",
]
