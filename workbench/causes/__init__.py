"""What may lie behind a cluster: hypotheses with their evidence, for a person to confirm or reject."""

from workbench.causes.attributes import ATTRIBUTES, Attribute, trace_attributes
from workbench.causes.contrast import Contrast, contrast
from workbench.causes.propose import WHY, Proposal, Reason, propose

__all__ = [
    "ATTRIBUTES",
    "WHY",
    "Attribute",
    "Contrast",
    "Proposal",
    "Reason",
    "contrast",
    "propose",
    "trace_attributes",
]
