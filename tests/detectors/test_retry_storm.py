"""Tries that differ a little and mostly fail are a storm; the same call over and over is a loop, which is not ours."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors import repeated_call
from workbench.detectors.retry_storm import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def tries(*amounts: int, error: str | None = "balance is too low", **fields: Any) -> list[dict[str, Any]]:
    """Return failed calls that differ in the amount."""
    status = "OK" if error is None else "ERROR"
    return [
        {"tool_name": "pay", "input": json.dumps({"to": "ann", "amount": amount, "note": "for the flight to Rome"})}
        | {"status": status, "error_message": error, **fields}
        for amount in amounts
    ]


def test_three_refused_tries_that_differ_a_little_are_a_storm(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, tries(10, 20, 30))
    assert (unit["state"], unit["text"], unit["span_id"]) == ("found", "pay: balance is too low", None)
    evidence = json.loads(unit["evidence"])
    assert (evidence["n_calls"], evidence["n_failed"], evidence["n_alike"]) == (3, 3, 3)
    assert evidence["span_ids"] == ["s0", "s1", "s2"]


def test_two_refused_tries_are_a_correction(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, tries(10, 20))
    assert unit["state"] == "clear"


def test_where_as_many_tries_succeed_nothing_is_found(answers: Answers) -> None:
    assert answers(DETECTOR, [*tries(1, 2, 3), *tries(4, 5, error=None)])[0]["state"] == "found"
    assert answers(DETECTOR, [*tries(1, 2, 3), *tries(4, 5, 6, error=None)])[0]["state"] == "clear"


def test_calls_of_different_tools_or_traces_are_not_added_up(answers: Answers) -> None:
    spread = [*tries(1, 2), *tries(3, 4, tool_name="book"), *tries(5, 6, trace_id="t2")]
    assert {unit["state"] for unit in answers(DETECTOR, spread)} == {"clear"}


def test_failed_calls_that_have_nothing_in_common_are_no_storm(answers: Answers) -> None:
    commands = ["ls -la /srv", "python3 -m pytest tests/test_requests.py", "git diff HEAD~2 --stat"]
    calls = [{"tool_name": "bash", "input": command, "status": "ERROR"} for command in commands]
    assert answers(DETECTOR, calls)[0]["state"] == "clear"


def test_a_burst_of_failures_is_a_storm_whatever_was_asked(answers: Answers) -> None:
    """Ten failures within a minute, of calls as unlike as their letters."""
    calls = [
        {"tool_name": "bash", "input": letter * 20, "status": "ERROR", "error_type": "refused", "started_at": 6 * place}
        for place, letter in enumerate("abcdefghij")
    ]
    (unit,) = answers(DETECTOR, calls)
    assert (unit["state"], unit["text"]) == ("found", "bash: refused")
    assert json.loads(unit["evidence"])["n_burst"] == 10
    slower = [call | {"started_at": 7 * place} for place, call in enumerate(calls)]
    assert answers(DETECTOR, slower)[0]["state"] == "clear"


def test_a_loop_is_reported_as_a_loop_and_not_again_as_a_storm(answers: Answers) -> None:
    """The same refused call three times: were both to report it, one problem would come up as two issues."""
    loop = tries(10, 10, 10)
    assert answers(repeated_call.DETECTOR, loop)[0]["state"] == "found"
    assert answers(DETECTOR, loop)[0]["state"] == "clear"
    assert answers(DETECTOR, [*loop, *tries(20, 30)])[0]["state"] == "clear", (
        "two more tries are no storm by themselves"
    )


def test_a_storm_is_not_reported_as_a_loop(answers: Answers) -> None:
    assert answers(repeated_call.DETECTOR, tries(10, 20, 30))[0]["state"] == "clear"


def test_a_call_made_twice_counts_once(answers: Answers) -> None:
    assert answers(DETECTOR, tries(10, 10, 20))[0]["state"] == "clear"


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([{"kind": "LLM"}], "no tool call recorded"),
        ([{"kind": "TOOL", "status": None}], "neither status, result nor end recorded"),
        ([{"kind": "TOOL", "status": "ERROR"}] * 3, "arguments not recorded"),
    ],
)
def test_what_is_not_recorded_cannot_be_judged(answers: Answers, spans: list[dict[str, Any]], reason: str) -> None:
    (unit,) = answers(DETECTOR, spans)
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_ten_thousand_failures_cost_a_moment_and_a_short_evidence(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, tries(*range(10_000)))
    assert len(json.loads(unit["evidence"])["span_ids"]) == 20


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
