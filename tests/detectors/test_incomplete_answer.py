"""Empty and cut answers are found; content that was not recorded is not empty."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.incomplete_answer import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]


def chat(**fields: Any) -> dict[str, Any]:
    return {"kind": "LLM", "name": "chat", "agent": "clerk", **fields}


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS", '["length"]', "stop,length"])
def test_an_answer_at_the_token_limit_is_found(answers: Answers, reason: str) -> None:
    (unit,) = answers(DETECTOR, [chat(output="The court held that", finish_reason=reason)])
    assert (unit["state"], unit["text"]) == ("found", "clerk: answer cut off at the token limit")


def test_the_token_limit_is_known_without_the_content(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [chat(finish_reason="length")])
    assert unit["state"] == "found"


@pytest.mark.parametrize("output", ["", " \n", '{"role": "assistant", "content": ""}'])
def test_an_empty_answer_is_found(answers: Answers, output: str) -> None:
    (unit,) = answers(DETECTOR, [chat(output=output, finish_reason="stop")])
    assert (unit["state"], unit["text"]) == ("found", "clerk: empty answer")


@pytest.mark.parametrize(
    "output",
    [
        "Yes.",
        '{"class": 0}',
        '{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "f"}}]}',
        '[{"role": "assistant", "parts": [{"type": "tool_call", "name": "f", "arguments": {}}]}]',
    ],
)
def test_words_data_and_calls_of_tools_are_answers(answers: Answers, output: str) -> None:
    (unit,) = answers(DETECTOR, [chat(output=output, finish_reason="stop")])
    assert unit["state"] == "clear"


def test_content_that_was_not_recorded_is_not_empty(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [chat(finish_reason="stop")])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "output not recorded")


def test_only_model_calls_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, [{"kind": "TOOL", "output": ""}, {"kind": "EMBEDDING", "output": ""}]) == []


def test_no_spans_give_no_units(answers: Answers) -> None:
    assert answers(DETECTOR, []) == []
