"""An answer is held against what was retrieved for it; what was asked and what tools said is no invention."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.ungrounded_answer import DETECTOR, measure

Answers = Callable[..., list[dict[str, Any]]]
PASSAGE = (
    "The appellate court reversed the dismissal because the plaintiff had pleaded scienter with particularity. "
    "Summary judgment was improper where witnesses disagreed about the contract, and Harborline Foods never "
    "delivered the shipment of frozen berries which Aldermoor had ordered in 2019 for 4,200 dollars."
)
SOUND = (
    "The court reversed the dismissal: scienter was pleaded with particularity. Summary judgment was improper, since "
    "witnesses disagreed about the contract, and Harborline never delivered the berries ordered by Aldermoor in 2019."
)
INVENTED = (
    "Employees may refuse overtime whenever their manager forgot to publish rosters beforehand; damages follow from "
    "statutory minimum wages, multiplied by weeks of absence, minus vacation allowances already granted voluntarily."
)


def trace(answer: str | None, *, passage: str | None = PASSAGE, **fields: Any) -> list[dict[str, Any]]:
    """Return a root that answers, and a retrieval of one passage."""
    documents = None if passage is None else json.dumps([{"id": "d1", "content": passage, "score": 0.9}])
    root = {"span_id": "root", "kind": "AGENT", "agent": "desk", "input": "What was held?", "output": answer}
    return [root | fields, {"span_id": "docs", "parent_span_id": "root", "kind": "RETRIEVER", "output": documents}]


def test_an_answer_that_shares_no_words_with_the_documents_is_found(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, trace(INVENTED))
    assert (unit["state"], unit["span_id"]) == ("found", None)
    assert unit["text"] == "desk: hardly a word of the answer is in the documents"
    assert json.loads(unit["evidence"])["word_share"] < 0.15


def test_an_answer_in_the_documents_words_is_clear(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, trace(SOUND))
    assert (unit["state"], unit["reason"]) == ("clear", None)


def test_numbers_and_names_that_no_document_has_are_found(answers: Answers) -> None:
    """A third of the words are shared, as they are between two cases of one kind; none of the facts is."""
    other = (
        "The court reversed because the plaintiff, represented by Garrowby and by Nettlefold, pleaded scienter for "
        "Wexcombe in 1987, 1991 and 1993; juries there awarded interest, trebled penalties, restitution, attorney "
        "expenses, injunctions against subsidiaries, disgorgement of profits, plus supervised audits every quarter."
    )
    (unit,) = answers(DETECTOR, trace(other))
    assert unit["text"] == "desk: numbers and names of the answer are not in the documents"
    evidence = json.loads(unit["evidence"])
    assert (evidence["n_facts"], evidence["absent_share"]) == (6, 1.0)
    assert 0.15 < evidence["word_share"] < 0.5


def test_an_answer_in_another_language_with_the_documents_facts_is_clear(answers: Answers) -> None:
    german = (
        "Das Gericht hob die Abweisung auf, weil Harborline die gefrorenen Beeren, welche Aldermoor im Jahr 2019 gegen "
        "4,200 bestellt hatte, niemals lieferte; Zeugen widersprachen einander deutlich, weshalb ein schnelles Urteil "
        "ausgeschlossen bleibt und Foods erneut verhandeln muss."
    )
    (unit,) = answers(DETECTOR, trace(german))
    assert unit["state"] == "clear"


@pytest.mark.parametrize("kind", ["TOOL", "RETRIEVER"])
def test_what_a_tool_or_another_retrieval_said_is_no_invention(answers: Answers, kind: str) -> None:
    said = {"span_id": "more", "parent_span_id": "root", "kind": kind, "output": INVENTED}
    assert answers(DETECTOR, [*trace(INVENTED), said])[0]["state"] == "clear"


def test_the_questions_own_words_are_no_invention(answers: Answers) -> None:
    assert answers(DETECTOR, trace(INVENTED, input=f"Is this right? {INVENTED}"))[0]["state"] == "clear"


def test_without_an_answer_at_the_root_the_models_last_one_is_it(answers: Answers) -> None:
    model = {"kind": "LLM", "parent_span_id": "root"}
    calls = [{**model, "started_at": 5, "output": INVENTED}, {**model, "started_at": 1, "output": SOUND}]
    assert answers(DETECTOR, [*trace(None), *calls])[0]["state"] == "found"


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([{"kind": "AGENT", "output": INVENTED}], "no documents retrieved"),
        (trace(INVENTED, passage=None), "no documents retrieved"),
        (trace(None), "answer not recorded"),
        (trace("Which of the two contracts do you mean?"), "answer of fewer than 20 different words"),
        (trace("裁判所は原告の請求を棄却した。契約は有効である。"), "written without spaces between words"),
    ],
)
def test_without_documents_or_enough_words_nothing_can_be_said(
    answers: Answers, spans: list[dict[str, Any]], reason: str
) -> None:
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


@pytest.mark.parametrize(
    "spans",
    [
        trace(SOUND, input="? " * 200_000),
        trace(SOUND, passage="- " * 200_000 + PASSAGE),
        [*trace(SOUND), {"span_id": "more", "parent_span_id": "root", "kind": "TOOL", "output": "- " * 200_000}],
    ],
)
def test_where_more_was_retrieved_than_is_read_nothing_is_said(answers: Answers, spans: list[dict[str, Any]]) -> None:
    """What is cut off may be the passage that the answer stands on."""
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["reason"]) == ("not_applicable", "too much retrieved to compare")


def test_traces_without_documents_stand_beside_those_with(answers: Answers) -> None:
    units = answers(DETECTOR, [*trace(INVENTED), {"trace_id": "t2", "kind": "AGENT", "output": INVENTED}])
    assert [unit["state"] for unit in units] == ["found", "not_applicable"]


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []


def test_the_measure_is_counted_by_hand() -> None:
    """Words: court, awarded, dollars, Smith (four letters or more); numbers and names: 5,000, 12 and Smith."""
    counted = measure("The court awarded Smith 5,000 dollars on day 12.", "Courts award 5000 of it to Jones.")
    assert (counted.n_words, counted.word_share) == (4, 2 / 4)
    assert counted.n_facts == 3
    assert counted.absent_share == pytest.approx(2 / 3)


def test_nothing_said_is_nothing_invented() -> None:
    assert measure("", "") == (0, 0, 1.0, 0.0, False)
