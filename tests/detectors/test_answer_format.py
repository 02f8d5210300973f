"""Formats that requests declare, in the parameters of providers, frameworks and servers."""

import json
from typing import Any

import polars as pl
import pytest

from workbench.detectors.answer_format import DECLARES, Format, format_of

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ANY_JSON = [
    {"request": {"response_format": {"type": "json_object"}}},
    {"request": {"text": {"format": {"type": "json_object"}}}},
    {"gen_ai.output.type": "json"},
    {"llm.invocation_parameters": json.dumps({"response_format": {"type": "json_object"}})},
    {"config": {"response_mime_type": "application/json"}},
    {"request": {"generationConfig": {"responseMimeType": "application/json"}}},
    {"request": {"format": "json"}},
    {"ai.operationId": "ai.generateObject.doGenerate"},
    {"modelParameters": {"response_format": '{"type": "json_object"}'}},
]
OF_A_SCHEMA = [
    {"request": {"response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": SCHEMA}}}},
    {"request": {"text": {"format": {"type": "json_schema", "name": "c", "schema": SCHEMA}}}},
    {"request": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}},
    {"request": {"format": SCHEMA}},
    {"config": {"response_mime_type": "application/json", "response_schema": SCHEMA}},
    {"gen_ai.request.structured_output_schema": json.dumps(SCHEMA)},
    {"model_request_parameters": json.dumps({"output_mode": "native", "output_object": {"json_schema": SCHEMA}})},
    {"request": {"guided_json": SCHEMA}},
    {"request": {"structured_outputs": {"json": SCHEMA}}},
    {"gen_ai.output.type": "json", "request": {"response_format": {"type": "json_schema", "schema": SCHEMA}}},
]


@pytest.mark.parametrize("attributes", ANY_JSON)
def test_json_is_declared_in_every_place(attributes: dict[str, Any]) -> None:
    assert format_of(json.dumps(attributes), None) == Format()
    assert pl.select(pl.lit(json.dumps(attributes)).str.contains(DECLARES)).item() is True


@pytest.mark.parametrize("attributes", OF_A_SCHEMA)
def test_a_schema_is_found_in_every_place(attributes: dict[str, Any]) -> None:
    assert format_of(json.dumps(attributes), None) == Format(SCHEMA)
    assert pl.select(pl.lit(json.dumps(attributes)).str.contains(DECLARES)).item() is True


@pytest.mark.parametrize("parameter", [{"guided_regex": "[A-Z]"}, {"structured_outputs": {"regex": "[A-Z]"}}])
def test_a_pattern_is_found(parameter: dict[str, Any]) -> None:
    recorded = json.dumps({"request": parameter})
    assert format_of(recorded) == Format(pattern="[A-Z]")
    assert pl.select(pl.lit(recorded).str.contains(DECLARES)).item() is True


@pytest.mark.parametrize(
    "recorded",
    [
        None,
        "Answer in JSON.",
        "{}",
        '{"request": {"response_format": {"type": "text"}}}',
        '{"request": {"text": {"format": {"type": "text"}}}}',
        '{"gen_ai.output.type": "text"}',
        '{"format": "pdf"}',
        '{"model_request_parameters": {"output_mode": "tool", "output_tools": [{"name": "final_result"}]}}',
        '{"messages": [{"role": "user", "content": "response_format: json"}]}',
        '{"response_format": 7, "output_config": 7, "structured_outputs": 7}',
    ],
)
def test_nothing_declared_is_none(recorded: str | None) -> None:
    assert format_of(recorded, recorded) is None
