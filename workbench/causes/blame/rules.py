"""The rules by which a step is blamed, each a function from the steps of a trace to the place of one, or None.

They need no model, no label and no knowledge of the app; which of them say most was learnt on labelled runs.
"""

import re
from collections.abc import Sequence

from workbench.causes.blame.steps import Step

_WORD = re.compile(r"[A-Za-z]+")
_CHANGES_NOTHING = frozenset(
    """browse calculate check compute count describe fetch find get list load lookup look open query read retrieve
    search show think transfer validate verify view""".split()  # noqa: SIM905
)
"""First words of tools that look something up, work something out or hand the user over: a slip there can be mended."""
_RUNS_CODE = re.compile(r"terminal|execut|interpreter|python|shell", re.IGNORECASE)
_CODE = "```"
_STUCK = re.compile(
    r"\b(?:stalled|stuck|re-?planning|re-?plan|start(?:ing)? over|going in circles|no progress)\b", re.IGNORECASE
)
_GIVES_UP = re.compile(r"\b(?:unfortunately|cannot|can['’]t|unable to|not able to|not possible)\b", re.IGNORECASE)
_OPENING = 300
"""Characters at the start of an answer, where it says how it goes; further on it may quote."""


def failed_through(steps: Sequence[Step]) -> int | None:
    """Return the deepest failed step from which failure reached a root: where the request broke.

    A tool call is no root, even where its source does not say what encloses it.
    """
    place = {step.span_id: at for at, step in enumerate(steps)}
    of_parent: dict[int, list[int]] = {}
    for at, step in enumerate(steps):
        parent = place.get(step.parent or "")
        if parent is not None and parent != at and step.is_failed:
            of_parent.setdefault(parent, []).append(at)
    roots = [
        at for at, step in enumerate(steps) if step.is_failed and not step.is_tool and (step.parent or "") not in place
    ]
    if not roots:
        return None
    at, seen = roots[0], {roots[0]}
    while deeper := [child for child in of_parent.get(at, []) if child not in seen]:
        at = deeper[0]
        seen.add(at)
    return at


def refused_act(steps: Sequence[Step]) -> int | None:
    """Return the first call that would have changed something and was refused."""
    return next((at for at, step in enumerate(steps) if _changes(step) and step.is_failed), None)


def first_act(steps: Sequence[Step]) -> int | None:
    """Return the first step that changes something: such a call, or code that is run next."""
    return next((at for at, step in enumerate(steps) if _changes(step) or _is_run(steps, at)), None)


def unmended_failure(steps: Sequence[Step]) -> int | None:
    """Return the first failed tool call whose tool never succeeded after it."""
    last_success = {step.actor: at for at, step in enumerate(steps) if step.is_tool and not step.is_failed}
    failed = (at for at, step in enumerate(steps) if step.is_tool and step.is_failed)
    return next((at for at in failed if last_success.get(steps[at].actor, -1) < at), None)


def stuck(steps: Sequence[Step]) -> int | None:
    """Return the first answer, after the opening one, that says it is stuck or makes a new plan."""
    return _says(steps, _STUCK)


def gives_up(steps: Sequence[Step]) -> int | None:
    """Return the first answer, after the opening one, that says something cannot be done."""
    return _says(steps, _GIVES_UP, whole=True)


def last_answer(steps: Sequence[Step]) -> int | None:
    """Return the last answer of a model, else the last step: what the user got."""
    answers = [at for at, step in enumerate(steps) if step.is_model]
    return answers[-1] if answers else len(steps) - 1 if steps else None


def _says(steps: Sequence[Step], words: re.Pattern[str], *, whole: bool = False) -> int | None:
    answers = [at for at, step in enumerate(steps) if step.is_model][1:]
    return next((at for at in answers if words.search(steps[at].said[: None if whole else _OPENING])), None)


def _changes(step: Step) -> bool:
    if not step.is_tool or _RUNS_CODE.search(step.actor):
        return False
    first = _WORD.search(step.actor)
    return first is not None and first[0].lower() not in _CHANGES_NOTHING


def _is_run(steps: Sequence[Step], at: int) -> bool:
    return steps[at].is_model and _CODE in steps[at].said and at + 1 < len(steps) and steps[at + 1].is_tool
