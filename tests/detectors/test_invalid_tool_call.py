"""Calls are held against the tools that the same request offered, and against nothing else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench import loop
from workbench.detectors.invalid_tool_call import DETECTOR
from workbench.schemas import SIGNALS
from workbench.store import DEMO_SECRET, init_workspace
from workbench.windows import Window

Answers = Callable[..., list[dict[str, Any]]]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


def asked(*calls: tuple[str, Any], tools: Any = TOOLS, **fields: Any) -> dict[str, Any]:
    """Return a model's answer with calls of (tool, arguments)."""
    written = [
        {"function": {"name": name, "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}}
        for name, arguments in calls
    ]
    output = json.dumps([{"role": "assistant", "tool_calls": written}])
    attributes = json.dumps({} if tools is None else {"gen_ai.tool.definitions": json.dumps(tools)})
    return {"kind": "LLM", "output": output, "attributes": attributes, **fields}


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (("wether", {"city": "Rome"}), "wether: not offered"),
        (("weather", {}), "weather: invalid arguments: city is missing"),
        (("weather", {"city": 7}), "weather: invalid arguments: city: must be string"),
        (("weather", {"city": "Rome", "days": "two"}), "weather: invalid arguments: days: must be integer"),
        (("weather", {"city": "Rome", "unit": "C"}), "weather: invalid arguments: unit is not allowed"),
        (("weather", ["Rome"]), "weather: invalid arguments: must be object"),
        (("weather", '{"city": "Rome"'), "weather: arguments are no JSON"),
    ],
)
def test_a_call_that_was_not_offered_so_is_found(answers: Answers, call: tuple[str, Any], text: str) -> None:
    (unit,) = answers(DETECTOR, [asked(call)])
    assert (unit["state"], unit["text"], unit["span_id"]) == ("found", text, "s0")
    assert json.loads(unit["evidence"])["n_calls"] == 1


def test_of_several_calls_the_wrong_one_is_reported(answers: Answers) -> None:
    (unit,) = answers(DETECTOR, [asked(("weather", {"city": "Rome"}), ("weather", {}), ("time", {}))])
    assert unit["text"] == "weather: invalid arguments: city is missing"


@pytest.mark.parametrize("arguments", [{"city": "Rome"}, {"city": "Rome", "days": 2}])
def test_a_call_as_it_was_offered_is_clear(answers: Answers, arguments: dict[str, Any]) -> None:
    (unit,) = answers(DETECTOR, [asked(("weather", arguments))])
    assert (unit["state"], unit["reason"]) == ("clear", None)


def test_a_tool_without_arguments_may_be_called_with_nothing(answers: Answers) -> None:
    tools = [{"name": "now", "parameters": {"type": "object", "properties": {}}}]
    (unit,) = answers(DETECTOR, [asked(("now", ""), tools=tools)])
    assert unit["state"] == "clear"


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ({"kind": "LLM"}, "no tool call recorded"),
        ({"kind": "LLM", "output": "Sunny.", "attributes": asked()["attributes"]}, "no tool call recorded"),
        (asked(("weather", {}), tools=None), "no tools declared"),
        (asked(("weather", {}), tools=[{"name": "weather"}]), "no schema declared"),
        (asked(("time", {}), tools=[*TOOLS, {"type": "mcp"}]), "definitions incomplete"),
        (
            asked(("weather", {}), tools=[{"name": "weather", "parameters": {"$ref": "http://x.y/z"}}]),
            "schema not checkable",
        ),
        (asked(("weather", "null")), "arguments not recorded"),
        (asked(("weather", '{"ci'), finish_reason="length"), "call cut off at the token limit"),
    ],
)
def test_a_call_that_cannot_be_held_against_anything_is_not_judged(
    answers: Answers, span: dict[str, Any], reason: str
) -> None:
    (unit,) = answers(DETECTOR, [span])
    assert (unit["state"], unit["reason"]) == ("not_applicable", reason)


def test_what_a_schema_says_in_strangers_words_is_masked(answers: Answers) -> None:
    tools = [{"name": "pay", "parameters": {"type": "object", "required": ["card_4711"]}}]
    (unit,) = answers(DETECTOR, [asked(("pay", {}), tools=tools)])
    assert unit["text"] == "pay: invalid arguments: <id> is missing"


def test_only_answers_of_models_are_examined(answers: Answers) -> None:
    assert answers(DETECTOR, [asked(("time", {}), kind="TOOL")]) == []
    assert answers(DETECTOR, []) == []


def test_recorded_calls_of_seven_frameworks_are_what_their_schemas_allow(shared_data: Path, tmp_path: Path) -> None:
    """Counted by hand in the files: 9 answers with a call and the definition of its tool, one without a schema."""
    workspace = init_workspace(tmp_path / "frameworks", secret=DEMO_SECRET)
    loop.feed(workspace, [shared_data / "framework-traces"], now=datetime(2026, 11, 1, tzinfo=UTC))
    spans = workspace.telemetry.spans_of_traces(window=Window())
    units = DETECTOR.detect(spans, workspace.telemetry.scan(SIGNALS)).collect()
    assert dict(units.group_by("state").len().iter_rows()) == {"clear": 8, "not_applicable": 30}
