"""What went into a run and what came out, as texts for the columns, and what an answer says about itself.

A chat is a list of messages, whatever framework recorded it; other inputs and outputs are their text or their JSON.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.reading.chats import Chat, chat_of, opened
from workbench.loaders.reading.fields import count, is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.strict import dump

_NAMELESS = frozenset({"input", "inputs", "output", "outputs", "query", "prompts"})
"""Names that say no more than the column: an object with one of them alone is what it holds."""
_ANSWER = frozenset({"role", "content"})
_WORDS = frozenset({"type", "text", "index"})
"""Of a message whose words are all of it, and of a part of one."""
_INSIDE = ("response_metadata", "generation_info", "llm_output")
"""Objects in an answer that may say why the model stopped and what it used."""
_USAGES = ("usage_metadata", "usage", "token_usage", "tokenUsage")
_TOKENS_IN = ("input_tokens", "prompt_tokens", "promptTokens", "prompt_token_count")
_TOKENS_OUT = ("output_tokens", "completion_tokens", "completionTokens", "candidates_token_count")
"""Tokens as LangChain, OpenAI, LangChain's older output and Gemini name them."""


class Content(NamedTuple):
    """An input or output."""

    text: str | None
    """For the column: text, or JSON of messages, arguments or whatever else."""
    left: Any
    """What of it is not in the text; empty if nothing."""


class Exchange(NamedTuple):
    """What went in and what came out."""

    input: Content
    output: Content


class About(NamedTuple):
    """What an answer says about itself."""

    model: str | None
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None


class ToolMessage(NamedTuple):
    """What LangChain puts the result of a tool in."""

    text: str | None
    """The result."""
    name: str | None
    call_id: str | None
    is_failed: bool
    left: Any
    """What else it says."""


def asked(value: Any) -> Content:
    """Return an input: messages as a list, an object with one nameless field as what it holds.

    >>> asked({"messages": [[{"type": "human", "content": "Hi"}]]}).text
    '[{"role":"user","content":"Hi"}]'
    """
    chat = chat_of(value)
    return plain(value) if chat is None else Content(dump(chat.messages), chat.left)


def answered(value: Any) -> Content:
    """Return an output: of one message the text, or all of it where it has tool calls.

    >>> answered({"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}).text
    'Hello'
    """
    chat = chat_of(value)
    if chat is None:
        return plain(value)
    message = chat.messages[0]
    if len(chat.messages) > 1:
        return Content(dump(chat.messages), chat.left)
    words = _words(message["content"]) if message.keys() == _ANSWER and message["role"] == "assistant" else None
    return Content(dump(message) if words is None else words, chat.left)


def about(value: Any) -> About:
    """Return what an output says about the model call that it came from; tokens that are no counts are none."""
    said = list(_said(value, chat_of(value)))
    usage = next((entry for of in said for name in _USAGES if isinstance(entry := of.get(name), dict) and entry), {})
    return About(
        model=_word(said, "model_name", "model"),
        finish_reason=_word(said, "finish_reason", "stop_reason", "done_reason"),
        input_tokens=_count(usage, _TOKENS_IN),
        output_tokens=_count(usage, _TOKENS_OUT),
    )


def tool_message(value: Any) -> ToolMessage | None:
    """Return what LangChain's tool message says, if that is what came out."""
    chat = chat_of(value)
    if chat is None or len(chat.messages) != 1 or chat.messages[0]["role"] != "tool":
        return None
    message = chat.messages[0]
    name, call_id = message.get("name"), message.get("tool_call_id")
    if not isinstance(name, str | None) or not isinstance(call_id, str | None):
        return None
    return ToolMessage(text_of(message["content"]), name, call_id, chat.said[0].get("status") == "error", chat.left)


def exchanged(inputs: Any, outputs: Any, *, is_tool: bool) -> Exchange:
    """Return input and output; what a tool takes and gives is no chat, but for the message that it may be put in."""
    if not is_tool:
        return Exchange(asked(inputs), answered(outputs))
    message = tool_message(outputs)
    return Exchange(plain(inputs), plain(outputs) if message is None else Content(message.text, message.left))


def plain(value: Any) -> Content:
    """Return an input or output that is no chat, such as the arguments of a tool, which may look like a message.

    >>> plain({"input": "Hi"}).text, plain({"code": "X1"}).text, plain({}).text
    ('Hi', '{"code":"X1"}', None)
    """
    while isinstance(value, dict) and len(value) == 1 and (name := next(iter(value))) in _NAMELESS:
        value = value[name]
        if name == "prompts" and isinstance(value, list) and len(value) == 1:
            value = value[0]
    if isinstance(value, str) or is_empty(value):
        return Content(value if isinstance(value, str) else None, {})
    return Content(dump(value), {})


def _words(content: Any) -> str | None:
    """Return content that is nothing but words; None if there is more to it, or nothing."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    for part in content:
        said = {name for name, entry in part.items() if not is_empty(entry)} if isinstance(part, dict) else {"more"}
        if not said <= _WORDS or part.get("type") != "text":
            return None
    return text_of(content)


def _said(value: Any, chat: Chat | None) -> Iterator[Mapping[str, Any]]:
    for of in [opened(value)[0]] if chat is None else chat.said:
        for name in _INSIDE:
            if isinstance(inner := of.get(name), dict):
                yield inner
        yield of


def _word(said: list[Mapping[str, Any]], *names: str) -> str | None:
    return next((word for of in said for name in names if isinstance(word := of.get(name), str) and word), None)


def _count(usage: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    try:
        return count(next((usage[name] for name in names if usage.get(name) is not None), None), "tokens")
    except RecordError:
        return None
