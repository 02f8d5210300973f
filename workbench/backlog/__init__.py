"""The team's issues: where they come from, how they move, and which comes first."""

from workbench.backlog.lifecycle import JUDGED, MOVES, OPEN, Move, move
from workbench.backlog.order import SEVERITY_WEIGHT, ranked
from workbench.backlog.pain import N_DRAWS, UNKNOWN_TIER, Part, Suffering, measure
from workbench.backlog.parts import goes_on, held_by, merge, share_of, split, take_out
from workbench.backlog.proposing import TITLE_PHRASES, propose, title
from workbench.backlog.ranking import Range, Ranked, Ranking, range_of, rank
from workbench.backlog.stages import by_stage, stages
from workbench.backlog.stuck import STUCK_AFTER, stuck_at
from workbench.backlog.weights import DEFAULT, SHIPPED, WEIGHTS, Declared, Weights, read_weights
from workbench.backlog.wording import grounds, why

__all__ = [
    "DEFAULT",
    "JUDGED",
    "MOVES",
    "N_DRAWS",
    "OPEN",
    "SEVERITY_WEIGHT",
    "SHIPPED",
    "STUCK_AFTER",
    "TITLE_PHRASES",
    "UNKNOWN_TIER",
    "WEIGHTS",
    "Declared",
    "Move",
    "Part",
    "Range",
    "Ranked",
    "Ranking",
    "Suffering",
    "Weights",
    "by_stage",
    "goes_on",
    "grounds",
    "held_by",
    "measure",
    "merge",
    "move",
    "propose",
    "range_of",
    "rank",
    "ranked",
    "read_weights",
    "share_of",
    "split",
    "stages",
    "stuck_at",
    "take_out",
    "title",
    "why",
]
