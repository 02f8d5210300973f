"""Users who ask for a person are found by what they came for; those who take up an offer, or want none, are not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.asks_for_person import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
Rows = Callable[..., list[dict[str, Any]]]


def test_a_request_is_grouped_by_what_the_user_came_for(answers: Answers, visit: Rows) -> None:
    spans = visit("Refund order 4711, please", "Could I speak to a supervisor?")
    first, second = answers(DETECTOR, spans)
    assert first["state"] == "clear"
    assert (second["state"], second["text"]) == ("found", "Refund order <number>, please")
    assert json.loads(second["evidence"]) == {"n_requests": 1, "said": "Could I speak to a supervisor?"}


@pytest.mark.parametrize(
    "said",
    [
        "I want to talk to a human",
        "Please transfer me to a human agent.",
        "Is there someone else I can talk to?",
        "Get me someone real now",
        "I need to speak with a person about my order",
        "transfer me to an agent",
        "let me talk to someone from support",
        "Is there a human who can look at this?",
        "Can someone from your team call me back?",
        "Can you escalate this to someone who can review it?",
        "No, use PayPal. If that’s not possible, I want to speak to a human.",
        "Ich möchte mit einem Mitarbeiter sprechen",
        "Gibt es hier einen echten Menschen?",
        "Je voudrais parler à un conseiller",
        "Quiero hablar con una persona",
    ],
)
def test_requests_are_heard_in_four_languages(answers: Answers, visit: Rows, said: str) -> None:
    assert answers(DETECTOR, visit("Refund my order", said))[1]["state"] == "found"


@pytest.mark.parametrize(
    "said",
    [
        "Yes, please transfer me to a human agent.",
        "I see. Yes, please connect me to a supervisor.",
        "I really don’t want to be transferred to a human agent",
        "A customer support representative told me that I could cancel it",
        "I want to give up my seat for someone who needs it",
        "How do I change the manager of my project?",
        "Which person signed the contract?",
        "Find the agent of the seller in this deed",
    ],
)
def test_a_yes_to_an_offer_and_talk_of_persons_are_clear(answers: Answers, visit: Rows, said: str) -> None:
    assert answers(DETECTOR, visit("Refund my order", said))[1]["state"] == "clear"


def test_an_agent_that_hands_over_by_itself_is_clear(answers: Answers, chat: Rows) -> None:
    handed = {
        "kind": "TOOL",
        "span_id": "x",
        "parent_span_id": "run",
        "tool_name": "transfer_to_human_agents",
        "input": "{}",
    }
    (unit,) = answers(DETECTOR, [*chat("Refund my order", answers=["A human agent will help you."]), handed])
    assert unit["state"] == "clear"


def test_where_nothing_is_recorded_nothing_can_be_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no words of a user recorded")
