"""Recorded inputs and outputs are understood in the shapes in which sources write them."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detectors.recorded import asks_for_tool, first_request, last_answer, requests, says_nothing

PARTS = [{"role": "user", "parts": [{"type": "text", "content": "Hello"}]}]


@pytest.mark.parametrize(
    "recorded",
    [
        "Hello",
        '"Hello"',
        json.dumps([{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hello"}]),
        json.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}),
        json.dumps(PARTS),
        json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}),
        json.dumps([[{"type": "human", "content": "Hello"}]]),
        json.dumps({"question": "Hello"}),
        json.dumps({"input": {"messages": [*PARTS, {"role": "user", "content": "Again"}]}}),
        json.dumps([{"role": "user", "content": ""}, {"role": "user", "content": "Hello"}]),
    ],
)
def test_the_first_words_of_the_user_are_found(recorded: str) -> None:
    assert first_request(recorded) == "Hello"


@pytest.mark.parametrize("recorded", ['{"a": 1}', "[1, 2]", "{broken", "[" * 100_000, "null and void"])
def test_an_unknown_shape_is_read_as_text(recorded: str) -> None:
    assert first_request(recorded) == recorded


def test_a_conversation_without_a_user_has_no_request() -> None:
    assert first_request('[{"role": "tool", "content": "12 seats"}]') == ""


def nothing(output: str | None) -> bool | None:
    (answer,) = pl.DataFrame({"o": [output]}, schema={"o": pl.String}).select(says_nothing(pl.col("o")))["o"]
    return None if answer is None else bool(answer)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        [],
        {},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": "", "tool_calls": [], "refusal": None},
        [{"role": "assistant", "parts": []}],
        [{"role": "assistant", "parts": [{"type": "text", "content": " "}], "finish_reason": "stop"}],
        [{"role": "assistant", "parts": [{"type": "reasoning", "content": "Let me think"}]}],
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}]},
    ],
)
def test_an_output_without_words_says_nothing(value: Any) -> None:
    assert nothing(json.dumps(value)) is True


@pytest.mark.parametrize(
    "value",
    [
        0,
        False,
        "Yes",
        {"class": 3},
        [0.5],
        {"role": "assistant", "content": "Yes"},
        {"role": "assistant", "content": "", "refusal": "I cannot"},
        {"role": "assistant", "content": None, "function_call": {"name": "f"}},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        [{"role": "assistant", "parts": [{"type": "tool_call", "name": "f"}]}],
        [{"role": "assistant", "parts": [{"type": "uri", "uri": "https://example.com/a.png"}]}],
        [{"role": "model", "parts": [{"functionCall": {"name": "f"}}]}],
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Yes"}]}],
    ],
)
def test_words_data_images_and_calls_say_something(value: Any) -> None:
    assert nothing(json.dumps(value)) is False


@pytest.mark.parametrize("output", ["no", "nil", "{broken", "[broken", "[" * 100_000])
def test_plain_text_says_something(output: str) -> None:
    assert nothing(output) is False


def test_an_empty_text_says_nothing_and_none_recorded_is_unknown() -> None:
    assert nothing("") is True
    assert nothing("\n ") is True
    assert nothing(None) is None


KEYS = st.sampled_from(["role", "type", "content", "parts", "text", "messages", "tool_calls", "input", "refusal", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(["user", "human", "text"])
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.text(st.characters(exclude_categories=["Cs"])) | JSON.map(json.dumps))
def test_nothing_recorded_is_an_error(recorded: str) -> None:
    frame = pl.DataFrame({"o": [recorded]})
    assert isinstance(frame.select(says_nothing(pl.col("o"))).item(), bool)
    assert pl.Series([first_request(recorded)]).dtype == pl.String


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"tool_calls": [{"id": "1"}]}', True),
        ('{"tool_calls": []}', False),
        ('{"tool_calls": null, "content": "Yes"}', False),
        ('[{"parts": [{"type": "tool_call", "name": "f"}]}]', True),
        ('[{"type": "tool_use", "name": "f"}]', True),
        ('{"functionCall": {"name": "f"}}', True),
        (json.dumps({"content": '{"tool_calls": [{}]}'}), False),
        ("I will call a tool", False),
        (None, None),
    ],
)
def test_a_call_of_a_tool_is_seen(output: str | None, expected: bool | None) -> None:
    frame = pl.DataFrame({"o": [output]}, schema={"o": pl.String})
    assert frame.select(asks_for_tool(pl.col("o"))).item() is expected


@pytest.mark.parametrize(
    "recorded",
    [
        "Hello",
        '"Hello"',
        json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]),
        json.dumps({"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}),
        json.dumps({"answer": "Hello", "sources": [1, 2]}),
        json.dumps({"text": "Hello"}),
    ],
)
def test_the_last_answer_is_found(recorded: str) -> None:
    assert last_answer(recorded) == "Hello"


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ("Hello", ["Hello"]),
        ('{"question": "Hello"}', ["Hello"]),
        (json.dumps({"messages": [*PARTS, {"role": "assistant", "content": "Hi"}, *PARTS]}), ["Hello", "Hello"]),
        (json.dumps([*PARTS, {"role": "system", "content": "Be kind"}]), ["Hello"]),
        (json.dumps([*PARTS, {"role": "assistant", "content": "Hi"}]), []),
        (json.dumps([*PARTS, {"role": "user", "content": [{"type": "tool_result", "content": "12"}]}]), []),
        (json.dumps({"new_message": PARTS[0], "session_id": "s"}), ["Hello"]),
        ('{"case": 12}', []),
        ("[1, 2]", []),
        ("12", ["12"]),
        (" ", []),
    ],
)
def test_requests_are_what_the_user_said_and_said_last(recorded: str, said: list[str]) -> None:
    assert requests(recorded) == said
