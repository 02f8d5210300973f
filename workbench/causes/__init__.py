"""What may lie behind a cluster: hypotheses with their evidence, for a person to confirm or reject."""

from workbench.causes.attributes import ATTRIBUTES, Attribute, trace_attributes
from workbench.causes.blame import Blame, blame
from workbench.causes.concentration import LEAST_APART, Concentration, concentrations
from workbench.causes.contrast import Contrast, contrast
from workbench.causes.propose import WHY, AskModel, Proposal, Reason, propose
from workbench.causes.proposer import propose_with

__all__ = [
    "ATTRIBUTES",
    "LEAST_APART",
    "WHY",
    "AskModel",
    "Attribute",
    "Blame",
    "Concentration",
    "Contrast",
    "Proposal",
    "Reason",
    "blame",
    "concentrations",
    "contrast",
    "propose",
    "propose_with",
    "trace_attributes",
]
