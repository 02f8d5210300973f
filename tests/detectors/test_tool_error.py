"""A failed call is found however it says so."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.tool_error import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def test_a_refused_call_is_found_with_its_tool_and_masked_words(answers: Answers) -> None:
    error = "Error: Payment amount does not add up, total price is 375, but paid 299"
    (unit,) = answers(DETECTOR, [{"tool_name": "book", "status": "ERROR", "error_message": error, "session_id": "v1"}])
    assert unit["state"] == "found"
    assert (unit["trace_id"], unit["span_id"], unit["session_id"]) == ("t1", "s0", "v1")
    assert unit["text"] == "book: Error: Payment amount does not add up, total price is <number>, but paid <number>"
    assert json.loads(unit["evidence"])["status"] == "ERROR"
    assert unit["reason"] is None


def test_errors_that_differ_in_amounts_alone_have_one_text(answers: Answers) -> None:
    spans = [
        {"tool_name": "book", "error_message": f"paid {paid} of {price}"} for paid, price in [(1, 2), (30, "4,000.50")]
    ]
    assert len({unit["text"] for unit in answers(DETECTOR, spans)}) == 1


@pytest.mark.parametrize(
    "span",
    [{"status": "ERROR"}, {"error_type": "Timeout"}, {"output": "Error: no such flight"}, {"error_message": "refused"}],
)
def test_each_way_of_saying_error_is_found(answers: Answers, span: dict[str, Any]) -> None:
    (unit,) = answers(DETECTOR, [span])
    assert unit["state"] == "found"
    assert unit["text"]


def test_an_error_without_words_still_has_a_text(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"status": "ERROR", "tool_name": "book", "error_message": " "}])
    assert unit["text"] == "book: failed without a message"


@pytest.mark.parametrize(
    "span",
    [
        {"status": "OK"},
        {"output": "12 seats"},
        {"output": "Error rates fell in May"},
        {"output": "", "error_message": ""},
        {"ended_at": 1},
    ],
)
def test_a_call_that_ended_well_is_clear(answers: Answers, span: dict[str, Any]) -> None:
    (unit,) = answers(DETECTOR, [span])
    assert (unit["state"], unit["reason"], unit["text"], unit["evidence"]) == ("clear", None, None, None)


@pytest.mark.parametrize("status", ["UNSET", None])
def test_a_call_that_says_nothing_of_its_end_cannot_be_judged(answers: Answers, status: str | None) -> None:
    (unit,) = answers(DETECTOR, [{"status": status}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "neither status, result nor end recorded")


def test_only_tools_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, [{"kind": "LLM", "status": "ERROR"}, {"kind": None}]) == []


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
