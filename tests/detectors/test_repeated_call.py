"""A loop is three identical calls; a retry is none."""

import json
from collections.abc import Callable
from typing import Any

from workbench.detectors.repeated_call import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def calls(n: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"tool_name": "search", "input": '{"q": "x"}', **fields}] * n


def test_three_identical_calls_are_a_loop(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, calls(3, session_id="v1"))
    assert (unit["state"], unit["span_id"], unit["session_id"]) == ("found", None, "v1")
    assert unit["text"] == "search"
    evidence = json.loads(unit["evidence"])
    assert (evidence["n_calls"], evidence["n_failed"], evidence["span_ids"]) == (3, 0, ["s0", "s1", "s2"])


def test_a_loop_says_what_failed(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, calls(4, status="ERROR", error_message="timed out after 3012 ms"))
    assert unit["text"] == "search: timed out after <number>"
    assert json.loads(unit["evidence"])["n_failed"] == 4


def test_a_single_retry_is_ignored(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [*calls(1, status="ERROR"), *calls(1)])
    assert unit["state"] == "clear"


def test_other_arguments_tools_and_traces_make_no_loop(answers: Answers) -> None:
    spans = [*calls(2), *calls(2, input='{"q": "y"}'), *calls(2, tool_name="read"), *calls(2, trace_id="t2")]
    assert [unit["state"] for unit in answers(DETECTOR, spans)] == ["clear", "clear"]


def test_the_longest_loop_is_reported(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [*calls(3), *calls(5, tool_name="read")])
    assert json.loads(unit["evidence"])["tool"] == "read"
    assert json.loads(unit["evidence"])["n_calls"] == 5


def test_calls_without_recorded_arguments_cannot_be_compared(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, calls(3, input=None))
    assert (unit["state"], unit["reason"]) == ("not_applicable", "arguments not recorded")


def test_one_call_without_arguments_could_be_the_third(answers: Answers) -> None:
    hidden, harmless = (answers(DETECTOR, [*calls(n), *calls(1, input=None)])[0]["state"] for n in (2, 1))
    assert (hidden, harmless) == ("not_applicable", "clear")


def test_a_trace_without_tools_cannot_be_judged(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [{"kind": "LLM", "input": "hello"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "no tool call recorded")


def test_a_tool_without_a_tool_name_goes_by_its_span_name(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, calls(3, tool_name=None, name="run search"))
    assert unit["text"] == "run search"


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
