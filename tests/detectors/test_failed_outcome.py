"""An outcome that says failure is found; a trace that nobody judged is not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.failed_outcome import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


ROOT = {"kind": "AGENT", "input": "Please cancel reservation EHGLP3"}


def outcome(**fields: Any) -> dict[str, Any]:
    return {"kind": "outcome", "name": "reward", **fields}


def test_a_reward_below_one_is_found_without_the_words_of_the_request(answers: Answers) -> None:
    """Grouped by what users had come for, failures made one cluster of every topic of the traffic."""
    (unit,) = answers(DETECTOR, [ROOT], [outcome(value=0.5)])
    assert (unit["state"], unit["text"]) == ("found", "failed without an error")
    assert json.loads(unit["evidence"]) == {
        "signal_id": "g0",
        "name": "reward",
        "value": 0.5,
        "label": None,
        "full_success": 1.0,
        "has_words": False,
    }


def test_the_first_error_is_told(answers: Answers) -> None:
    spans = [
        {**ROOT, "status": "ERROR", "error_message": "agent gave up", "started_at": 0, "ended_at": 9},
        {"parent_span_id": "s0", "tool_name": "pay", "status": "ERROR", "error_message": "late", "ended_at": 5},
        {"parent_span_id": "s0", "tool_name": "book", "status": "ERROR", "error_message": "no seat 12", "ended_at": 3},
    ]
    (unit,) = answers(DETECTOR, spans, [outcome(value=0.0)])
    assert unit["text"] == "book: no seat <number>"


def test_a_trace_that_says_nothing_is_found_all_the_same(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}], [outcome(value=0.0)])
    assert (unit["state"], unit["text"]) == ("found", "failed without an error")


@pytest.mark.parametrize(
    ("signal", "state"),
    [
        ({"value": 1.0}, "clear"),
        ({"label": "pass"}, "clear"),
        ({"label": " Failed "}, "found"),
        ({"value": 1.0, "label": "fail"}, "found"),
        ({"value": 35.0}, "not_applicable"),
        ({"value": float("nan")}, "not_applicable"),
        ({"label": "escalated"}, "not_applicable"),
    ],
)
def test_label_then_value_decide(answers: Answers, signal: dict[str, Any], state: str) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [outcome(**signal)])
    assert unit["state"] == state


def test_one_failure_of_several_outcomes_is_enough(answers: Answers) -> None:
    (unit,) = answers(
        DETECTOR, [ROOT], [outcome(value=1.0), outcome(value=0.0), outcome(label="odd"), outcome(value=0.0)]
    )
    assert (unit["state"], json.loads(unit["evidence"])["signal_id"]) == ("found", "g1")


def test_without_an_outcome_signal_nothing_can_be_said(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [{"kind": "feedback", "value": 0.0}, outcome(trace_id="t2", value=0.0)])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no outcome signal")


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, [], [outcome(value=0.0)]) == []
