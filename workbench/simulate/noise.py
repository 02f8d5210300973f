"""Harmless noise: what looks wrong for a moment, and is not worth anyone's time.

A detector may find it and a cluster may hold it; an issue made of it is a false alarm, and the truth says `none`.
"""

import random
from dataclasses import replace

from workbench.simulate import comments, words
from workbench.simulate.draws import between, pick
from workbench.simulate.run import Run, Step, ToolCall, answering, failed, think

NOISE_SHARES = {
    "tool_error": 0.02,
    "vague_feedback": 0.01,
    "slow_span": 0.008,
    "short_answer": 0.03,
    "stray_failure": 0.012,
    "no_content": 0.02,
}
"""Share of the requests with each noise, 0 to 1; at which none has twice the traces of the smallest fault."""

_TOOL_ERRORS = (
    ("connection_error", "connection reset by peer"),
    ("rate_limit", "rate limit exceeded, retry after {n} s"),
    ("auth_error", "access token {id} expired"),
    ("parse_error", "invalid JSON in response at position {n}"),
    ("payload_too_large", "response of {n} MB is over the limit"),
    ("dns_error", "temporary failure in name resolution"),
    ("server_error", "502 bad gateway"),
    ("locked", "index is being rebuilt, {n} % done"),
    ("bad_request", "unexpected field 'limit' for client {id}"),
    ("tls_error", "certificate verify failed: not yet valid"),
    ("not_found", "document {id} was moved"),
    ("unavailable", "service draining, node {n} leaves the pool"),
)


def disturb(run: Run, rng: random.Random) -> Run:
    """Return the run with one kind of noise, or as it is; only for runs without a fault."""
    if run.request.is_unhappy:
        return _grumble(run, "unhappy_user")
    drawn = rng.random()
    for noise, share in NOISE_SHARES.items():
        drawn -= share
        if drawn < 0:
            return _with_noise(run, noise, rng)
    return run


def _with_noise(run: Run, noise: str, rng: random.Random) -> Run:
    match noise:
        case "tool_error":
            return _fail_once(run, rng)
        case "vague_feedback":
            return _grumble(run, noise)
        case "slow_span":
            return _slow_one(run, rng)
        case "short_answer":
            if run.request.language != "en" or run.request.output_type:
                return run
            return _answer_shortly(run, rng)
        case "stray_failure":
            if not run.request.has_outcome:
                return run
            return replace(run, noise=noise, reaction=replace(run.reaction, success=0.0))
        case _:
            return replace(run, noise=noise, has_content=False)


def _grumble(run: Run, noise: str) -> Run:
    return replace(run, noise=noise, reaction=replace(run.reaction, down=1.0, comments=0.8, complaints=comments.VAGUE))


def _fail_once(run: Run, rng: random.Random) -> Run:
    """One call of a tool fails, and the same call succeeds at once: a retry, not a loop."""
    at, call = pick(rng, [(place, step) for place, step in enumerate(run.steps) if isinstance(step, ToolCall)])
    error_type, message = pick(rng, _TOOL_ERRORS)
    retried: tuple[Step, ...] = (failed(call, rng, error_type=error_type, message=message), think(run.request, rng))
    return replace(run, noise="tool_error", steps=(*run.steps[:at], *retried, *run.steps[at:]))


def _slow_one(run: Run, rng: random.Random) -> Run:
    at = between(rng, 0, len(run.steps) - 1)
    step = run.steps[at]
    slower = replace(step, duration_ms=step.duration_ms * between(rng, 5, 9))
    return replace(run, noise="slow_span", steps=(*run.steps[:at], slower, *run.steps[at + 1 :]))


def _answer_shortly(run: Run, rng: random.Random) -> Run:
    text = words.fill(rng, pick(rng, words.SHORT_ANSWERS), run.request)
    return replace(answering(run, rng, text), noise="short_answer")
