"""Who says the same again was not served; who asks for something else was, as far as anyone knows."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from workbench.detectors.conversation import COLUMNS
from workbench.detectors.listening import TALKS
from workbench.detectors.together import Asking
from workbench.detectors.user_repeats import DETECTOR, FACTS, judge

Answers = Callable[..., list[dict[str, Any]]]
Rows = Callable[..., list[dict[str, Any]]]

ASKED = "Can you check LaGuardia for options with a layover under 4 hours and a departure after 11:00 AM?"
AGAIN = "Are there any options from LaGuardia that depart after 11:00 AM and have a layover under 4 hours?"


@pytest.mark.parametrize("again", [ASKED, ASKED.upper(), AGAIN])
def test_the_trace_with_the_answer_before_a_repeat_is_found(answers: Answers, visit: Rows, again: str) -> None:
    first, second = answers(DETECTOR, visit(ASKED, again))
    assert (first["trace_id"], first["state"]) == ("t1", "found")
    assert (
        first["text"]
        == "Can you check LaGuardia for options with a layover under <number> and a departure after <time>?"
    )
    evidence = json.loads(first["evidence"])
    assert (evidence["said_in"], evidence["n_repeats"]) == ("t2", 1)
    assert (second["state"], second["reason"]) == ("not_applicable", "the user said nothing after it")


def test_the_share_of_common_words_is_said(answers: Answers, visit: Rows) -> None:
    # Common: check, refund, visa, card, today; of the first alone: status; of the second alone: progress.
    first, _ = answers(
        DETECTOR, visit("check the refund status visa card today", "check refund visa card today progress")
    )
    assert json.loads(first["evidence"])["share"] == 5 / 7


def test_repeats_in_one_trace_are_counted(answers: Answers, chat: Rows) -> None:
    (unit,) = answers(DETECTOR, chat(ASKED, AGAIN, ASKED, "Thanks, bye"))
    assert (unit["state"], json.loads(unit["evidence"])["n_repeats"]) == ("found", 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the weather in Paris today?", "What is the weather in Rome today?"),
        ("Change my flight to May 20 in economy class please", "Change my flight to May 21 in economy class please"),
        (
            "What standard did the Ninth Circuit apply to expert exclusion in Vale v. Vellum?",
            "What standard did the Ninth Circuit apply to class certification in Vale v. Brackwell?",
        ),
        ("Please cancel my flight to Boston", "Do I get a refund for it?"),
        ("Yes, please go ahead with the booking", "Yes, please go ahead with the booking"),
        ("Ok then", "Ok then"),
    ],
)
def test_another_request_or_a_yes_is_no_repeat(answers: Answers, visit: Rows, one: str, other: str) -> None:
    first, _ = answers(DETECTOR, visit(one, other))
    assert first["state"] == "clear"


def test_long_messages_of_one_trade_are_no_repeats(answers: Answers, visit: Rows) -> None:
    words = ["court", "motion", "appeal", "ruling", "claim", "parties", "judge", "filing", "notice", "order"]
    first, _ = answers(DETECTOR, visit(" ".join(words), " ".join([*words[::-2], *words[-2::-2]])))
    assert first["state"] == "clear"


def test_languages_without_spaces_are_compared(answers: Answers, visit: Rows) -> None:
    first, _ = answers(DETECTOR, visit("我的行李在哪里", "请问我的行李在哪里呢"))
    assert first["state"] == "found"


def test_other_visits_are_not_compared(answers: Answers, visit: Rows) -> None:
    units = answers(DETECTOR, visit(ASKED, ASKED, session_id=None))
    assert {unit["reason"] for unit in units} == {"the user said nothing after it"}


def test_where_nothing_is_recorded_nothing_can_be_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no words of a user recorded")


def test_a_comparison_by_meaning_may_be_passed(answers: Answers, visit: Rows) -> None:
    def by_meaning(before: Sequence[str], text: Sequence[str]) -> list[float]:
        same = {"Where is my bag?", "My suitcase has not come"}
        return [float({one, other} <= same) for one, other in zip(before, text, strict=True)]

    detector = replace(DETECTOR, detect=Asking(TALKS, FACTS, partial(judge, similarity=by_meaning), COLUMNS))
    spans = visit("Where is my bag?", "My suitcase has not come", "When do you open?")
    assert [unit["state"] for unit in answers(detector, spans)][:2] == ["found", "clear"]
    assert answers(DETECTOR, spans)[0]["state"] == "clear"
