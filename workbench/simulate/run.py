"""What the agent did for one request: its steps, its answer, and how the user takes it; no telemetry yet.

An ordinary run is built here, without a fault; `faults` and `noise` take one and return another.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.simulate.comments import UNHELPFUL
from workbench.simulate.draws import around, between, happens, hex_digits, pick
from workbench.simulate.request import Request
from workbench.simulate.words import FEDERAL_REPORTERS, HOLDINGS, REASONS, answer, citation, fill

MAX_STEPS = 8
"""Calls of tools after which the agent gives up."""
MAX_OUTPUT_TOKENS = 1024
"""Tokens after which an answer is cut off."""
TOKENS_PER_PAGE = 430
"""A printed page of an opinion, about 320 words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One call of the model; it calls the tool of the step after it, or replies."""

    duration_ms: float
    """How long it took."""
    input_tokens: int
    """Tokens in."""
    output_tokens: int
    """Tokens out."""
    reply: str = ""
    """What it said; empty where it called a tool."""
    finish_reason: str = "tool_calls"
    """stop, length or tool_calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool: a result, or an error."""

    tool: str
    """The tool's name."""
    arguments: str
    """JSON object."""
    result: str = ""
    """JSON object; empty after an error."""
    error_type: str = ""
    """One word for the failure; empty without one."""
    error_message: str = ""
    """What the tool said when it failed."""
    duration_ms: float
    """How long it took."""


Step = Chat | ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """How the user and the product take the answer; probabilities from 0 to 1."""

    down: float = 0.0
    """Probability of a thumb down."""
    up: float = 0.03
    """Probability of a thumb up."""
    comments: float = 0.9
    """Probability that a thumb down comes with a comment."""
    complaints: tuple[str, ...] = UNHELPFUL
    """The patterns of that comment."""
    success: float = 1.0
    """Probability that the task succeeds."""
    kept: tuple[int, int] = (72, 100)
    """Least and greatest percentage of the answer that stays when the user edits it."""
    edits: float = 0.12
    """Probability that the answer is taken into a memo and edited there, which shows how much was changed."""
    score: tuple[int, int] = (72, 99)
    """Least and greatest percentage that a judge gives, where one looks."""
    remarks: tuple[str, ...] = ()
    """The patterns of what the judge says beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One request with what came of it."""

    request: Request
    """What was asked."""
    steps: tuple[Step, ...]
    """Calls of model and tools, one after the other."""
    finish_reason: str = "stop"
    """Why the agent ended: stop, length or max_steps."""
    error_type: str = ""
    """One word for the agent's own failure; empty without one."""
    error_message: str = ""
    """The failure in words."""
    has_content: bool = True
    """False where the caller asked that no text be recorded."""
    passages: tuple[str, ...] = ()
    """What was retrieved before the first step; empty where nothing was asked for."""
    says_next: tuple[str, ...] = ()
    """Patterns of what the user writes next in this visit because of it."""
    reaction: Reaction = field(default_factory=Reaction)
    """How it was taken."""
    fault: str = "none"
    """The planted fault, `none` without one."""
    noise: str = "none"
    """The harmless noise, `none` without one."""

    @property
    def answer(self) -> str:
        """The text that the user saw; empty if the run ended without one."""
        last = self.steps[-1]
        return last.reply if isinstance(last, Chat) else ""

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Return True if the run has every value: fields of its request, or as `tool_name` a tool that it used."""
        of_request = {name: value for name, value in values.items() if name != "tool_name"}
        tool = values.get("tool_name")
        if tool is not None and not any(isinstance(step, ToolCall) and step.tool == tool for step in self.steps):
            return False
        return self.request.matches(of_request)


def ordinary(request: Request, rng: random.Random) -> Run:
    """Return a run of the agent with nothing wrong: it searches, reads, sometimes checks, and answers."""
    return Run(request=request, steps=(*look_up(request, rng), reply(request, rng, answer(rng, request))))


def look_up(request: Request, rng: random.Random, *, passage: str = "") -> tuple[Step, ...]:
    """Return what an ordinary run does before it answers."""
    steps: list[Step] = [*search(request, rng), *read_opinion(request, rng, passage=passage)]
    if request.task in {"state_court", "federal_court"} and happens(rng, 0.3):
        steps += look_up_jurisdiction(request, rng)
    if happens(rng, 0.35):
        steps += check_citation(request, rng)
    return tuple(steps)


def reply(request: Request, rng: random.Random, text: str) -> Chat:
    """Return the model's last call, which read the opinion and says this."""
    n_tokens = len(text) // 4
    return Chat(
        duration_ms=around(rng, _pace(request, 2600)),
        input_tokens=1400 + request.opinion.pages * TOKENS_PER_PAGE + between(rng, 0, 300),
        output_tokens=n_tokens + between(rng, 0, 12),
        reply=text,
        finish_reason="stop",
    )


def answering(run: Run, rng: random.Random, text: str) -> Run:
    """Return the run with this as its answer."""
    return replace(run, steps=(*run.steps[:-1], reply(run.request, rng, text)))


def search(request: Request, rng: random.Random, *, words: str = "") -> tuple[Chat, ToolCall]:
    """Return a search for opinions that finds the one asked about."""
    opinion = request.opinion
    found = [{"case": opinion.caption, "citation": opinion.citation, "score": between(rng, 780, 970) / 1000}]
    result = {"hits": found, "total": between(rng, 3, 160)}
    query = words or f"{opinion.caption} {request.issue}"
    return use(request, rng, "search_cases", {"query": query, "limit": pick(rng, (5, 10))}, result, median_ms=420)


def read_opinion(request: Request, rng: random.Random, *, passage: str = "") -> tuple[Chat, ToolCall]:
    """Return the fetch of the opinion; the passage that it quotes is drawn where none is given."""
    passage = passage or f"{fill(rng, pick(rng, HOLDINGS), request)} {fill(rng, pick(rng, REASONS), request)}"
    result = {"pages": request.opinion.pages, "court": request.facts["court"], "excerpt": passage}
    return use(request, rng, "get_opinion", {"citation": request.opinion.citation}, result, median_ms=260)


def look_up_jurisdiction(request: Request, rng: random.Random) -> tuple[Chat, ToolCall]:
    """Return a question to the table of courts."""
    court = request.state.court if request.task == "state_court" else f"U.S. Court of Appeals, {request.state.circuit}"
    result = {"court": court, "system": "state" if request.task == "state_court" else "federal"}
    return use(request, rng, "jurisdiction_lookup", {"court": court}, result, median_ms=90)


def check_citation(request: Request, rng: random.Random) -> tuple[Chat, ToolCall]:
    """Return the check of a citation that is in order."""
    cited = citation(rng, pick(rng, (request.state.reporter, *FEDERAL_REPORTERS)))
    return use(
        request,
        rng,
        "check_citation",
        {"citation": cited},
        {"valid": True, "treatment": "none negative"},
        median_ms=180,
    )


def use(
    request: Request,
    rng: random.Random,
    tool: str,
    arguments: dict[str, Any],
    result: dict[str, Any],
    *,
    median_ms: float,
) -> tuple[Chat, ToolCall]:
    """Return the model's call that asks for a tool, and the tool's."""
    return think(request, rng), ToolCall(
        tool=tool,
        arguments=json.dumps(arguments),
        result=json.dumps(result),
        duration_ms=around(rng, _pace(request, median_ms)),
    )


def think(request: Request, rng: random.Random) -> Chat:
    """Return a call of the model that ends in a call of a tool."""
    return Chat(
        duration_ms=around(rng, _pace(request, 900)),
        input_tokens=between(rng, 850, 1400),
        output_tokens=between(rng, 18, 46),
    )


def failed(call: ToolCall, rng: random.Random, *, error_type: str, message: str) -> ToolCall:
    """Return the call as it looks when the tool fails; the message may have slots `id`, `n`, `ms` and `reference`."""
    text = message.format(
        id=hex_digits(rng, 8),
        n=between(rng, 1, 99),
        ms=round(call.duration_ms),
        reference=json.loads(call.arguments).get("citation", ""),
    )
    return replace(call, result="", error_type=error_type, error_message=text)


def without(steps: tuple[Step, ...], tool: str) -> list[Step]:
    """Return the steps without calls of the tool and the calls of the model that asked for them."""
    pairs = zip(steps[::2], steps[1::2], strict=True)
    return [step for pair in pairs if not (isinstance(pair[1], ToolCall) and pair[1].tool == tool) for step in pair]


def _pace(request: Request, median_ms: float) -> float:
    """Return the median at this hour: the small model is quicker, and office hours in the United States are slower."""
    is_busy = 14 <= request.at.hour < 22 and request.at.weekday() < 5
    return median_ms * (0.7 if request.model.startswith("lex-small") else 1.0) * (1.15 if is_busy else 1.0)
