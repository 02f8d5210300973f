"""What an experiment's answers took, arm by arm: errors, tokens, money and time, and what of it nobody knows."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from workbench.experiments.outcome import Outcome

Number = TypeVar("Number", int, float)


class Bill(NamedTuple):
    """What one arm's answers took."""

    arm: str
    """The arm."""
    n_answers: int
    """Questions with an outcome."""
    n_errors: int
    """Of these, errors."""
    error_kinds: tuple[str, ...]
    """Their kinds, each once, the most frequent first."""
    n_cached: int
    """Answers that an earlier run had asked and paid for."""
    input_tokens: int | None
    """Tokens in; None where one of the answers does not say."""
    output_tokens: int | None
    """Tokens out, as above."""
    cost_usd: float | None
    """What they cost, as above."""
    median_ms: float | None
    """The median time to an answer; None where no answer has one."""


def bill_of(arm: str, outcomes: Sequence[Outcome]) -> Bill:
    """Return what the answers of one arm took.

    >>> bill_of("baseline", ()).cost_usd is None
    True
    """
    mine = [one for one in outcomes if one.arm == arm]
    answers = [one.answer for one in mine]
    kinds: list[str] = [answer.error_kind for answer in answers if answer.error_kind is not None]
    times = sorted(answer.latency_ms for answer in answers if answer.latency_ms is not None and answer.status == "ok")
    middle = len(times) // 2
    median = None if not times else times[middle] if len(times) % 2 else (times[middle - 1] + times[middle]) / 2
    return Bill(
        arm=arm,
        n_answers=len(mine),
        n_errors=len(kinds),
        error_kinds=tuple(sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))),
        n_cached=sum(one.is_cached for one in mine),
        input_tokens=total([answer.input_tokens for answer in answers]),
        output_tokens=total([answer.output_tokens for answer in answers]),
        cost_usd=total([answer.cost_usd for answer in answers]),
        median_ms=median,
    )


def total(amounts: Sequence[Number | None]) -> Number | None:
    """Return the sum of some amounts; None where one of them is not known, or there is none."""
    known = [one for one in amounts if one is not None]
    return sum(known) if known and len(known) == len(amounts) else None
