"""Detectors: each finds one kind of problem, and says of every unit whether it is found, clear or cannot be judged.

Detection is automatic and fixing is not: what is found here waits for a person.
"""

from workbench.detectors import (
    abandons,
    asks_for_person,
    cost_spike,
    failed_outcome,
    format_violation,
    heavy_edit,
    ignored_result,
    incomplete_answer,
    invalid_tool_call,
    language_mismatch,
    latency_outlier,
    low_evaluation,
    negative_feedback,
    premature_end,
    rate_shift,
    refusal,
    repeated_call,
    retry_storm,
    suspect_check,
    token_spike,
    tool_error,
    ungrounded_answer,
    user_corrects,
    user_repeats,
)
from workbench.detectors.beside import beside
from workbench.detectors.detector import Detector
from workbench.detectors.examination import Examination, ThirdParty, examine, failure, third_party
from workbench.detectors.parts import SPANS_A_PART, cut, joined
from workbench.detectors.rule import Units
from workbench.detectors.rules import RULES, Rules, read_rules
from workbench.detectors.suspect_check import set_aside
from workbench.detectors.together import goes_by, together

DETECTORS: tuple[Detector, ...] = (
    negative_feedback.DETECTOR,
    user_corrects.DETECTOR,
    user_repeats.DETECTOR,
    asks_for_person.DETECTOR,
    abandons.DETECTOR,
    heavy_edit.DETECTOR,
    failed_outcome.DETECTOR,
    low_evaluation.DETECTOR,
    premature_end.DETECTOR,
    tool_error.DETECTOR,
    repeated_call.DETECTOR,
    retry_storm.DETECTOR,
    ignored_result.DETECTOR,
    invalid_tool_call.DETECTOR,
    incomplete_answer.DETECTOR,
    format_violation.DETECTOR,
    ungrounded_answer.DETECTOR,
    refusal.DETECTOR,
    language_mismatch.DETECTOR,
    latency_outlier.DETECTOR,
    token_spike.DETECTOR,
    cost_spike.DETECTOR,
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
    "beside",
    "cut",
    "examine",
    "failure",
    "goes_by",
    "joined",
    "read_rules",
    "set_aside",
    "third_party",
    "together",
]
