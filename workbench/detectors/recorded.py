"""What a recorded input or output says: the user's request in it, whether it says anything, whether it calls a tool.

Sources record plain text, a list of messages in one of several shapes, or any JSON at all; detectors ask here and
need not know which. Nothing recorded is ever an error: a shape that is not known is read as text.
"""

from collections.abc import Iterator
from typing import Any

import orjson
import polars as pl

MAX_PARSED_CHARACTERS = 4_000_000
"""A longer input is read as text: 128,000 tokens, the usual context, are about 500,000 characters."""
MAX_DEPTH = 12
"""Messages in their parts in a choice in a response need eight levels; deeper ones are built to hurt."""

_TOOL_CALL = (
    r'"(?:tool_calls|toolCalls)"\s*:\s*\[\s*[{\[]|"(?:tool_call|toolCall|function_call|functionCall)"\s*:\s*\{'
    r'|"type"\s*:\s*"(?:tool_call|tool_use|tool-call|function_call|server_tool_call)"'
)
_PLAIN = r'^\s*[^\s\[{"n]'
_WORDS = r'"(?:text|content)"\s*:\s*"\s*[^"\s\\]'
_THOUGHT = r'"(?:reasoning|thinking)"'
_THOUGHT_TYPES = ("reasoning", "thinking")
_TEXT_TYPES = ("text", "input_text", "output_text")
_RESULT_TYPES = ("tool_result", "tool-result", "tool_call_response", "function_call_output")
"""Parts that providers put into a message of the user, though a tool says them."""
_NOT_SAID = (*_THOUGHT_TYPES, *_RESULT_TYPES)
_USERS = ("user", "human")
_INSTRUCTORS = ("system", "developer")
_LISTS = (
    *("messages", "input_messages", "contents", "choices", "message", "new_message"),
    *("input", "inputs", "kwargs", "output", "content"),
)
_ANSWERS = ("answer", "response", "completion", "result", "output", "text", "content")
_REQUESTS = ("question", "query", "request", "prompt", "user_input", "instruction", "task", "text", "content")


def asks_for_tool(output: pl.Expr) -> pl.Expr:
    """Return true where the recorded output calls a tool, null where nothing is recorded."""
    return output.str.contains(_TOOL_CALL)


def says_nothing(output: pl.Expr) -> pl.Expr:
    """Return true where the recorded output has neither words nor a call nor anything else in it; null stays null.

    >>> frame = pl.DataFrame({"output": ["", '[{"role": "assistant", "content": null}]', '{"class": 3}', None]})
    >>> frame.select(says_nothing(pl.col("output")))["output"].to_list()
    [True, True, False, None]
    """
    return output.map_batches(_each_says_nothing, return_dtype=pl.Boolean, is_elementwise=True)


def first_request(recorded: str) -> str:
    """Return what the user said first in a recorded input; the input itself where it holds no messages.

    >>> first_request('[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is my bag?"}]')
    'Where is my bag?'
    """
    value = parsed(recorded)
    messages = list(_messages(value))
    if messages:
        said = (_words(message) for message in messages if _role(message) in _USERS)
        return next((words for words in said if words.strip()), "")
    if isinstance(value, dict):
        return next((value[key] for key in _REQUESTS if isinstance(value.get(key), str)), recorded)
    return value if isinstance(value, str) else recorded


def requests(recorded: str) -> list[str]:
    """Return all that the user said in a recorded input, in order; empty unless it is the user who spoke last in it.

    An input that is neither text nor messages nor an object with a request in it holds no words of a user.

    >>> requests('[{"role": "user", "content": "Hi!"}, {"role": "ai", "content": "Yes?"}]')
    []
    """
    value = parsed(recorded)
    messages = [message for message in _messages(value) if _role(message) not in _INSTRUCTORS]
    if messages:
        said = [_words(message) if _role(message) in _USERS else "" for message in messages]
        return [words for words in said if words.strip()] if said[-1].strip() else []
    request = first_request(recorded) if isinstance(value, str | dict) else ""
    is_unknown = isinstance(value, dict) and request is recorded
    return [] if is_unknown or not request.strip() else [request]


def last_answer(recorded: str) -> str:
    """Return what was answered last in a recorded output; the output itself where it holds no message.

    >>> last_answer('[{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello."}]')
    'Hello.'
    """
    value = parsed(recorded)
    messages = list(_messages(value))
    if messages:
        said = (_words(message) for message in reversed(messages) if _role(message) not in _USERS)
        return next((words for words in said if words.strip()), "")
    if isinstance(value, dict):
        return next((value[key] for key in _ANSWERS if isinstance(value.get(key), str)), recorded)
    return value if isinstance(value, str) else recorded


def parsed(recorded: str) -> Any:
    """Return the JSON value that a text holds, or the text itself."""
    if len(recorded) > MAX_PARSED_CHARACTERS or not recorded.lstrip()[:1] or recorded.lstrip()[:1] not in '[{"n':
        return recorded
    try:
        return orjson.loads(recorded)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return recorded


def _each_says_nothing(outputs: pl.Series) -> pl.Series:
    said = pl.col("said")
    left = outputs.alias("said").to_frame().with_row_index("place").drop_nulls()
    # Each is asked only of what those before it left open: most outputs are told by their first words.
    for says_something in (
        said.str.contains(_PLAIN),
        said.str.contains(_WORDS) & ~said.str.contains(_THOUGHT),
        asks_for_tool(said),
    ):
        left = left.filter(~says_something)
    is_silent = pl.repeat(value=False, n=len(outputs), dtype=pl.Boolean, eager=True).set(outputs.is_null(), None)
    return is_silent.scatter([place for place, output in left.iter_rows() if _is_silent(output)], values=True)


def _is_silent(output: str) -> bool:
    value = parsed(output)
    messages = list(_messages(value))
    return not any(_speaks(message) for message in messages) if messages else _is_blank(value)


def _messages(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _messages(item, depth + 1)
    elif isinstance(value, dict) and _role(value):
        yield value
    elif isinstance(value, dict):
        for key in _LISTS:
            yield from _messages(value.get(key), depth + 1)


def _role(message: dict[str, Any]) -> str:
    """Return who speaks: `role`, or LangChain's `type`; empty where the object is no message."""
    role = message.get("role")
    if not isinstance(role, str):
        role = message.get("type") if "content" in message and message.get("type") in ("human", "ai", "system") else ""
    return str(role).lower()


def _words(content: Any, depth: int = 0) -> str:
    if isinstance(content, str):
        return content
    if depth > MAX_DEPTH or not content:
        return ""
    if isinstance(content, list):
        return " ".join(words for part in content if (words := _words(part, depth + 1)))
    if isinstance(content, dict) and content.get("type") not in _NOT_SAID:
        for key in ("text", "content", "parts"):
            if (part := content.get(key)) and (words := _words(part, depth + 1)):
                return words
    return ""


def _speaks(message: dict[str, Any]) -> bool:
    """Tell whether a message has words, a refusal, a call, or a part that is no text: an image, a file."""
    if _words(message).strip() or not _is_blank(message.get("refusal")):
        return True
    if any(not _is_blank(message.get(key)) for key in ("tool_calls", "toolCalls", "function_call", "functionCall")):
        return True
    parts = message.get("parts") or message.get("content")
    return isinstance(parts, list) and any(_shows(part) for part in parts)


def _shows(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    if isinstance(kind, str):
        return kind not in (*_THOUGHT_TYPES, *_TEXT_TYPES)
    return any(not _is_blank(value) for key, value in part.items() if key not in {"text", "content", "thought"})


def _is_blank(value: Any, depth: int = 0) -> bool:
    if value is None or depth > MAX_DEPTH:
        return value is None
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list | dict):
        return all(_is_blank(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value))
    return False
