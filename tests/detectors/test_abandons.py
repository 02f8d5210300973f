"""Who gives up, or got no answer to the last message, left unserved; who says thanks did not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.abandons import DETECTOR
from workbench.detectors.premature_end import DETECTOR as PREMATURE_END

Answers = Callable[..., list[dict[str, Any]]]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    "said",
    [
        "Never mind.",
        "Forget it, I'll do it myself",
        "What a waste of time",
        "Vergiss es",
        "Laissez tomber",
        "Olvídalo",
    ],
)
def test_who_gives_up_is_found_by_what_they_came_for(answers: Answers, visit: Rows, said: str) -> None:
    first, last = answers(DETECTOR, visit("Refund order 4711", said))
    assert first["state"] == "clear"
    assert (last["state"], last["text"]) == ("found", "Refund order <number>")
    assert json.loads(last["evidence"])["how"] == "gave up"


def test_who_goes_on_has_not_given_up(answers: Answers, visit: Rows) -> None:
    units = answers(DETECTOR, visit("Refund my order", "Never mind.", "When do you open?"))
    assert [unit["state"] for unit in units] == ["clear"] * 3


def test_a_last_message_without_an_answer_is_found(answers: Answers, visit: Rows) -> None:
    spans = visit("Refund my order", "And where is the other one?", answers=["Done.", None])
    _, last = answers(DETECTOR, spans)
    assert (last["state"], last["text"]) == ("found", "And where is the other one?")
    assert json.loads(last["evidence"])["how"] == "no answer to the last message"


def test_where_no_answer_is_recorded_none_is_missed(answers: Answers, visit: Rows) -> None:
    units = answers(DETECTOR, visit("Refund my order", "And where is the other one?", answers=[None, None]))
    assert [unit["state"] for unit in units] == ["clear", "clear"]


@pytest.mark.parametrize(
    "end",
    [{"status": "ERROR"}, {"finish_reason": "max_steps"}, {"error_type": "TimeoutError"}],
)
def test_what_premature_end_tells_is_not_told_twice(answers: Answers, visit: Rows, end: dict[str, Any]) -> None:
    first, last = visit("Refund my order", "And where is the other one?", answers=["Done.", None])
    spans = [first, last | end]
    assert [unit["state"] for unit in answers(PREMATURE_END, spans)] == ["clear", "found"]
    assert [unit["state"] for unit in answers(DETECTOR, spans)] == ["clear", "clear"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Can you check it again?", "found"),
        ("Please charge my other card", "found"),
        ("Thank you, that is all I need for now!", "clear"),
        ("ok", "clear"),
        ("No, you can stop here. ###STOP###", "clear"),
        ("Never mind, thank you. ###STOP###", "found"),
    ],
)
def test_the_last_words_of_a_chat_ask_for_an_answer_or_not(answers: Answers, chat: Rows, said: str, state: str) -> None:
    (unit,) = answers(DETECTOR, chat("Book a flight", "To Rome", unanswered=[said]))
    assert unit["state"] == state


def test_where_nothing_is_recorded_nothing_can_be_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no words of a user recorded")
