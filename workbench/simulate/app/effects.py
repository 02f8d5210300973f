"""What the app's files do besides causing faults or curing them: to calls, length, tone, time and tokens.

Every cure has a price here, so that a change can do what it was made for and still not be worth it.
"""

import random
from dataclasses import replace

from workbench.simulate import comments, words
from workbench.simulate.app.averted import said
from workbench.simulate.app.behaviour import Behaviour
from workbench.simulate.draws import around, happens, pick
from workbench.simulate.faults.effort import truncate
from workbench.simulate.run import Chat, Reaction, Run, Step, ToolCall, check_citation, look_up_jurisdiction, without

COURTS = frozenset({"state_court", "federal_court"})
"""Tasks on the law of a court, which the table of courts knows."""
CHATTY_SHARE = 0.8
"""Share of the answers that come out chatty where the prompt asks for a friendly tone."""
TONE_CHECK_MS = 140.0
"""What the guardrail on tone takes."""
ALL_TOOLS = ("search_cases", "get_opinion", "check_citation", "jurisdiction_lookup")
"""The tools that the simulated model knows how to use."""


def shaped(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run as the app's files make it; as it was where they ask for nothing that shows."""
    run = _with_required_calls(_with_offered_tools(run, behaviour), behaviour, rng)
    run = _in_length(run, behaviour, rng)
    return _within_limits(_in_tone(run, behaviour, rng), behaviour, rng)


def _with_offered_tools(run: Run, behaviour: Behaviour) -> Run:
    """Return the run without calls of tools that are not offered."""
    steps = run.steps
    for tool in ALL_TOOLS:
        if tool not in behaviour.tools:
            steps = (*without(steps[:-1], tool), steps[-1]) if run.answer else tuple(without(steps, tool))
    return replace(run, steps=steps)


def _with_required_calls(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run with every call that is required and that it lacks, before its answer."""
    called = {step.tool for step in run.steps if isinstance(step, ToolCall)}
    more: list[Step] = []
    if behaviour.looks_up_jurisdiction and run.request.task in COURTS and "jurisdiction_lookup" not in called:
        more += look_up_jurisdiction(run.request, rng)
    if behaviour.confirms_citations and "check_citation" not in called:
        more += check_citation(run.request, rng)
    return replace(run, steps=(*run.steps[:-1], *more, run.steps[-1])) if run.answer else run


def _in_length(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run with its answer longer or shorter: thorough ones gain reasons, brief ones lose them."""
    if not run.answer or run.request.language != "en" or run.request.output_type:
        return run
    text = run.answer
    if "begins_with_jurisdiction" in behaviour.instructions:
        text = f"{_jurisdiction(run)} {text}"
    if run.finish_reason == "stop" and "is_thorough" in behaviour.instructions:
        pools = (words.REASONS, words.HOLDINGS, words.REASONS)
        text = " ".join((text.rstrip(), *(words.fill(rng, pick(rng, pool), run.request) for pool in pools)))
    if run.finish_reason == "stop" and "is_brief" in behaviour.instructions:
        for spared in (*words.REASONS, *words.CLOSINGS):
            text = text.replace(words.fill(rng, spared, run.request), "")
        text = " ".join(text.split())
    return said(run, text) if text != run.answer else run


def _jurisdiction(run: Run) -> str:
    request = run.request
    if request.task in words.STATE_TASKS:
        return f"Jurisdiction: {request.state.name}, state courts."
    return f"Jurisdiction: federal courts, {request.state.circuit}."


def _in_tone(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run in the tone that is asked for: a friendly one comes out chatty, unless the guardrail is on."""
    if not run.answer or run.request.output_type:
        return run
    if "is_chatty" in behaviour.instructions and happens(rng, CHATTY_SHARE) and not behaviour.keeps_plain_tone:
        opening, closing = pick(rng, words.CHATTY_OPENINGS), pick(rng, words.CHATTY_CLOSINGS)
        worse = replace(
            run.reaction,
            down=max(run.reaction.down, 0.04),
            complaints=run.reaction.complaints if run.fault != "none" else comments.WRONG_TONE,
            edits=max(run.reaction.edits, 0.95),
            kept=(3, 30),
        )
        chatty = said(run, f"{opening} {run.answer} {closing}")
        return replace(chatty, reaction=worse, fault=run.fault if run.fault != "none" else "wrong_tone")
    if behaviour.keeps_plain_tone and isinstance(last := run.steps[-1], Chat):
        checked = replace(last, duration_ms=last.duration_ms + around(rng, TONE_CHECK_MS))
        return replace(run, steps=(*run.steps[:-1], checked))
    return run


def _within_limits(run: Run, behaviour: Behaviour, rng: random.Random) -> Run:
    """Return the run as far as the app's limits let it come; a call that fails is no step."""
    done = [place for place, step in enumerate(run.steps) if isinstance(step, ToolCall) and not step.error_type]
    if run.answer and len(done) > behaviour.max_steps:
        return replace(
            run,
            steps=run.steps[: done[behaviour.max_steps - 1] + 1],
            finish_reason="max_steps",
            error_type="max_steps",
            error_message=f"stopped after {behaviour.max_steps} steps without a final answer",
            reaction=Reaction(down=0.2, up=0.0, complaints=comments.UNFINISHED, success=0.0),
            fault="premature_end",
        )
    last = run.steps[-1]
    is_over = isinstance(last, Chat) and last.output_tokens > behaviour.max_output_tokens
    if run.finish_reason == "stop" and is_over:
        run = replace(truncate(run, rng), fault="truncated_answer")
    if run.finish_reason != "length" or not isinstance(last := run.steps[-1], Chat):
        return run
    return replace(run, steps=(*run.steps[:-1], replace(last, output_tokens=behaviour.max_output_tokens)))
