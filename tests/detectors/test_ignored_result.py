"""A refusal that is not read is repeated; what may pass by itself is worth a retry."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors import repeated_call
from workbench.detectors.ignored_result import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
ASKED = '{"flight": "HAT001", "passengers": 3}'


def call(at: int, error: str | None = "Not enough seats on flight HAT001", **fields: Any) -> dict[str, Any]:
    """Return a call of one second, refused unless the error is None."""
    status = "OK" if error is None else "ERROR"
    return {"tool_name": "book", "input": ASKED, "status": status, "error_message": error} | {
        "started_at": at,
        "ended_at": at + 1,
        **fields,
    }


def found(units: list[dict[str, Any]]) -> list[str]:
    return [unit["span_id"] for unit in units if unit["state"] == "found"]


def test_a_refused_call_that_is_repeated_and_refused_again_is_found(answers: Answers) -> None:
    units = answers(DETECTOR, [call(0), call(5)])
    assert found(units) == ["s1"]
    assert units[1]["text"] == "book: Not enough seats on flight <id>"
    assert json.loads(units[1]["evidence"]) == {"tool": "book", "refused_span_id": "s0"}
    assert units[0]["state"] == "clear", "the first could not know"


def test_a_refusal_that_is_returned_as_a_result_is_one(answers: Answers) -> None:
    refused = {"error": None, "output": "Error: not enough seats", "status": "UNSET"}
    assert found(answers(DETECTOR, [call(0, **refused), call(5, **refused)])) == ["s1"]


@pytest.mark.parametrize(
    "between",
    [
        call(2, input='{"flight": "HAT002"}'),
        call(2, error=None),
        call(2, error=None, input='{"flight": "HAT002"}'),
    ],
)
def test_a_call_of_the_tool_in_between_makes_it_another_matter(answers: Answers, between: dict[str, Any]) -> None:
    assert found(answers(DETECTOR, [call(0), between, call(5)])) == []


def test_a_call_of_another_tool_in_between_changes_nothing(answers: Answers) -> None:
    assert found(answers(DETECTOR, [call(0), call(2, tool_name="look"), call(5)])) == ["s2"]


@pytest.mark.parametrize(
    "second",
    [
        call(5, error=None),
        call(5, input='{"flight": "HAT001", "passengers": 2}'),
        call(5, tool_name="reserve"),
        call(5, trace_id="t2"),
        call(0),
    ],
)
def test_what_worked_or_was_changed_or_ran_side_by_side_ignored_nothing(
    answers: Answers, second: dict[str, Any]
) -> None:
    assert found(answers(DETECTOR, [call(0), second])) == []


@pytest.mark.parametrize(
    "error",
    [
        "upstream timed out after 3 s",
        "429 Too Many Requests",
        "Service temporarily unavailable, try again",
        "connection reset by peer",
        "The database is locked",
        "HTTP 503",
    ],
)
def test_a_failure_that_may_pass_is_worth_a_retry(answers: Answers, error: str) -> None:
    assert found(answers(DETECTOR, [call(0, error), call(5, error)])) == []


def test_the_third_same_call_makes_a_loop_which_is_reported_as_one(answers: Answers) -> None:
    loop = [call(0), call(5), call(10)]
    assert found(answers(DETECTOR, loop)) == []
    assert answers(repeated_call.DETECTOR, loop)[0]["state"] == "found"
    assert answers(repeated_call.DETECTOR, loop[:2])[0]["state"] == "clear"


def test_calls_without_a_time_have_no_order(answers: Answers) -> None:
    units = answers(DETECTOR, [call(0, started_at=None, ended_at=None), call(5, started_at=None, ended_at=None)])
    assert [unit["reason"] for unit in units] == ["no time", "no time"]


def test_calls_without_arguments_cannot_be_compared(answers: Answers) -> None:
    units = answers(DETECTOR, [call(0, input=None), call(5, input=None)])
    assert [unit["reason"] for unit in units] == ["arguments not recorded"] * 2


def test_only_tools_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, [call(0, kind="LLM"), call(5, kind="LLM")]) == []
    assert answers(DETECTOR, []) == []
