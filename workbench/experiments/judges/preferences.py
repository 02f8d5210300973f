"""A judge about two answers to one case: each pair is shown in both orders, and a change of mind is a tie.

Models prefer the answer that stands first, or last, whatever it says. A preference that follows the order is none.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.erasing import ERASED
from workbench.experiments.judges.grades import Replies
from workbench.experiments.judges.prompt import texts_of_case
from workbench.experiments.judges.reply import Preference
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.pairs import ARMS
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Compared

FIRST, SECOND = "first answer", "second answer"
"""The labels of what is compared."""
BETTER, TIE, WORSE = 1.0, 0.5, 0.0
"""Values: those of a pair add up to 1."""


class Flips(NamedTuple):
    """How steady a judge of pairs is."""

    n_pairs: int
    """Pairs of different answers of which both replies can be read."""
    n_flipped: int
    """Those of which it preferred what stands first in both orders, or what stands second."""


class _Pair(NamedTuple):
    """What both arms made of one trial of a case."""

    case: Case
    answers: tuple[Answer, Answer]
    keys: tuple[str, str]

    @property
    def is_compared(self) -> bool:
        """Whether a judge has to be asked: two answers that are not the same."""
        one, other = self.answers
        return one.status == "ok" == other.status and one.output != other.output


def questions_of(metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome]) -> tuple[Case, ...]:
    """Return what has to be asked about all pairs of answers, each order once, in the order of the runs."""
    asked = (one for pair in _pairs(items, outcomes) if pair.is_compared for one in _both_orders(pair, metric))
    return tuple({one.asked_digest: one for one in asked}.values())


def values_of(metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome], replies: Replies) -> dict[str, float]:
    """Return the metric's value of each run that has one, by the key of its item.

    The better answer has 1 and the other 0; both have 1/2 where neither is preferred in both orders. An arm that broke
    is the worse. Where a reply cannot be read, or both arms broke, there is no value.
    """
    found: dict[str, float] = {}
    for pair in _pairs(items, outcomes):
        value = _value(pair, metric, replies)
        if value is not None:
            found |= dict(zip(pair.keys, (BETTER - value, value), strict=True))
    return found


def flips_of(metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome], replies: Replies) -> Flips:
    """Return how steady the judge is."""
    said = [_said(pair, metric, replies) for pair in _pairs(items, outcomes) if pair.is_compared]
    read = [one for one in said if None not in one]
    return Flips(len(read), sum(one == other != "tie" for one, other in read))


def _value(pair: _Pair, metric: Metric, replies: Replies) -> float | None:
    """Return the candidate's value."""
    one, other = pair.answers
    if "error" in (one.status, other.status):
        return None if one.status == other.status else BETTER if one.status == "error" else WORSE
    if not pair.is_compared:
        return TIE
    said = _said(pair, metric, replies)
    if None in said:
        return None
    return BETTER if said == ("second", "first") else WORSE if said == ("first", "second") else TIE


def _said(pair: _Pair, metric: Metric, replies: Replies) -> tuple[str | None, str | None]:
    """Return what the judge prefers with the baseline first, and with the candidate first."""
    one, other = (replies.get(asked.asked_digest) for asked in _both_orders(pair, metric))
    return _preferred(one), _preferred(other)


def _preferred(reply: Answer | None) -> str | None:
    if reply is None or reply.output is None or reply.output == ERASED:
        return None
    return msgspec.json.decode(reply.output, type=Preference).better


def _both_orders(pair: _Pair, metric: Metric) -> tuple[Case, Case]:
    assert isinstance(metric.scorer, Compared)
    shown = texts_of_case(pair.case, metric.scorer)
    before, after = (answer.output or "" for answer in pair.answers)
    return (
        Case(case_id=pair.case.case_id, input={**shown, FIRST: before, SECOND: after}),
        Case(case_id=pair.case.case_id, input={**shown, FIRST: after, SECOND: before}),
    )


def _pairs(items: Sequence[Item], outcomes: Sequence[Outcome]) -> list[_Pair]:
    """Return the trials that both arms have run, in the order of the runs."""
    answers = {outcome.key: outcome.answer for outcome in outcomes}
    trials: dict[tuple[str, int], dict[str, Item]] = {}
    for item in items:
        if item.key in answers:
            trials.setdefault((item.case.case_id, item.trial), {})[item.arm.name] = item
    pairs = [(arms[ARMS[0]], arms[ARMS[1]]) for arms in trials.values() if set(ARMS) <= arms.keys()]
    return [_Pair(one.case, (answers[one.key], answers[other.key]), (one.key, other.key)) for one, other in pairs]
