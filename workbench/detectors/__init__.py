"""Detectors: each finds one kind of problem, and says of every unit whether it is found, clear or cannot be judged.

Detection is automatic and fixing is not: what is found here waits for a person.
"""

from workbench.detectors import (
    failed_outcome,
    incomplete_answer,
    latency_outlier,
    negative_feedback,
    premature_end,
    rate_shift,
    repeated_call,
    suspect_check,
    tool_error,
)
from workbench.detectors.detector import Detector
from workbench.detectors.examination import Examination, ThirdParty, examine, failure, third_party
from workbench.detectors.parts import SPANS_A_PART, cut, joined
from workbench.detectors.rule import Units
from workbench.detectors.rules import RULES, Rules, read_rules
from workbench.detectors.suspect_check import set_aside

DETECTORS: tuple[Detector, ...] = (
    negative_feedback.DETECTOR,
    failed_outcome.DETECTOR,
    premature_end.DETECTOR,
    tool_error.DETECTOR,
    repeated_call.DETECTOR,
    incomplete_answer.DETECTOR,
    latency_outlier.DETECTOR,
    rate_shift.DETECTOR,
    suspect_check.DETECTOR,
)
"""The project's own detectors, what users say first."""

__all__ = [
    "DETECTORS",
    "RULES",
    "SPANS_A_PART",
    "Detector",
    "Examination",
    "Rules",
    "ThirdParty",
    "Units",
    "cut",
    "examine",
    "failure",
    "joined",
    "read_rules",
    "set_aside",
    "third_party",
]
