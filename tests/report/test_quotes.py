"""Quotes: what a person would read of a trace, whatever shape it is recorded in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from workbench.report.quotes import last_words, quote_traces

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
Spans = Callable[..., pl.LazyFrame]


def test_the_roots_words_come_first(spans: Spans) -> None:
    quotes = quote_traces(
        spans(
            {"input": "outer", "output": "whole", "kind": "AGENT", "started_at": AT},
            {"input": "inner", "output": "part", "parent_span_id": "s0", "started_at": AT},
        ),
        ["t1"],
    )
    assert quotes["t1"][1:] == ("outer", "whole")


def test_without_words_at_the_root_the_models_first_input_and_last_output_are_quoted(spans: Spans) -> None:
    quotes = quote_traces(
        spans(
            {"kind": "AGENT", "started_at": AT, "output": ""},
            {"input": "first", "output": "draft", "parent_span_id": "s0", "started_at": AT},
            {"input": "then", "output": "final", "parent_span_id": "s0", "started_at": AT.replace(hour=13)},
        ),
        ["t1"],
    )
    assert quotes["t1"][1:] == ("first", "final")


def test_only_the_wanted_traces_are_quoted(spans: Spans) -> None:
    assert list(quote_traces(spans({"trace_id": "a", "input": "x"}, {"trace_id": "b"}), ["a", "missing"])) == ["a"]


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        ("plain", "plain"),
        ('[{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}]', "b"),
        ('{"choices": [{"message": {"content": [{"type": "text", "text": "c"}]}}]}', "c"),
        ('{"output": "d"}', "d"),
        ("{broken", "{broken"),
        ('{"count": 3}', '{"count": 3}'),
        ("[" * 100_000, "[" * 100_000),
        (json.dumps({"content": ""}), '{"content": ""}'),
        (None, None),
    ],
)
def test_the_last_message_is_quoted_and_unknown_shapes_as_they_are(recorded: str | None, words: str | None) -> None:
    assert last_words(recorded) == words


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (  # OpenTelemetry: parts
            [
                {
                    "role": "assistant",
                    "parts": [{"type": "tool_call", "name": "find", "arguments": {"q": "ö"}}],
                }
            ],
            'asked for the tool find with {"q": "ö"}',
        ),
        (  # OpenTelemetry: words and two calls
            [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "reasoning", "content": "hm"},
                        {"type": "text", "content": "Let me look."},
                        {"type": "tool_call", "name": "find", "arguments": '{"q": 1}'},
                        {"type": "tool_call", "name": "list"},
                    ],
                }
            ],
            'Let me look.\nasked for the tool find with {"q": 1}\nasked for the tool list',
        ),
        (  # OpenAI: chat completion
            {
                "choices": [
                    {
                        "message": {
                            "content": None,
                            "tool_calls": [{"function": {"name": "find", "arguments": '{"q": 1}'}}],
                        }
                    }
                ]
            },
            'asked for the tool find with {"q": 1}',
        ),
        ({"content": "", "function_call": {"name": "find", "arguments": "{}"}}, "asked for the tool find with {}"),
        (  # OpenAI: responses
            [{"role": "assistant", "content": "x"}, {"type": "function_call", "name": "find", "arguments": '{"q": 1}'}],
            'asked for the tool find with {"q": 1}',
        ),
        (  # Anthropic
            {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {"q": 1}}]},
            'asked for the tool find with {"q": 1}',
        ),
        (  # Gemini
            {"role": "model", "parts": [{"functionCall": {"name": "find", "args": {"q": 1}}}]},
            'asked for the tool find with {"q": 1}',
        ),
        (  # OpenInference
            {
                "role": "assistant",
                "tool_calls": [{"tool_call": {"function": {"name": "find", "arguments": '{"q": 1}'}}}],
            },
            'asked for the tool find with {"q": 1}',
        ),
        ({"tool_calls": [3, None, {"name": 4}], "content": "words"}, "words"),
    ],
)
def test_a_call_of_a_tool_is_quoted_as_a_sentence(recorded: object, words: str) -> None:
    assert last_words(json.dumps(recorded)) == words
