"""The faults that are planted: for each how often, where, and what it does to a run that was in order.

This is the truth that detectors, clusters and causes are held against, so every fault leaves its evidence in the
telemetry.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.simulate import comments, words
from workbench.simulate.draws import around, between, pick
from workbench.simulate.request import Request
from workbench.simulate.run import Chat, Reaction, Run, Step, ToolCall, check_citation, failed, reply, search, think

MAX_STEPS = 8
"""Calls of tools after which the agent gives up."""
SLOW_FACTOR = 4.0
"""How much longer the model takes under the latency regression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planted fault: where it lives and what it does."""

    name: str
    """Its word in the truth."""
    shows: str
    """How it can be seen in telemetry and signals."""
    slice: Mapping[str, Any]
    """Attribute values among which it concentrates; the names are columns of `schemas.SPANS`."""
    prevalence: float
    """Its share of the requests of the slice, 0 to 1, among those that no earlier fault took."""
    elsewhere: float = 0.0
    """Its share of the other requests, 0 to 1."""
    scope: Mapping[str, Any] = field(default_factory=dict)
    """Fields that a request must have for the fault to be possible at all, in the slice or not."""
    plant: Callable[[Run, random.Random], Run]
    """Takes a run in order and returns it with the fault."""

    def probability(self, request: Request) -> float:
        """Return how likely the fault is for this request."""
        if not request.matches(self.scope):
            return 0.0
        return self.prevalence if request.matches(self.slice) else self.elsewhere


def confuse_jurisdiction(run: Run, rng: random.Random) -> Run:
    """Return the run with federal authority called controlling for a question of state law."""
    text = words.answer(rng, run.request, authority=words.MIXED_AUTHORITY)
    return replace(
        run,
        steps=(*_without(run.steps[:-1], "jurisdiction_lookup"), reply(run.request, rng, text)),
        reaction=Reaction(
            down=0.41, up=0.01, comments=0.97, complaints=comments.JURISDICTION, success=0.75, kept=(5, 45)
        ),
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
        steps=(*_without(run.steps[:-1], "check_citation"), ask, broken, run.steps[-1]),
        reaction=Reaction(down=0.3, up=0.02, complaints=comments.CITATION, success=0.85, kept=(40, 75)),
    )


def slow_down(run: Run, rng: random.Random) -> Run:
    """Return the run with every call of the model four times as long."""
    del rng
    steps = tuple(
        replace(step, duration_ms=step.duration_ms * SLOW_FACTOR) if isinstance(step, Chat) else step
        for step in run.steps
    )
    return replace(run, steps=steps, reaction=Reaction(down=0.05, up=0.02, complaints=comments.SLOW))


def truncate(run: Run, rng: random.Random) -> Run:
    """Return the run with its answer cut in mid-sentence by the model's limit of output."""
    last = run.steps[-1]
    if not isinstance(last, Chat):
        return run
    text = last.reply[: between(rng, len(last.reply) // 3, 2 * len(last.reply) // 3)].rstrip(". ")
    cut = replace(last, reply=text, finish_reason="length", output_tokens=1024)
    return replace(
        run,
        steps=(*run.steps[:-1], cut),
        finish_reason="length",
        reaction=Reaction(down=0.12, up=0.01, complaints=comments.CUT_OFF, success=0.85, kept=(45, 80)),
    )


def run_out_of_steps(run: Run, rng: random.Random) -> Run:
    """Return the run ended by the limit of steps, searching for one party after the other and answering none."""
    parties = [pick(rng, words.SURNAMES + words.COMPANIES) for _ in range(MAX_STEPS)]
    steps = [
        step
        for number, party in enumerate(parties, start=1)
        for step in search(run.request, rng, words=f"{party} {run.request.issue} claim {number}")
    ]
    return replace(
        run,
        steps=tuple(steps),
        finish_reason="max_steps",
        error_type="max_steps",
        error_message=f"stopped after {MAX_STEPS} steps without a final answer",
        reaction=Reaction(down=0.2, up=0.0, complaints=comments.UNFINISHED, success=0.0),
    )


def miss_the_point(run: Run, rng: random.Random) -> Run:
    """Return the run with nothing to see in it, of which the product learns that it did not serve."""
    del rng
    return replace(
        run, reaction=Reaction(down=0.05, up=0.01, complaints=comments.UNHELPFUL, success=0.0, kept=(30, 70))
    )


def _without(steps: tuple[Step, ...], tool: str) -> list[Step]:
    """Return the steps without calls of the tool and the calls of the model that asked for them."""
    pairs = zip(steps[::2], steps[1::2], strict=True)
    return [step for pair in pairs if not (isinstance(pair[1], ToolCall) and pair[1].tool == tool) for step in pair]


FAULTS = (
    Fault(
        name="latency_regression",
        shows="chat spans take four times as long; a few comments that it is slow",
        slice={"prompt_version": "8"},
        prevalence=0.9,
        plant=slow_down,
    ),
    Fault(
        name="jurisdiction_confusion",
        shows="the answer calls federal authority controlling in a state court; commented thumbs down, heavy edits",
        slice={"prompt_version": "7", "task": "state_court"},
        prevalence=0.24,
        elsewhere=0.015,
        scope={"task": "state_court"},
        plant=confuse_jurisdiction,
    ),
    Fault(
        name="premature_end",
        shows="the agent span ends with error.type max_steps and no answer",
        slice={"task": "multi_party"},
        prevalence=0.27,
        elsewhere=0.002,
        plant=run_out_of_steps,
    ),
    Fault(
        name="search_loop",
        shows="search_cases times out and the identical call is repeated three to six times",
        slice={"release": "2026.10.0"},
        prevalence=0.13,
        elsewhere=0.002,
        plant=loop_on_search,
    ),
    Fault(
        name="citation_error",
        shows="check_citation cannot resolve a citation; thumbs down with comments on wrong citations",
        slice={"task": "federal_court"},
        prevalence=0.12,
        elsewhere=0.006,
        plant=cite_wrongly,
    ),
    Fault(
        name="truncated_answer",
        shows="the last chat span and the agent span end with finish reason length, in mid-sentence",
        slice={"model": "lex-small-2"},
        prevalence=0.5,
        elsewhere=0.02,
        scope={"is_long": True},
        plant=truncate,
    ),
    Fault(
        name="failed_outcome",
        shows="the outcome task_success is 0 and nothing else is wrong",
        slice={"task": "bankruptcy"},
        prevalence=0.5,
        scope={"has_outcome": True},
        plant=miss_the_point,
    ),
)
"""All faults, in the order in which they are drawn; a run has at most one."""
