"""Blame: the step of a trace at which it first went wrong, as far as rules can tell.

What fails last is what is seen; what went wrong first is what a team must change.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from workbench.causes.blame import rules
from workbench.causes.blame.figures import first_unborne
from workbench.causes.blame.steps import COLUMNS, Step, steps_of

__all__ = ["COLUMNS", "SAID", "Blame", "Rule", "blame"]

Rule = Literal[
    "failed_through",
    "unborne_figure",
    "refused_act",
    "first_act",
    "unmended_failure",
    "stuck",
    "gives_up",
    "last_answer",
]
SAID: Mapping[Rule, str] = {
    "failed_through": "first failed in",
    "unborne_figure": "first stated a figure that nothing before bears out in",
    "refused_act": "first had a change refused in",
    "first_act": "first changed something in",
    "unmended_failure": "had a failure that was never made good in",
    "stuck": "first said that it was stuck in",
    "gives_up": "first said that something cannot be done in",
    "last_answer": "shows nothing wrong before its last answer, of",
}
"""What follows "the trace", up to the step."""


class Blame(NamedTuple):
    """The step that is blamed, and why."""

    span_id: str
    """The span."""
    actor: str
    """Its tool, else its agent, else its name."""
    agent: str
    """Its agent; empty where the source names none."""
    rule: Rule
    """The rule that blames it; `SAID` has the words."""


def blame(spans: Sequence[Mapping[str, Any]]) -> Blame | None:
    """Return the step of a trace that plausibly went wrong first; None without spans.

    The first rule that holds decides: the deepest failure that broke the request; the earlier of a figure that nothing
    bears out and of a change that was refused, or else of the first change; a failure that was never made good; where
    it says that it is stuck; where it gives up; its last answer.

    Parameters
    ----------
    spans
        The rows of one trace, with the columns of `COLUMNS`.
    """
    steps = steps_of(spans)
    if not steps:
        return None
    place, rule = _decide(steps)
    step = steps[place]
    return Blame(step.span_id, step.actor, step.agent, rule)


def _decide(steps: Sequence[Step]) -> tuple[int, Rule]:
    if (broken := rules.failed_through(steps)) is not None:
        return broken, "failed_through"
    acting = [at for at, step in enumerate(steps) if step.is_tool or step.is_model] or list(range(len(steps)))
    place, rule = _decide_by_words([steps[at] for at in acting])
    return acting[place], rule


def _decide_by_words(steps: Sequence[Step]) -> tuple[int, Rule]:
    early: list[tuple[int, Rule]] = []
    if (figure := first_unborne(steps)) is not None:
        early.append((figure, "unborne_figure"))
    if (refused := rules.refused_act(steps)) is not None:
        early.append((refused, "refused_act"))
    elif (act := rules.first_act(steps)) is not None:
        early.append((act, "first_act"))
    if early:
        return min(early)
    later: tuple[tuple[Rule, int | None], ...] = (
        ("unmended_failure", rules.unmended_failure(steps)),
        ("stuck", rules.stuck(steps)),
        ("gives_up", rules.gives_up(steps)),
    )
    for rule, place in later:
        if place is not None:
            return place, rule
    return rules.last_answer(steps) or 0, "last_answer"
