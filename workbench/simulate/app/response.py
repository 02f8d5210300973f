"""What comes of one request, as an experiment sees it: the answer, the steps, and what they took."""

import random
from dataclasses import dataclass, replace

from workbench.simulate.draws import between, happens
from workbench.simulate.export import line_of
from workbench.simulate.otlp import cost_of, spans_of
from workbench.simulate.run import Chat, Run, ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What comes of one request."""

    trace_id: str
    """32 hex digits, of the run's spans."""
    output: str
    """The text that the user sees; empty if the run ended without one."""
    finish_reason: str
    """Why it ended: stop, length or max_steps."""
    error_type: str | None
    """One word for its failure; None without one."""
    duration_ms: float
    """From the question to the answer."""
    input_tokens: int
    """Tokens in, of all calls of the model."""
    output_tokens: int
    """Tokens out, of all calls of the model."""
    cost_usd: float | None
    """Price of the tokens; None where nobody knows it."""
    n_tool_calls: int
    """Calls of tools, failed ones too."""
    success: bool | None
    """Whether the task succeeds, as the product would learn of it; None where nobody can know."""
    changed_share: float | None
    """How much of the answer is changed by whoever takes it into a memorandum; None where nobody can know."""
    otlp: bytes
    """The run's spans as one line of OTLP/JSON, which `loaders` reads as it reads any telemetry."""


def response_of(run: Run) -> Response:
    """Return a run as a response; how its user takes it is not known."""
    chats = [step for step in run.steps if isinstance(step, Chat)]
    n_in, n_out = sum(step.input_tokens for step in chats), sum(step.output_tokens for step in chats)
    recorded = list(spans_of(run, seed=int(run.request.trace_id[:12], 16)))
    agent = recorded[-1].span
    return Response(
        trace_id=run.request.trace_id,
        output=run.answer,
        finish_reason=run.finish_reason,
        error_type=run.error_type or None,
        duration_ms=(int(agent["endTimeUnixNano"]) - int(agent["startTimeUnixNano"])) / 1e6,
        input_tokens=n_in,
        output_tokens=n_out,
        cost_usd=cost_of(run.request.model, input_tokens=n_in, output_tokens=n_out),
        n_tool_calls=sum(isinstance(step, ToolCall) for step in run.steps),
        success=None,
        changed_share=None,
        otlp=line_of(recorded),
    )


def as_taken(response: Response, run: Run, *, rng: random.Random) -> Response:
    """Return the response of a simulated run with how its user takes it.

    Parameters
    ----------
    response
        Of the run.
    run
        It.
    rng
        Chance.
    """
    success, kept = happens(rng, run.reaction.success), between(rng, *run.reaction.kept)
    return replace(response, success=success, changed_share=(100 - kept) / 100 if run.answer else None)
