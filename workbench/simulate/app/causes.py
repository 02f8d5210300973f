"""Why the faults of the sample come: what of the app's files lets each happen, and what takes it away.

A fault's share is not set for a version: it is what the version's files leave of the fault's cause. Part of what goes
wrong lies in the request, so that a request that failed once fails more often when it is asked again.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from workbench.ids import digest
from workbench.simulate.app.behaviour import Behaviour
from workbench.simulate.faults.fault import Fault
from workbench.simulate.run import Run

REQUEST_SHARE = 0.5
"""Share of a fault's chance that lies in the request: the correlation of two runs of one request. Taken as a half: with
0 a request that failed would tell nothing about its next run, with 1 a run would never differ from the last."""
NEEDED_TOKENS = (1100, 2400)
"""Tokens that a long answer of a model takes that does not come to an end, least and most."""
INDEX_MS = (3100, 6500)
"""How long the index of one release takes where it is slow, least and most."""
NEEDED_SEARCHES = (9, 14)
"""Searches after which an agent that looks for one party after the other has found all, least and most."""


class FaultCause(NamedTuple):
    """Why one fault comes."""

    where: Mapping[str, str]
    """Fields of the requests in which the cause does harm; the app's version is none of them."""
    left: Callable[[Behaviour], float]
    """How much of the cause an app's files leave, 0 to 1."""
    why: str
    """The cause, in words."""


CAUSES: Mapping[str, FaultCause] = {
    "jurisdiction_confusion": FaultCause(
        {"task": "state_court"},
        lambda app: (
            0.0 if "keeps_jurisdictions_apart" in app.instructions else 0.4 if app.looks_up_jurisdiction else 1.0
        ),
        "no instruction keeps state and federal authority apart; the table of courts alone helps in part",
    ),
    "latency_regression": FaultCause(
        {},
        lambda app: float("writes_twice" in app.instructions),
        "the prompt has every answer written twice",
    ),
    "premature_end": FaultCause(
        {"task": "multi_party"},
        lambda app: 0.0 if "searches_once" in app.instructions else above(NEEDED_SEARCHES, app.max_steps),
        "the parties are searched for one by one, and max_steps ends that",
    ),
    "search_loop": FaultCause(
        {"release": "2026.10.0"},
        lambda app: (
            0.0
            if app.max_identical_calls is not None and app.max_identical_calls <= 2
            else above(INDEX_MS, app.search_timeout_ms)
        ),
        "the release's index is slower than search.timeout_ms, and no guardrail stops the same call",
    ),
    "citation_error": FaultCause(
        {"task": "federal_court"},
        lambda app: float(not app.confirms_citations),
        "a citation is given whether check_citation knows it or not",
    ),
    "truncated_answer": FaultCause(
        {"model": "lex-small-2"},
        lambda app: above(NEEDED_TOKENS, app.max_output_tokens) * (0.2 if "is_brief" in app.instructions else 1.0),
        "max_output_tokens is less than a long answer of the small model takes",
    ),
    "failed_outcome": FaultCause(
        {"task": "bankruptcy"},
        lambda app: float("says_what_follows" not in app.instructions),
        "nothing asks for what the ruling means for debtor and estate",
    ),
}
"""The causes of the sample's faults. A fault without one is planted by its slice alone."""


def chance(fault: Fault, run: Run, behaviour: Behaviour) -> float:
    """Return how likely a run of an app has a fault; the run is in order so far.

    Over all requests of the cause's place it comes to the fault's prevalence where all of the cause is left, and to its
    share elsewhere where nothing is.
    """
    cause = CAUSES.get(fault.name)
    if cause is None:
        return fault.probability(run)
    if not run.matches(fault.scope):
        return 0.0
    left = cause.left(behaviour) if run.matches(cause.where) else 0.0
    share = left * fault.prevalence + (1.0 - left) * fault.elsewhere
    is_prone = disposition(fault.name, run.request.question) < share
    return REQUEST_SHARE * is_prone + (1.0 - REQUEST_SHARE) * share


def disposition(fault: str, question: str) -> float:
    """Return where a request stands between prone to a fault (0) and safe from it (1); it follows from its words."""
    return int(digest("disposition", fault, question)[:12], 16) / 16.0**12


def above(needed: tuple[int, int], limit: int) -> float:
    """Return the share of what is needed that passes a limit, where all between the ends is as likely."""
    least, most = needed
    return min(1.0, max(0.0, (most - limit) / (most - least)))
