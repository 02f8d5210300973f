"""Calls of tools in the answers of every provider, as their documentation writes them."""

import json
from typing import Any

import polars as pl
import pytest

from workbench.detectors.calls import Call, calls_in, has_calls

ROME = {"city": "Rome"}
TEXT = json.dumps(ROME)
SHAPES = [
    pytest.param({"choices": [{"message": {"role": "assistant", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": TEXT}}]}}]}, id="openai"),
    pytest.param({"output": [{"type": "function_call", "name": "weather", "arguments": TEXT, "call_id": "c1"}]},
        id="responses"),
    pytest.param({"role": "assistant", "function_call": {"name": "weather", "arguments": TEXT}}, id="functions"),
    pytest.param({"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": ROME}]},
        id="anthropic"),
    pytest.param({"content": {"role": "model", "parts": [{"function_call": {"name": "weather", "args": ROME}}]}},
        id="adk"),
    pytest.param({"candidates": [{"content": {"parts": [{"functionCall": {"name": "weather", "args": ROME}}]}}]},
        id="gemini"),
    pytest.param({"message": {"content": [{"toolUse": {"toolUseId": "c1", "name": "weather", "input": ROME}}]}},
        id="bedrock"),
    pytest.param([{"role": "assistant", "parts": [
        {"type": "tool_call", "id": "c1", "name": "weather", "arguments": ROME}]}], id="opentelemetry"),
    pytest.param([{"toolCallId": "c1", "toolName": "weather", "input": TEXT}], id="vercel"),
    pytest.param({"type": "ai", "tool_calls": [{"name": "weather", "args": ROME, "id": "c1"}]}, id="langchain"),
    pytest.param({"tool_calls": [{"id": "c1", "function": "weather", "arguments": ROME}]}, id="inspect"),
    pytest.param([{"role": "assistant", "tool_calls": [{"id": "c1", "name": "weather", "arguments": ROME}]}],
        id="tau2"),
]  # fmt: skip


@pytest.mark.parametrize("answer", SHAPES)
def test_a_call_is_found_in_every_shape(answer: Any) -> None:
    recorded = json.dumps(answer)
    assert calls_in(recorded) == [Call("weather", ROME, is_json=True)]
    assert pl.select(has_calls(pl.lit(recorded))).item() is True


@pytest.mark.parametrize(
    "recorded",
    [
        "The tool_call failed.",
        '[{"role": "assistant", "content": "tool_use"}]',
        '{"tools": [{"type": "function", "function": {"name": "weather", "parameters": {}}}], "output": []}',
        '[{"type": "tool_call", "name": "weather", "arguments": {}, "result": "sunny"}]',
        '[{"toolCallId": "c1", "toolName": "weather", "output": "sunny"}]',
        '{"type": "tool_use"}',
        "[" * 40 + "]" * 40,
        '{"tool_calls": null}',
        '{"tool_calls": [',
    ],
)
def test_what_is_no_call_is_none(recorded: str) -> None:
    assert calls_in(recorded) == []


@pytest.mark.parametrize(
    ("arguments", "read", "is_json"),
    [('"{"', "{", False), ('""', {}, True), ("null", None, True), ('"[1]"', [1], True), ('"\\"{}\\""', {}, True)],
)
def test_arguments_are_read_as_json_and_kept_as_text_where_they_are_none(
    arguments: str, read: Any, is_json: bool
) -> None:
    recorded = f'{{"tool_calls": [{{"function": {{"name": "f", "arguments": {arguments}}}}}]}}'
    assert calls_in(recorded) == [Call("f", read, is_json)]


def test_several_calls_come_in_their_order() -> None:
    recorded = json.dumps({"tool_calls": [{"name": name, "args": {}} for name in "bac"]})
    assert [call.tool for call in calls_in(recorded)] == ["b", "a", "c"]
