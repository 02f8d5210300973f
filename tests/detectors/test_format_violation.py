"""An answer is held against the format that its own request declared, and against nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors import incomplete_answer
from workbench.detectors.format_violation import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]
SCHEMA = {"type": "object", "properties": {"court": {"type": "string"}}, "required": ["court"]}
JSON = {"response_format": {"type": "json_object"}}
OF_A_SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}
OF_A_PATTERN = {"guided_regex": "(yes|no)"}


def answered(text: str, request: Any = JSON, **fields: Any) -> dict[str, Any]:
    """Return an answer of the model to a request with these parameters."""
    output = json.dumps([{"role": "assistant", "content": text}])
    attributes = json.dumps({"request": request})
    return {"kind": "LLM", "prompt_name": "extract", "output": output, "attributes": attributes, **fields}


@pytest.mark.parametrize(
    ("text", "request_", "words"),
    [
        ("The court is the 9th Circuit.", JSON, "answer is no JSON: words"),
        ('Here it is: {"court": "Ohio"}', JSON, "answer is no JSON: words around it"),
        ('```json\n{"court": "Ohio"}\n```', JSON, "answer is no JSON: fenced in Markdown"),
        ("{'court': 'Ohio'}", JSON, "answer is no JSON: malformed"),
        ('{"judge": "Kim"}', OF_A_SCHEMA, "answer breaks its schema: court is missing"),
        ('{"court": 9}', OF_A_SCHEMA, "answer breaks its schema: court: must be string"),
        ("Yes.", OF_A_PATTERN, "answer does not match its pattern"),
    ],
)
def test_an_answer_in_another_format_is_found(answers: Answers, text: str, request_: Any, words: str) -> None:
    (unit,) = answers(DETECTOR, [answered(text, request_)])
    assert (unit["state"], unit["text"], unit["span_id"]) == ("found", f"extract: {words}", "s0")


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ('{"judge": "Kim"}', JSON),
        ('{"court": "Ohio"}', OF_A_SCHEMA),
        (' {"court": "Ohio"}\n', OF_A_SCHEMA),
        ("yes", OF_A_PATTERN),
    ],
)
def test_an_answer_in_its_format_is_clear(answers: Answers, text: str, request_: Any) -> None:
    (unit,) = answers(DETECTOR, [answered(text, request_)])
    assert (unit["state"], unit["reason"]) == ("clear", None)


def test_an_answer_that_is_recorded_as_an_object_is_json(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [answered("", OF_A_SCHEMA, output='{"court": "Ohio"}')])
    assert unit["state"] == "clear"


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (answered("words", {}), "no format declared"),
        (answered("words", {"response_format": {"type": "text"}}), "no format declared"),
        (answered("words", output=None), "output not recorded"),
        (answered(""), "empty answer"),
        (answered('{"court": "Oh', finish_reason="length"), "answer cut off at the token limit"),
        (answered("words", OF_A_PATTERN | {"guided_regex": "(?=a)b"}), "pattern not checkable"),
        (answered("{}", {"guided_json": {"$ref": "http://example.com"}}), "schema not checkable"),
        (answered("[" * 900 + "]" * 900, OF_A_SCHEMA), "too deep to check"),
        (
            answered("", output='[{"role": "assistant", "tool_calls": [{"name": "f", "args": {}}]}]'),
            "call of a tool",
        ),
    ],
)
def test_what_declares_or_says_nothing_cannot_be_judged(answers: Answers, span: dict[str, Any], reason: str) -> None:
    (unit,) = answers(DETECTOR, [span])
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_a_call_of_a_tool_with_words_beside_it_is_no_answer_yet(answers: Answers) -> None:
    output = '[{"role": "assistant", "content": "Let me look.", "tool_calls": [{"name": "f", "args": {}}]}]'
    (unit,) = answers(DETECTOR, [answered("", output=output)])
    assert unit["reason"] == "call of a tool"


def test_an_answer_that_was_cut_off_is_reported_as_that_alone(answers: Answers) -> None:
    """Half of a JSON is no JSON: were both to report it, one token limit would come up as two issues."""
    cut = answered('{"court": "Oh', finish_reason="length")
    assert answers(incomplete_answer.DETECTOR, [cut])[0]["state"] == "found"
    assert answers(DETECTOR, [cut])[0]["state"] == "not_applicable"


def test_a_pattern_that_would_take_years_takes_a_moment(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [answered("a" * 50_000 + "!", {"guided_regex": "(a+)+"})])
    assert unit["state"] == "found"


def test_only_answers_of_models_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, [answered("words", kind="AGENT")]) == []
    assert answers(DETECTOR, []) == []
