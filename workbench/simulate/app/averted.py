"""What a run is like whose fault was averted by a limit or a guardrail: it ends well, and has a price.

The cause is still there, and the app bears it: such a run takes longer, costs more, or says that it lacks something.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from workbench.simulate.app.behaviour import TIMEOUT_MS, Behaviour
from workbench.simulate.app.causes import INDEX_MS, NEEDED_SEARCHES, NEEDED_TOKENS
from workbench.simulate.draws import between, pick
from workbench.simulate.faults.calls import loop_on_search
from workbench.simulate.run import MAX_OUTPUT_TOKENS, MAX_STEPS, Chat, Run, ToolCall, search
from workbench.simulate.words import COMPANIES, SURNAMES

MS_A_TOKEN = 9.0
"""How long a model takes for one more token of an answer; of the order of large models in 2026."""
_WITHOUT_INDEX = "The index of cases did not answer, so that the later history was not checked."


def bare(behaviour: Behaviour) -> Behaviour:
    """Return the behaviour with the limits that the sample began with, where its own are wider, and no guardrail."""
    return replace(
        behaviour,
        max_steps=min(behaviour.max_steps, MAX_STEPS),
        max_output_tokens=min(behaviour.max_output_tokens, MAX_OUTPUT_TOKENS),
        search_timeout_ms=min(behaviour.search_timeout_ms, TIMEOUT_MS),
        max_identical_calls=None,
    )


def go_on(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run after a search that was slow: it waited, or the guardrail stopped it and it says so."""
    timed_out = behaviour.max_identical_calls
    call = run.steps[1]
    if timed_out is None or behaviour.search_timeout_ms > TIMEOUT_MS:
        least, most = INDEX_MS
        waited = replace(call, duration_ms=float(between(rng, least, min(most, behaviour.search_timeout_ms))))
        return replace(run, steps=(run.steps[0], waited, *run.steps[2:]))
    looped = loop_on_search(run, rng)
    kept = _failed_first(looped, timed_out)
    return said(replace(run, steps=(*kept, *run.steps[2:])), f"{run.answer.rstrip()} {_WITHOUT_INDEX}")


def search_for_all(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run with a search for one party after the other, and the answer after them."""
    n_others = sum(isinstance(step, ToolCall) for step in run.steps[2:])
    n_more = min(between(rng, *NEEDED_SEARCHES), behaviour.max_steps - n_others) - 1
    more = [
        step
        for _ in range(n_more)
        for step in search(run.request, rng, words=f"{pick(rng, SURNAMES + COMPANIES)} {run.request.issue}")
    ]
    return replace(run, steps=(*run.steps[:2], *more, *run.steps[2:]))


def finish_long(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run with all the tokens that its long answer takes."""
    last = run.steps[-1]
    if not isinstance(last, Chat):
        return run
    least, most = NEEDED_TOKENS
    n = between(rng, least, min(most, behaviour.max_output_tokens))
    slower = last.duration_ms + MS_A_TOKEN * max(0, n - MAX_OUTPUT_TOKENS)
    return replace(run, steps=(*run.steps[:-1], replace(last, output_tokens=n, duration_ms=slower)))


AVERTED: Mapping[str, Callable[[Run, Behaviour, random.Random], Run]] = {
    "search_loop": go_on,
    "premature_end": search_for_all,
    "truncated_answer": finish_long,
}
"""What comes of a run in place of a fault that a limit or a guardrail averts."""


def said(run: Run, text: str) -> Run:
    """Return the run with another answer, and the tokens and the time that it takes."""
    last = run.steps[-1]
    if not isinstance(last, Chat):
        return run
    n_more = len(text) // 4 - len(last.reply) // 4
    longer = replace(
        last,
        reply=text,
        output_tokens=max(1, last.output_tokens + n_more),
        duration_ms=max(200.0, round(last.duration_ms + MS_A_TOKEN * n_more, 3)),
    )
    return replace(run, steps=(*run.steps[:-1], longer))


def _failed_first(run: Run, n: int) -> list[Chat | ToolCall]:
    """Return the first n failed calls with the calls of the model that asked for them."""
    n_failed = sum(isinstance(step, ToolCall) and bool(step.error_type) for step in run.steps)
    return list(run.steps[: 2 * min(n, n_failed)])
