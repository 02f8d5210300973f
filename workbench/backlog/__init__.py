"""The team's issues: where they come from, how they move, and which comes first."""

from workbench.backlog.lifecycle import JUDGED, MOVES, OPEN, Move, move
from workbench.backlog.order import SEVERITY_WEIGHT, ranked
from workbench.backlog.parts import goes_on, held_by, merge, share_of, split, take_out
from workbench.backlog.proposing import TITLE_PHRASES, propose, title
from workbench.backlog.stages import by_stage, stages

__all__ = [
    "JUDGED",
    "MOVES",
    "OPEN",
    "SEVERITY_WEIGHT",
    "TITLE_PHRASES",
    "Move",
    "by_stage",
    "goes_on",
    "held_by",
    "merge",
    "move",
    "propose",
    "ranked",
    "share_of",
    "split",
    "stages",
    "take_out",
    "title",
]
