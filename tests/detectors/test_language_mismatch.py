"""An answer in a language that nobody asked for is found; short texts, code and translations are not judged."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.language_mismatch import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
Rows = Callable[..., list[dict[str, Any]]]

ENGLISH = "Could you please tell me whether my order was sent and when it will arrive?"
GERMAN = "Ihre Bestellung wurde gestern verschickt und kommt voraussichtlich am Freitag bei Ihnen an."
DANISH = "Din ordre blev afsendt i går og kommer sandsynligvis frem til dig på fredag."
NOT_TOLD = "message or answer too short, or in no language that can be told"
SWEDISH = "Kan du säga mig om min beställning har skickats och när den kommer fram?"


def test_an_answer_in_another_language_is_found(answers: Answers, visit: Rows) -> None:
    first, second = answers(
        DETECTOR, visit(ENGLISH, ENGLISH, answers=["Your order was sent and they have it.", GERMAN])
    )
    assert first["state"] == "clear"
    assert (second["state"], second["text"]) == ("found", "asked in en, answered in de")
    assert json.loads(second["evidence"])["answered"] == GERMAN


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (GERMAN, GERMAN),
        (ENGLISH, ENGLISH),
        (SWEDISH, DANISH),
        (ENGLISH, f"{ENGLISH} Er sagte “{GERMAN}”"),
        ("Können Sie mir bitte sagen, ob meine Bestellung verschickt ist?", GERMAN),
    ],
)
def test_the_same_language_or_its_kin_is_clear(answers: Answers, visit: Rows, said: str, answered: str) -> None:
    assert answers(DETECTOR, visit(said, answers=[answered]))[0]["state"] == "clear"


@pytest.mark.parametrize(
    ("said", "answered", "reason"),
    [
        (ENGLISH, "Ja, gestern.", NOT_TOLD),
        ("Bestellung?", "Your order was sent and they have it.", NOT_TOLD),
        (ENGLISH, "```python\nvalues = sorted(rows, key=len, reverse=True)\n```", NOT_TOLD),
        (f"Translate this: {ENGLISH}", GERMAN, "the user speaks of a language"),
        (f"{ENGLISH} Answer in German.", GERMAN, "the user speaks of a language"),
        (ENGLISH, None, "answer not recorded"),
    ],
)
def test_what_is_short_code_or_asked_for_is_not_judged(
    answers: Answers, visit: Rows, said: str, answered: str | None, reason: str
) -> None:
    (unit,) = answers(DETECTOR, visit(said, answers=[answered]))
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_a_language_that_was_asked_for_earlier_in_the_visit_is_wanted(answers: Answers, visit: Rows) -> None:
    spans = visit(f"{ENGLISH} In German please.", ENGLISH, answers=[GERMAN, GERMAN])
    assert {unit["reason"] for unit in answers(DETECTOR, spans)} == {"the user speaks of a language"}


def test_instructions_in_english_do_not_hide_a_message_in_german(answers: Answers) -> None:
    said = [
        {"role": "system", "content": "You are the one that helps and they need you"},
        {"role": "user", "content": GERMAN},
    ]
    span = {"kind": "AGENT", "input": json.dumps(said), "output": "Your order was sent and they have it, as you know."}
    assert answers(DETECTOR, [span])[0]["text"] == "asked in de, answered in en"


def test_where_nothing_is_recorded_nothing_can_be_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no words of a user recorded")
