"""Complaints are found in labels, scores and words; silence says nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.negative_feedback import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


ROOT = {"kind": "AGENT", "session_id": "v1", "started_at": 0, "input": "Book flight HAT156"}


def state(units: list[dict[str, Any]]) -> str:
    (unit,) = units
    return str(unit["state"])


def test_a_thumb_down_is_found_with_its_comment(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [{"value": 0.0, "comment": "It booked 3 seats, not 2"}])
    assert (unit["state"], unit["text"]) == ("found", "It booked <number> seats, not <number>")
    assert (unit["trace_id"], unit["session_id"]) == ("t1", "v1")
    assert json.loads(unit["evidence"])["decided_by"] == "value"


def test_without_a_comment_the_request_is_told(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [{"value": 0.0, "comment": " "}])
    assert unit["text"] == "Book flight <id>"


def test_with_neither_it_is_found_all_the_same(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "AGENT"}], [{"label": "thumbs_down"}])
    assert (unit["state"], unit["text"]) == ("found", "nothing recorded")


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ({"value": 1.0}, "clear"),
        ({"label": "Thumbs-Up", "comment": "not what I wanted"}, "clear"),
        ({"label": "down", "value": 1.0}, "found"),
        ({"value": -1.0}, "found"),
        ({"name": "stars", "value": 1.0}, "not_applicable"),
        ({"name": "stars", "value": 2.0}, "found"),
        ({"name": "stars", "value": 3.0}, "clear"),
        ({"name": "stars", "value": 9.0}, "clear"),
        ({"name": "stars", "value": 2_000.0}, "not_applicable"),
        ({"value": float("nan")}, "not_applicable"),
        ({"comment": "This is wrong, it does not work"}, "found"),
        ({"comment": "I asked for two seats"}, "not_applicable"),
        ({"label": "unsure"}, "not_applicable"),
    ],
)
def test_label_then_score_then_words_decide(answers: Answers, signal: dict[str, Any], expected: str) -> None:
    assert state(answers(DETECTOR, [ROOT], [signal])) == expected


def test_a_scale_is_learnt_from_all_scores_of_its_name(answers: Answers) -> None:
    """One star of five and the best of 0 to 1 are the same number: other scores under the name tell them apart."""
    spans = [{**ROOT, "trace_id": trace} for trace in ("t1", "t2")]
    stars = [{"name": "stars", "value": 1.0}, {"name": "stars", "value": 5.0, "trace_id": "t2"}]
    shares = [{"name": "quality", "value": 1.0}, {"name": "quality", "value": 0.1, "trace_id": "t2"}]
    assert [unit["state"] for unit in answers(DETECTOR, spans, stars)] == ["found", "clear"]
    assert [unit["state"] for unit in answers(DETECTOR, spans, shares)] == ["clear", "found"]


def test_one_complaint_of_several_signals_is_enough_and_the_comment_is_kept(answers: Answers) -> None:
    signals = [{"value": 1.0}, {"value": 0.0}, {"value": 0.0, "comment": "too slow"}, {"value": 0.0}]
    (unit,) = answers(DETECTOR, [ROOT], signals)
    assert (unit["state"], unit["text"]) == ("found", "too slow")


def test_feedback_on_a_span_is_feedback_on_its_trace(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [{"target_kind": "span", "target_id": "s0", "value": 0.0}])
    assert (unit["state"], unit["span_id"]) == ("found", None)


def test_feedback_on_a_session_is_a_unit_of_its_own(answers: Answers) -> None:
    later = {**ROOT, "trace_id": "a", "started_at": 60, "input": "And a hotel"}
    signal = {"target_kind": "session", "target_id": "v1", "trace_id": None, "value": 0.0}
    units = answers(DETECTOR, [later, ROOT], [signal])
    assert [(unit["trace_id"], unit["session_id"], unit["state"]) for unit in units] == [
        (None, "v1", "found"),
        ("a", "v1", "not_applicable"),
        ("t1", "v1", "not_applicable"),
    ]
    assert units[0]["text"] == "Book flight <id>"


def test_feedback_on_a_trace_outside_the_window_is_kept(answers: Answers) -> None:
    units = answers(DETECTOR, [ROOT], [{"trace_id": "t9", "value": 0.0}])
    assert [(unit["trace_id"], unit["state"]) for unit in units] == [("t1", "not_applicable"), ("t9", "found")]


def test_silence_is_not_praise(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [ROOT], [{"kind": "outcome", "value": 0.0}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no feedback")


def test_nothing_gives_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
