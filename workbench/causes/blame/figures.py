"""Figures that nothing bears out: a number that an agent states although nothing before it says so.

"There are 11 options" after a list of ten is where a run goes wrong, and neither status nor tool ever says so.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from workbench.causes.blame.steps import Step

MAX_FIGURES = 1_500
"""Of figures whose sums and differences are taken, those of the earliest steps: with more, nearly all are some sum."""
MIN_DIGITS = 2
"""One digit counts steps, stars and people; nobody looks it up."""
_CODE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_NUMBERING = re.compile(r"^\s*(?:#+ *)?(?:step )?\d+[.):]", re.IGNORECASE | re.MULTILINE)
_FIGURE = re.compile(r"\d[\d,]{0,30}(?:\.\d{1,30})?")
_DEPTH = 6


def first_unborne(steps: Sequence[Step]) -> int | None:
    """Return the place of the first answer to a tool's result that states a figure which nothing bears out.

    A figure is borne out if it stands in anything before, is the length of a list or object in a result, or an amount
    that is the sum or the difference of two amounts. Code, and the numbers of list items, are no figures.
    """
    known: set[str] = set()
    fractions: set[float] = set()
    amounts: set[float] = set()
    for place, step in enumerate(steps):
        _learn(step.asked, known, fractions, amounts)
        if step.is_model and place and steps[place - 1].is_tool:
            stated = _figures(_NUMBERING.sub("", _CODE.sub("", step.said)))
            parts = amounts | _amounts(stated)
            if any(_is_new(figure, fractions, parts) for figure in stated - known):
                return place
        _learn(step.said, known, fractions, amounts)
        if step.is_tool:
            known.update(map(str, _lengths(_parsed(step.said))))
    return None


def _learn(text: str, known: set[str], fractions: set[float], amounts: set[float]) -> None:
    found = _figures(text)
    known |= found
    fractions |= _amounts({figure for figure in found if "." in figure})
    if len(amounts) < MAX_FIGURES:
        amounts |= _amounts(found)


def _figures(text: str) -> set[str]:
    plain = (figure.replace(",", "") for figure in _FIGURE.findall(text))
    return {figure for figure in plain if len(figure) >= MIN_DIGITS}


def _amounts(figures: set[str]) -> set[float]:
    """Return the figures as numbers of cents, whole numbers included: 481.50 and 481.5 are one."""
    return {round(float(figure), 2) for figure in figures if len(figure) <= len("1000000000.00")}


def _is_new(figure: str, fractions: set[float], amounts: set[float]) -> bool:
    if len(figure) > len("1000000000.00"):
        return True
    value = round(float(figure), 2)
    if value in fractions:
        return False
    if "." not in figure:
        return True
    parts = amounts - {value}
    return not any(round(value - part, 2) in parts or round(value + part, 2) in parts for part in parts)


def _lengths(value: Any, depth: int = 0) -> Iterator[int]:
    if isinstance(value, (dict, list)) and depth < _DEPTH:
        yield len(value)
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _lengths(inner, depth + 1)


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
