"""Faults of effort: time, steps and tokens that a run should not take, or lacks."""

import random
from dataclasses import replace

from workbench.simulate import comments, words
from workbench.simulate.draws import between, pick
from workbench.simulate.faults.fault import Fault
from workbench.simulate.run import MAX_OUTPUT_TOKENS, MAX_STEPS, Chat, Reaction, Run, search

SLOW_FACTOR = 4.0
"""How much longer the model takes under the latency regression."""
TOKEN_FACTORS = (9, 16)
"""How many times the tokens a runaway context has, least and most."""
CONTEXT_LIMIT = 1_000_000
"""Tokens that the models take at most."""


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
    cut = replace(last, reply=text, finish_reason="length", output_tokens=MAX_OUTPUT_TOKENS)
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


def run_away(run: Run, rng: random.Random) -> Run:
    """Return the run with the whole docket in the context of every call of the model."""
    factor = between(rng, *TOKEN_FACTORS)
    steps = tuple(
        replace(step, input_tokens=min(step.input_tokens * factor, CONTEXT_LIMIT)) if isinstance(step, Chat) else step
        for step in run.steps
    )
    return replace(run, steps=steps)


LATENCY_REGRESSION = Fault(
    name="latency_regression",
    shows="chat spans take four times as long; a few comments that it is slow",
    slice={"prompt_version": "8"},
    prevalence=0.9,
    plant=slow_down,
)
TRUNCATED_ANSWER = Fault(
    name="truncated_answer",
    shows="the last chat span and the agent span end with finish reason length, in mid-sentence",
    slice={"model": "lex-small-2"},
    prevalence=0.5,
    elsewhere=0.02,
    scope={"is_long": True},
    plant=truncate,
)
PREMATURE_END = Fault(
    name="premature_end",
    shows="the agent span ends with error.type max_steps and no answer",
    slice={"task": "multi_party"},
    prevalence=0.27,
    elsewhere=0.002,
    plant=run_out_of_steps,
)
RUNAWAY_TOKENS = Fault(
    name="runaway_tokens",
    shows="every call of the model takes nine to sixteen times the tokens, and costs as much",
    slice={"prompt_version": "7", "task": "administrative"},
    prevalence=0.2,
    elsewhere=0.002,
    plant=run_away,
)
