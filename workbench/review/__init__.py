"""What is shown to whom, and what was said: people's verdicts are the gate between a signal and a change."""

from workbench.review.consensus import Consensus, consensus
from workbench.review.gate import Ruling, is_by_person, rule, rulings
from workbench.review.judges import judges_against_people
from workbench.review.labels import first_labels, judgements, standing
from workbench.review.missed import Missed, missed
from workbench.review.outcomes import Disagreement, disagreements, outcomes
from workbench.review.prevalence import prevalence, prevalence_by_detector
from workbench.review.sampling import Mode, draw, within_minutes
from workbench.review.saturation import Saturation, codes_of, curve, saturation
from workbench.review.waiting import Waiting, is_over, waiting

__all__ = [
    "Consensus",
    "Disagreement",
    "Missed",
    "Mode",
    "Ruling",
    "Saturation",
    "Waiting",
    "codes_of",
    "consensus",
    "curve",
    "disagreements",
    "draw",
    "first_labels",
    "is_by_person",
    "is_over",
    "judgements",
    "judges_against_people",
    "missed",
    "outcomes",
    "prevalence",
    "prevalence_by_detector",
    "rule",
    "rulings",
    "saturation",
    "standing",
    "waiting",
    "within_minutes",
]
