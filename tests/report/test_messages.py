"""Messages in the shapes that sources record: words, thoughts, calls and results, and nothing lost of what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.report.messages import Message, Part, messages

CALL = Part("call", '{\n  "id": 7\n}', "find")
SHAPES: dict[str, tuple[Any, list[Message]]] = {
    "chat completions": (
        [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "Hi!"}, {"type": "image_url", "image_url": {}}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "find", "arguments": '{"id": 7}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "none"},
        ],
        [
            Message("system", (Part("words", "Be kind."),)),
            Message("user", (Part("words", "Hi!"), Part("words", "[image_url]"))),
            Message("assistant", (CALL,)),
            Message("tool", (Part("words", "none"),)),
        ],
    ),
    "OpenTelemetry's parts": (
        [
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "hm"},
                    {"type": "tool_call", "name": "find", "arguments": {"id": 7}},
                ],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "response": {"n": 0}}]},
        ],
        [Message("assistant", (Part("thought", "hm"), CALL)), Message("tool", (Part("result", '{\n  "n": 0\n}'),))],
    ),
    "Anthropic's blocks": (
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm"},
                        {"type": "tool_use", "name": "find", "input": {"id": 7}},
                    ],
                },
                {"role": "user", "content": [{"type": "tool_result", "content": "none"}]},
            ]
        },
        [Message("assistant", (Part("thought", "hm"), CALL)), Message("user", (Part("result", "none"),))],
    ),
    "Gemini's parts": (
        {
            "contents": [
                {"role": "model", "parts": [{"text": "Hello."}, {"functionCall": {"name": "find", "args": {"id": 7}}}]}
            ]
        },
        [Message("assistant", (Part("words", "Hello."), CALL))],
    ),
    "Responses": (
        {
            "output": [
                {"type": "function_call", "name": "find", "arguments": '{"id": 7}'},
                {"type": "function_call_output", "output": "none"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "No."}]},
            ]
        },
        [
            Message("assistant", (CALL,)),
            Message("tool", (Part("result", "none"),)),
            Message("assistant", (Part("words", "No."),)),
        ],
    ),
    "LangChain's kinds": (
        {"messages": [{"type": "human", "content": "Hi!"}, {"type": "ai", "content": "Hello."}]},
        [Message("user", (Part("words", "Hi!"),)), Message("assistant", (Part("words", "Hello."),))],
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_read(shape: str) -> None:
    recorded, expected = SHAPES[shape]
    assert messages(json.dumps(recorded), otherwise="assistant") == expected


@pytest.mark.parametrize(
    ("recorded", "words"),
    [("Hi!", "Hi!"), ('{"query": "Hi!"}', "Hi!"), ('{"a": 1}', '{\n  "a": 1\n}'), ("{broken", "{broken")],
)
def test_what_is_no_message_is_shown_as_it_is(recorded: str, words: str) -> None:
    assert messages(recorded, otherwise="user") == [Message("user", (Part("words", words),))]


@pytest.mark.parametrize("recorded", [None, "", "  "])
def test_nothing_is_no_message(recorded: str | None) -> None:
    assert messages(recorded, otherwise="user") == []


def test_what_is_built_to_hurt_is_words() -> None:
    deep = "[" * 100_000
    assert messages(deep, otherwise="user") == [Message("user", (Part("words", deep),))]
    nested = '{"role": "user", "content": ' + "[" * 500 + '"x"' + "]" * 500 + "}"
    assert messages(nested, otherwise="user")[0].role == "user"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "parts", "type", "text", "tool_calls", "function", "name", "arguments", "messages"]
            ),
            inner | st.sampled_from(["user", "tool_call", "tool_result", "text"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_no_json_is_an_error(value: Any) -> None:
    for message in messages(json.dumps(value), otherwise="user"):
        assert message.parts
        assert all(isinstance(part.text, str) for part in message.parts)
