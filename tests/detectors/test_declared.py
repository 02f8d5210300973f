"""Tools and answer formats that a request declares, wherever a source keeps them."""

import json
from typing import Any

import polars as pl
import pytest

from workbench.detectors.declared import TOOLS, Tools, tools_of

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "weather", "description": "Tells the weather.", "parameters": SCHEMA}
OPENAI = {"type": "function", "function": FUNCTION}
PLACES = [
    pytest.param({"gen_ai.tool.definitions": json.dumps([{"type": "function", **FUNCTION}])}, id="opentelemetry"),
    pytest.param({"llm.tools.0.tool.json_schema": json.dumps(OPENAI)}, id="openinference"),
    pytest.param(
        {"llm.request.functions.0.name": "weather", "llm.request.functions.0.parameters": json.dumps(SCHEMA)},
        id="traceloop",
    ),
    pytest.param({"request": {"tools": [OPENAI]}}, id="openai chat"),
    pytest.param({"request": {"tools": [{"type": "function", **FUNCTION, "strict": True}]}}, id="openai responses"),
    pytest.param({"request": {"functions": [FUNCTION]}}, id="openai functions"),
    pytest.param({"mlflow.chat.tools": [OPENAI]}, id="mlflow"),
    pytest.param({"extra": {"invocation_params": {"tools": [OPENAI]}}}, id="langsmith"),
    pytest.param({"toolDefinitions": {"weather": json.dumps({"parameters": SCHEMA})}}, id="langfuse"),
    pytest.param({"metadata": {"attributes": {"llm.tools.0.tool.json_schema": json.dumps(OPENAI)}}},
        id="langfuse otel"),
    pytest.param(
        {"ai.prompt.tools": [json.dumps({"type": "function", "name": "weather", "inputSchema": SCHEMA})]}, id="vercel"
    ),
    pytest.param({"tools": [{"name": "weather", "input_schema": SCHEMA}]}, id="anthropic"),
    pytest.param({"toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}},
        id="bedrock"),
    pytest.param({"config": {"tools": [{"function_declarations": [FUNCTION]}]}}, id="gemini"),
    pytest.param(
        {"model_request_parameters": json.dumps(
            {"function_tools": [{"name": "weather", "parameters_json_schema": SCHEMA}]})}, id="pydantic-ai"
    ),
]  # fmt: skip


@pytest.mark.parametrize("attributes", PLACES)
def test_tools_are_found_in_every_place(attributes: dict[str, Any]) -> None:
    recorded = json.dumps(attributes)
    assert tools_of(recorded, None, None) == Tools({"weather": SCHEMA}, is_complete=True)
    assert pl.select(pl.lit(recorded).str.contains(TOOLS)).item() is True


def test_tools_that_langchain_hands_over_as_messages_are_found() -> None:
    messages = [{"role": "user", "content": "Rome?"}, {"role": "tool", "content": OPENAI}]
    assert tools_of("{}", json.dumps(messages), None) == Tools({"weather": SCHEMA}, is_complete=True)


@pytest.mark.parametrize(
    "recorded", [None, "", "{}", "[]", "null", '{"tools": []}', '{"tools": null}', "tools: weather"]
)
def test_nothing_declared_is_none(recorded: str | None) -> None:
    assert tools_of(recorded, recorded, recorded) is None


@pytest.mark.parametrize(
    "other",
    [
        {"type": "mcp", "server_label": "files"},
        {"type": "web_search"},
        '{"type": "function", "name": "cut of',
        "search",
        None,
        7,
    ],
)
def test_a_definition_that_stands_for_unknown_tools_leaves_the_rest_open(other: Any) -> None:
    found = tools_of(json.dumps({"tools": [OPENAI, other]}))
    assert found is not None
    assert found.schemas["weather"] == SCHEMA
    assert not found.is_complete


def test_a_tool_without_a_schema_is_offered_all_the_same() -> None:
    assert tools_of('{"tools": [{"type": "bash_20250124", "name": "bash"}]}') == Tools({"bash": None}, is_complete=True)


def test_definitions_of_several_places_are_put_together() -> None:
    found = tools_of(json.dumps({"tools": [{"name": "weather"}]}), json.dumps({"tools": [OPENAI, {"name": "time"}]}))
    assert found == Tools({"weather": SCHEMA, "time": None}, is_complete=True)


def test_depth_without_end_is_left_alone() -> None:
    deep = '{"metadata":' * 500 + "{}" + "}" * 500
    assert tools_of(deep, "[" * 500 + "]" * 500) is None
