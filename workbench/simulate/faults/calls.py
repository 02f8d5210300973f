"""Faults of tool calls: what fails, and what the agent makes of a failure."""

import json
import random
from dataclasses import replace

from workbench.simulate import comments
from workbench.simulate.draws import around, between, pick
from workbench.simulate.faults.fault import Fault
from workbench.simulate.run import (
    Reaction,
    Run,
    Step,
    ToolCall,
    check_citation,
    failed,
    read_opinion,
    search,
    think,
    without,
)

_TIMEOUTS = (
    "upstream timed out after {ms} ms, request {id}",
    "search index: upstream timed out after {ms} ms (request {id}, shard {n})",
    "upstream request timed out after {ms} ms, request {id}, node {n}",
)


def loop_on_search(run: Run, rng: random.Random) -> Run:
    """Return the run with a search that times out and is repeated unchanged, three to six times in all."""
    think_first, call = search(run.request, rng)
    steps: list[Step] = []
    for attempt in range(1, between(rng, 3, 6) + 1):
        waiting = replace(call, duration_ms=around(rng, 3010, spread=0.001))
        timed_out = failed(waiting, rng, error_type="timeout", message=pick(rng, _TIMEOUTS))
        steps += (think_first if attempt == 1 else think(run.request, rng), timed_out)
    return replace(
        run,
        steps=(*steps, *run.steps[2:]),
        reaction=Reaction(down=0.12, up=0.01, complaints=comments.SLOW_SEARCH, success=0.85),
    )


_BAD_CITATIONS = (
    "citation not found: no entry for {reference} in the reporter index",
    "no match for citation {reference}",
    "citation {reference} could not be resolved: the volume has {n} cases, none begins at that page",
    "unknown citation {reference} (reporter index build {n})",
    "cannot resolve citation {reference}: page out of range for the volume",
)


def cite_wrongly(run: Run, rng: random.Random) -> Run:
    """Return the run with a citation that the checker cannot resolve and that is used all the same."""
    ask, call = check_citation(run.request, rng)
    broken = failed(call, rng, error_type="citation_not_found", message=pick(rng, _BAD_CITATIONS))
    return replace(
        run,
        steps=(*without(run.steps[:-1], "check_citation"), ask, broken, run.steps[-1]),
        reaction=Reaction(down=0.3, up=0.02, complaints=comments.CITATION, success=0.85, kept=(40, 75)),
    )


_NO_SUCH_TOOL = (
    "unknown tool '{tool}', available tools: search_cases, get_opinion, check_citation, jurisdiction_lookup",
    "unknown tool '{tool}', available tools: get_opinion, jurisdiction_lookup, search_cases, check_citation",
)


def call_unknown_tool(run: Run, rng: random.Random) -> Run:
    """Return the run with a call of a tool that the app does not have."""
    call = ToolCall(
        tool="fetch_docket",
        arguments=json.dumps({"case": run.request.opinion.caption, "entries": pick(rng, (10, 20, 50))}),
        duration_ms=around(rng, 4),
    )
    message = pick(rng, _NO_SUCH_TOOL).replace("{tool}", call.tool)
    unknown = failed(call, rng, error_type="unknown_tool", message=message)
    return replace(
        run,
        steps=(*run.steps[:2], think(run.request, rng), unknown, *run.steps[2:]),
        reaction=Reaction(down=0.04, up=0.02, complaints=comments.UNFINISHED, success=0.95),
    )


_WRONG_ARGUMENTS = (
    "1 validation error for search_cases: limit: input should be a valid integer, got '{limit}'",
    "1 validation error for search_cases: limit: value is not a valid integer (type=type_error.integer)",
)
_LIMITS = ("ten", "all", "as many as possible", "five", "top 10")


def break_schema(run: Run, rng: random.Random) -> Run:
    """Return the run with a search whose arguments the tool's schema forbids; the next one is right."""
    ask, call = search(run.request, rng)
    limit = pick(rng, _LIMITS)
    wrong = replace(call, arguments=json.dumps({**json.loads(call.arguments), "limit": limit}))
    message = pick(rng, _WRONG_ARGUMENTS).replace("{limit}", limit)
    refused = failed(replace(wrong, duration_ms=around(rng, 6)), rng, error_type="validation_error", message=message)
    return replace(
        run,
        steps=(ask, refused, *run.steps),
        reaction=Reaction(down=0.03, up=0.02, success=0.97),
    )


_UNAVAILABLE = (
    "503 service unavailable: opinion store, retry-after {n}",
    "503 service unavailable: opinion store, replica {id} is down",
    "503 service unavailable: opinion store, no healthy replica",
)


def storm(run: Run, rng: random.Random) -> Run:
    """Return the run with a fetch that is tried again at once, page by page, while the store is down."""
    _, call = read_opinion(run.request, rng)
    steps: list[Step] = []
    for attempt in range(1, between(rng, 5, 9) + 1):
        arguments = json.dumps({**json.loads(call.arguments), "first_page": 20 * attempt})
        tried = replace(call, arguments=arguments, duration_ms=around(rng, 35))
        steps += (
            replace(think(run.request, rng), duration_ms=around(rng, 320)),
            failed(tried, rng, error_type="503", message=pick(rng, _UNAVAILABLE)),
        )
    return replace(
        run,
        steps=(*run.steps[:2], *steps, *run.steps[2:]),
        reaction=Reaction(down=0.06, up=0.02, complaints=comments.SLOW, success=0.95),
    )


_SEALED = (
    "opinion {reference} is sealed: choose another opinion or ask for access",
    "opinion {reference} is sealed, not available to this client",
)


def ignore_refusal(run: Run, rng: random.Random) -> Run:
    """Return the run that asks once more, unchanged, for what the tool has just refused."""
    ask, call = read_opinion(run.request, rng)
    refused = failed(call, rng, error_type="forbidden", message=pick(rng, _SEALED))
    again = replace(refused, duration_ms=around(rng, 240))
    return replace(
        run,
        steps=(*run.steps[:2], ask, refused, think(run.request, rng), again, *run.steps[4:]),
        reaction=Reaction(down=0.08, up=0.02, complaints=comments.UNFINISHED, success=0.85),
    )


SEARCH_LOOP = Fault(
    name="search_loop",
    shows="search_cases times out and the identical call is repeated three to six times",
    slice={"release": "2026.10.0"},
    prevalence=0.13,
    elsewhere=0.002,
    plant=loop_on_search,
)
CITATION_ERROR = Fault(
    name="citation_error",
    shows="check_citation cannot resolve a citation; thumbs down with comments on wrong citations",
    slice={"task": "federal_court"},
    prevalence=0.12,
    elsewhere=0.006,
    plant=cite_wrongly,
)
UNKNOWN_TOOL = Fault(
    name="unknown_tool",
    shows="the agent calls fetch_docket, which the app does not have",
    slice={"prompt_version": "8"},
    prevalence=0.3,
    elsewhere=0.002,
    plant=call_unknown_tool,
)
WRONG_ARGUMENTS = Fault(
    name="wrong_arguments",
    shows="search_cases refuses a limit that is no number",
    slice={"model": "lex-small-2"},
    prevalence=0.06,
    elsewhere=0.002,
    plant=break_schema,
)
FETCH_STORM = Fault(
    name="fetch_storm",
    shows="get_opinion fails with 503 and is tried for other pages, five to nine times within seconds",
    slice={"release": "2026.10.1"},
    prevalence=0.06,
    elsewhere=0.002,
    plant=storm,
)
IGNORED_REFUSAL = Fault(
    name="ignored_refusal",
    shows="get_opinion refuses a sealed opinion and is asked for it again, unchanged",
    slice={"prompt_version": "6"},
    prevalence=0.15,
    elsewhere=0.002,
    plant=ignore_refusal,
)
