"""The faults that can be planted, by what is wrong: calls of tools, effort, the answer, the visit."""

from workbench.simulate.faults import answers, calls, effort, visits
from workbench.simulate.faults.fault import Fault

FAULTS = (
    effort.LATENCY_REGRESSION,
    answers.JURISDICTION_CONFUSION,
    effort.PREMATURE_END,
    calls.SEARCH_LOOP,
    calls.CITATION_ERROR,
    effort.TRUNCATED_ANSWER,
    answers.FAILED_OUTCOME,
)
"""The faults of the sample, in the order in which they are drawn; a run has at most one."""
MORE_FAULTS = (
    calls.UNKNOWN_TOOL,
    calls.WRONG_ARGUMENTS,
    calls.FETCH_STORM,
    calls.IGNORED_REFUSAL,
    answers.REFUSAL,
    answers.WRONG_LANGUAGE,
    answers.INVENTED_FACTS,
    answers.BROKEN_JSON,
    answers.MISSING_HOLDING,
    answers.WRONG_TONE,
    effort.RUNAWAY_TOKENS,
    visits.REPEATED_QUESTION,
    visits.CORRECTED_BY_USER,
    visits.PERSON_WANTED,
)
"""Further faults; some need what only the research desk offers: passages, other languages, JSON, a judge."""

__all__ = ["FAULTS", "MORE_FAULTS", "Fault"]
