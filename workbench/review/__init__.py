"""What is shown to whom, and what was said: people's verdicts are the gate between a signal and a change."""

from workbench.review.assignment import assigned
from workbench.review.blocks import in_blocks
from workbench.review.budget import Budget, Size, divide
from workbench.review.check_sample import CheckSample, check_sample
from workbench.review.consensus import Consensus, consensus
from workbench.review.contradiction import n_against, words_against
from workbench.review.gate import Ruling, is_by_person, rule, rulings
from workbench.review.judges import judges_against_people
from workbench.review.labels import first_labels, judgements, standing
from workbench.review.missed import Missed, missed
from workbench.review.outcomes import Disagreement, disagreements, outcomes
from workbench.review.prevalence import prevalence, prevalence_by_detector
from workbench.review.questions import ANSWERS
from workbench.review.sampling import draw, within_minutes
from workbench.review.saturation import LAST_ITEMS, Saturation, codes_of, curve, saturation
from workbench.review.waiting import Waiting, asking, ends_at, is_over, waiting

__all__ = [
    "ANSWERS",
    "LAST_ITEMS",
    "Budget",
    "CheckSample",
    "Consensus",
    "Disagreement",
    "Missed",
    "Ruling",
    "Saturation",
    "Size",
    "Waiting",
    "asking",
    "assigned",
    "check_sample",
    "codes_of",
    "consensus",
    "curve",
    "disagreements",
    "divide",
    "draw",
    "ends_at",
    "first_labels",
    "in_blocks",
    "is_by_person",
    "is_over",
    "judgements",
    "judges_against_people",
    "missed",
    "n_against",
    "outcomes",
    "prevalence",
    "prevalence_by_detector",
    "rule",
    "rulings",
    "saturation",
    "standing",
    "waiting",
    "within_minutes",
    "words_against",
]
