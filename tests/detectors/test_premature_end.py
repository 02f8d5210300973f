"""Limits, errors and missing answers end a run early; an end that is not recorded says nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.premature_end import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


CALL = '[{"role": "assistant", "parts": [{"type": "tool_call", "name": "search", "arguments": {}}]}]'


def root(**fields: Any) -> dict[str, Any]:
    return {"kind": "AGENT", "span_id": "r", **fields}


def child(kind: str, started_at: int | None, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "parent_span_id": "r", "started_at": started_at, **fields}


@pytest.mark.parametrize("reason", ["max_steps", "too_many_errors", '["max_steps"]'])
def test_a_run_at_a_limit_is_found(answers: Answers, reason: str) -> None:
    (unit,) = answers(DETECTOR, [root(finish_reason=reason, output="I will look")])
    assert (unit["state"], unit["text"]) == ("found", "ended by " + reason.strip('[]"'))


def test_a_run_that_failed_tells_its_first_error(answers: Answers) -> None:
    spans = [
        root(status="ERROR", error_type="agent_error", error_message="gave up", started_at=0, ended_at=9),
        child("TOOL", 1, ended_at=2, tool_name="book", status="ERROR", error_message="no seat on HAT156"),
    ]
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["text"]) == ("found", "ended by agent_error: book: no seat on <id>")


def test_the_reason_is_not_said_twice(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [root(status="ERROR", error_type="agent_error", name="run")])
    assert unit["text"] == "ended by agent_error"


def test_runs_whose_error_messages_differ_in_amount_and_user_have_one_text(answers: Answers) -> None:
    """Unmasked, forty failures of one kind are forty problems of one run each, and each shows a user's id and money."""
    spans = [
        root(
            trace_id=f"t{n}",
            status="ERROR",
            error_message=f"User anya_garcia_{5900 + n} cannot be charged ${n}.50",
            started_at=0,
            ended_at=9,
        )
        for n in range(40)
    ]
    units = answers(DETECTOR, spans)
    assert len(units) == 40
    assert {unit["text"] for unit in units} == {"ended by User <id> cannot be charged <number>"}
    assert not any(str(5900 + n) in str(unit["evidence"]) for n, unit in enumerate(units))


def test_a_run_without_an_answer_is_found(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [root(output="")])
    assert (unit["state"], unit["text"]) == ("found", "ended without an answer")


def test_a_tool_that_was_asked_for_and_not_called_is_found(answers: Answers) -> None:
    spans = [root(started_at=0), child("LLM", 1, output=CALL), child("TOOL", 2), child("LLM", 3, output=CALL)]
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["text"]) == ("found", "ended with a tool asked for and not called")


def test_a_tool_that_was_called_is_no_open_end(answers: Answers) -> None:
    spans = [root(started_at=0), child("LLM", 1, output=CALL), child("TOOL", 2), child("LLM", 3, output="Done.")]
    assert answers(DETECTOR, spans)[0]["state"] == "clear"


def test_without_times_the_last_call_is_not_known(answers: Answers) -> None:
    spans = [root(), child("LLM", None, output=CALL), child("TOOL", None), child("LLM", None, output=CALL)]
    assert answers(DETECTOR, spans)[0]["state"] == "clear"


def test_where_no_tool_is_recorded_none_is_missed(answers: Answers) -> None:
    assert answers(DETECTOR, [root(started_at=0), child("LLM", 1, output=CALL)])[0]["state"] == "clear"


@pytest.mark.parametrize("fields", [{"finish_reason": "user_stop"}, {"output": "Booked."}])
def test_a_run_that_came_to_its_end_is_clear(answers: Answers, fields: dict[str, Any]) -> None:
    assert answers(DETECTOR, [root(**fields)])[0]["state"] == "clear"


def test_a_failed_child_is_no_failed_run(answers: Answers) -> None:
    spans = [root(output="Booked."), child("TOOL", 1, status="ERROR", error_message="no seat")]
    assert answers(DETECTOR, spans)[0]["state"] == "clear"


def test_a_run_whose_end_is_not_recorded_cannot_be_judged(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [root(), child("TOOL", 1)])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "end not recorded")


def test_a_trace_without_a_root_cannot_be_judged(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [child("LLM", 1, output="Done.")])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no root span")


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
