"""An answer refuses in words, in a field of its own, or by a filter; who asks for more, or acts, does not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.detectors.refusal import DETECTOR

Answers = Callable[..., list[dict[str, Any]]]

ASKED = json.dumps([{"role": "user", "content": "Cancel order 4711"}])


def llm(output: str | None, **fields: Any) -> dict[str, Any]:
    return {"kind": "LLM", "input": ASKED, "output": output, **fields}


def message(**fields: Any) -> str:
    return json.dumps([{"role": "assistant", **fields}])


@pytest.mark.parametrize(
    "said",
    [
        "I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "Unfortunately, I cannot cancel a delivered order.",
        "I understand, but I'm unable to process a refund.",
        "As an AI language model, I don't have opinions.",
        "I must respectfully decline.",
        "Leider kann ich Ihnen dabei nicht helfen.",
        "Je ne peux pas vous aider.",
        "Lo siento, no puedo ayudarte con eso.",
    ],
)
@pytest.mark.parametrize("shape", [str, lambda said: message(content=said), lambda said: json.dumps({"text": said})])
def test_refusals_are_found_by_their_words(answers: Answers, said: str, shape: Callable[[str], str]) -> None:
    (unit,) = answers(DETECTOR, [llm(shape(said))])
    assert (unit["state"], unit["text"]) == ("found", "Cancel order <number>")
    assert json.loads(unit["evidence"])["by"] == "words"


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({"output": message(content=None, refusal="I can't.")}, "refusal of the message"),
        ({"output": message(content=[{"type": "refusal", "refusal": "No."}])}, "refusal of the message"),
        ({"output": "", "finish_reason": "content_filter"}, "finish reason"),
        ({"output": None, "finish_reason": '["SAFETY"]'}, "finish reason"),
    ],
)
def test_refusals_are_found_where_they_are_marked(answers: Answers, fields: dict[str, Any], by: str) -> None:
    (unit,) = answers(DETECTOR, [llm(**fields)])
    assert (unit["state"], json.loads(unit["evidence"])["by"]) == ("found", by)


@pytest.mark.parametrize(
    "output",
    [
        "Your order is cancelled.",
        "I'm unable to proceed without your user ID. Please send it.",
        "I can't find the order. Can you check its number?",
        "You cannot cancel a delivered order, but I can start a return.",
        message(content="Done.", refusal=None),
        message(content="I cannot cancel it, let me ask.", tool_calls=[{"function": {"name": "transfer"}}]),
        f"{'The contract says much. ' * 20} We cannot cancel it.",
    ],
)
def test_what_is_no_refusal_is_clear(answers: Answers, output: str) -> None:
    assert answers(DETECTOR, [llm(output)])[0]["state"] == "clear"


def test_an_answer_after_a_tool_is_grouped_by_the_first_request_of_its_trace(answers: Answers) -> None:
    after = json.dumps([{"role": "tool", "content": "delivered"}])
    spans = [
        {"kind": "AGENT", "span_id": "r", "input": "Refund it", "started_at": 0},
        llm("I cannot refund it.", input=after, parent_span_id="r", started_at=1),
    ]
    (unit,) = answers(DETECTOR, spans)
    assert unit["text"] == "Refund it"


def test_without_a_request_there_are_still_words(answers: Answers) -> None:
    assert answers(DETECTOR, [llm("I can't help with that.", input=None)])[0]["text"] == "nothing recorded"


def test_an_output_that_is_not_recorded_cannot_be_judged(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [llm(None)])
    assert (unit["state"], unit["reason"]) == ("not_applicable", "output not recorded")


def test_tools_are_no_answers(answers: Answers) -> None:
    assert answers(DETECTOR, [{"kind": "TOOL", "output": "I can't help with that."}]) == []
