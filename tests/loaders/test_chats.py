"""Chats of every framework become the same messages, and nothing that they say besides gets lost."""

import time
from typing import Any

import orjson
import pytest

from workbench.loaders.reading.answers import said_in_items
from workbench.loaders.reading.chats import chat_of, spoken
from workbench.loaders.reading.contents import about, answered, asked, plain, tool_message

FUNCTION = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"code":"X1"}'}}
CALLER = {"role": "assistant", "content": "", "tool_calls": [FUNCTION]}
CALLERS: dict[str, Any] = {
    "OpenAI": CALLER,
    "LangChain, flat": {
        "type": "ai",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "tool_call", "name": "find", "args": {"code": "X1"}}],
        "additional_kwargs": {"tool_calls": [FUNCTION]},
        "invalid_tool_calls": [],
    },
    "LangChain, serialized": {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain_core", "messages", "AIMessageChunk"],
        "kwargs": {"content": "", "additional_kwargs": {"tool_calls": [FUNCTION]}},
    },
}


@pytest.mark.parametrize("form", CALLERS)
def test_a_message_with_a_call_is_the_same_in_every_form(form: str) -> None:
    read = spoken(CALLERS[form])
    assert read is not None
    assert (read.message, read.left) == (CALLER, {})


def test_a_call_among_the_parts_of_the_content_is_a_call() -> None:
    parts = [
        {"type": "text", "text": "Let me see"},
        {"type": "tool_use", "id": "c1", "name": "find", "input": {"code": "X1"}},
    ]
    read = spoken({"role": "assistant", "content": parts})
    assert read is not None
    assert read.message == {**CALLER, "content": parts[:1]}


@pytest.mark.parametrize(
    ("value", "message", "left"),
    [
        ({"type": "human", "content": "Hi", "id": "m"}, {"role": "user", "content": "Hi"}, {"id": "m"}),
        ({"type": "chat", "role": "critic", "content": "No"}, {"role": "critic", "content": "No"}, {}),
        ({"role": "user", "content": "Hi", "type": "message"}, {"role": "user", "content": "Hi"}, {"type": "message"}),
        (["human", "Hi"], {"role": "user", "content": "Hi"}, {}),
        (
            {"role": "assistant", "content": "", "tool_calls": "x"},
            {"role": "assistant", "content": ""},
            {"recorded_tool_calls": "x"},
        ),
    ],
)
def test_what_a_message_says_besides_is_left(value: Any, message: Any, left: Any) -> None:
    read = spoken(value)
    assert read is not None
    assert (read.message, read.left) == (message, left)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "Hi",
        [],
        {},
        ["a", "b"],
        {"content": "Hi"},
        {"role": "user"},
        {"type": "text", "content": "Hi"},
        {"role": 1, "content": ""},
    ],
)
def test_what_is_no_message_is_none(value: Any) -> None:
    assert spoken(value) is None


HI = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (HI, {}),
        ([HI], []),
        ({"messages": [HI], "temperature": 0}, {"temperature": 0}),
        ({"messages": [[HI]]}, {}),
        ({"input": {"messages": [HI], "k": 1}}, {"input": {"k": 1}}),
        ({"choices": [{"message": HI, "index": 0}]}, {"choices": {"index": 0}}),
        ({"generations": [[{"message": HI, "text": "Hi"}]]}, {}),
        ({"generations": [[{"message": HI, "text": "Other"}]]}, {"generations": {"text": "Other"}}),
    ],
)
def test_a_chat_is_found_wherever_it_lies(value: Any, left: Any) -> None:
    chat = chat_of(value)
    assert chat is not None
    assert (chat.messages, chat.left) == ([HI], left)


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [HI, 7]},
        {"messages": [[HI], [HI]]},
        {"choices": [{"message": HI}, {"message": HI}]},
        {"messages": []},
        {"output": "Hi"},
    ],
)
def test_what_is_no_chat_is_its_json_and_nothing_is_left(value: Any) -> None:
    said = asked(value)
    assert chat_of(value) is None
    assert said.left == {}
    assert said.text == ("Hi" if value == {"output": "Hi"} else orjson.dumps(value).decode())


def test_an_answer_is_its_text_unless_it_calls_tools() -> None:
    assert answered({"output": {"type": "ai", "content": [{"type": "text", "text": "Hello"}]}}).text == "Hello"
    assert orjson.loads(answered({"message": CALLER}).text or "") == CALLER
    assert orjson.loads(answered({"messages": [HI, CALLER]}).text or "") == [HI, CALLER]


def test_tokens_that_are_no_counts_are_none() -> None:
    said = about({"usage": {"prompt_tokens": "many", "completion_tokens": 3.0}, "model": 7})
    assert said == (None, None, None, 3)


def test_only_one_message_of_a_tool_is_a_tool_message() -> None:
    said = {"type": "tool", "content": "x", "tool_call_id": 7, "name": None, "status": "error"}
    assert tool_message({"output": said}) is None
    assert tool_message({"output": {**said, "tool_call_id": "c1"}}) == (
        "x",
        None,
        "c1",
        True,
        {"output": {"status": "error"}},
    )
    assert tool_message({"output": HI}) is None
    assert tool_message([said, said]) is None


def test_nameless_fields_are_what_they_hold() -> None:
    assert plain({"input": {"query": "Hi"}}).text == "Hi"
    assert plain({"prompts": ["Hi"]}).text == "Hi"
    assert plain({"prompts": ["Hi", "Ho"]}).text == '["Hi","Ho"]'
    assert plain({"input": ""}).text == ""
    assert plain(0).text == "0"


def test_as_many_calls_and_thoughts_as_words_take_linear_time() -> None:
    """Each part was compared with every other: a hostile answer of some MB would have held up an ingest for hours."""
    n = 30_000
    words = [{"type": "text", "text": str(place)} for place in range(n)]
    calls = [{"type": "tool_use", "id": str(place), "name": "f", "input": {}} for place in range(n)]
    items = [{"type": "message", "content": [word]} for word in words]
    start = time.process_time()
    chat = chat_of({"role": "assistant", "content": [*words, *calls]})
    said = said_in_items([*items, *({"type": "reasoning", "id": str(place)} for place in range(n))])
    assert time.process_time() - start < 5
    assert chat is not None
    assert (len(chat.messages[0]["content"]), len(chat.messages[0]["tool_calls"])) == (n, n)
    assert (said.output.count("\n"), len(said.reasoning)) == (n - 1, n)
