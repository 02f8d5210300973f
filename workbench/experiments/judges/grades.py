"""A judge, or people, about one answer at a time: what is asked, and the value of each run that follows.

The same answer to the same case is asked about once, whichever arm gave it: what did not change cannot come out
otherwise, and costs nothing twice.
"""

from collections.abc import Mapping, Sequence

import msgspec

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.erasing import ERASED
from workbench.experiments.judges.prompt import texts_of_case
from workbench.experiments.judges.reply import Grade
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Asked, Judged

ANSWER = "answer"
"""The label of what is judged."""
Replies = Mapping[str, Answer]
"""What a judge replied, by the question's `asked_digest`."""


def question_of(case: Case, output: str, metric: Metric) -> Case:
    """Return what is asked about one answer: the case with the texts that are shown, by label, as its input."""
    assert isinstance(metric.scorer, Judged | Asked)
    return Case(case_id=case.case_id, input={**texts_of_case(case, metric.scorer), ANSWER: output})


def questions_of(metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome]) -> tuple[Case, ...]:
    """Return what has to be asked about all answers, each once, in the order of the runs; errors are not judged."""
    asked = (question_of(item.case, answer.output or "", metric) for item, answer in answered(items, outcomes))
    return tuple({one.asked_digest: one for one in asked}.values())


def values_of(
    metric: Metric, items: Sequence[Item], outcomes: Sequence[Outcome], scores: Mapping[str, float]
) -> dict[str, float]:
    """Return the metric's value of each run that has one, by the key of its item.

    Parameters
    ----------
    metric
        The metric.
    items, outcomes
        The runs.
    scores
        What was said, by the question's `asked_digest`.
    """
    found = {}
    for item, answer in answered(items, outcomes):
        asked = question_of(item.case, answer.output or "", metric).asked_digest
        if asked in scores:
            found[item.key] = scores[asked]
    return found


def scores_in(replies: Replies) -> dict[str, float]:
    """Return the scores of the replies that can be read."""
    return {
        asked: float(msgspec.json.decode(reply.output or "", type=Grade).score)
        for asked, reply in replies.items()
        if reply.output not in (None, ERASED)
    }


def answered(items: Sequence[Item], outcomes: Sequence[Outcome]) -> list[tuple[Item, Answer]]:
    """Return the runs that have an answer, in their order."""
    by_key = {outcome.key: outcome.answer for outcome in outcomes if outcome.answer.status == "ok"}
    return [(item, by_key[item.key]) for item in items if item.key in by_key]
