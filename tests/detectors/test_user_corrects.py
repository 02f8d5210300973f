"""A correction is about the answer before it; users who correct themselves, or tell of mistakes, correct no answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.user_corrects import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
Rows = Callable[..., list[dict[str, Any]]]


def test_the_trace_with_the_corrected_answer_is_found(answers: Answers, visit: Rows) -> None:
    spans = visit("Change my flight to LAS", "Actually, I wanted to fly to LAS, not LAX on May 20.", "Thank you")
    first, second, third = answers(DETECTOR, spans)
    assert (first["state"], first["text"]) == ("found", "Actually, I wanted to fly to LAS, not LAX on <date>.")
    evidence = json.loads(first["evidence"])
    assert (evidence["said_in"], evidence["asked"]) == ("t2", "Change my flight to LAS")
    assert second["state"] == "clear"
    assert (third["state"], third["reason"]) == ("not_applicable", "the user said nothing after it")


@pytest.mark.parametrize(
    "said",
    [
        "No, I meant the return flight",
        "That’s not what I asked",
        "That's wrong. It was two bags.",
        "Wrong!",
        "Not that one, I was asking about Doe",
        "I said Ohio, not federal court.",
        "No no, I asked for the holding",
        "You got it wrong",
        "You misunderstood me",
        "I'm sorry, but there must be a mistake: I'm a Gold member",
        "I already told you my name",
        "Nein, ich meinte den Rückflug",
        "Das stimmt so nicht",
        "Non, je voulais dire le vol retour",
        "Ce n’est pas ce que j’ai demandé",
        "No, me refería al vuelo de vuelta",
        "Eso no es lo que pedí",
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_corrections_are_heard_in_four_languages(answers: Answers, visit: Rows, said: str, ascii_only: bool) -> None:
    first, second = visit("Change my flight", "?")
    second["input"] = json.dumps([{"role": "user", "content": said}], ensure_ascii=ascii_only)
    assert answers(DETECTOR, [first, second])[0]["state"] == "found"


@pytest.mark.parametrize(
    "said",
    [
        "Sorry, my mistake: I meant the 20th",
        "I ordered the wrong size and want to return it",
        "No, that's all. Thank you!",
        "Actually, I'd like to keep the grill after all",
        "I want a refund since it was a mistake",
        "Is it right that I get a refund?",
        f"Please summarise this: {'The court heard the appeal. ' * 20} That is not correct.",
    ],
)
def test_own_slips_and_other_mistakes_are_clear(answers: Answers, visit: Rows, said: str) -> None:
    assert answers(DETECTOR, visit("Change my flight", said))[0]["state"] == "clear"


def test_the_first_message_corrects_no_answer(answers: Answers, visit: Rows) -> None:
    first, _ = answers(DETECTOR, visit("That's wrong, my bill says 20", "How do I pay?"))
    assert first["state"] == "clear"


def test_the_last_words_of_a_chat_can_correct_it(answers: Answers, chat: Rows) -> None:
    (unit,) = answers(DETECTOR, chat("Book a flight", unanswered=["That is not what I asked for."]))
    assert (unit["state"], json.loads(unit["evidence"])["said_in"]) == ("found", "t1")


def test_where_nothing_is_recorded_nothing_can_be_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no words of a user recorded")
