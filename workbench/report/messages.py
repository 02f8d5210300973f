"""What a recorded input or output says, message by message: the words, the calls for tools, and what these gave back.

Sources record plain text, messages in one of several shapes, or any JSON. Nothing is ever an error: what is not known
as a message is shown as it was recorded.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

Role = Literal["user", "assistant", "system", "tool"]
_ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "ai", "model", "bot", "agent"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "environment", "ipython"), "tool"),
}
MAX_JSON_CHARACTERS = 2_000_000
"""A longer text is shown as it is: four times a usual model's context."""
_MAX_DEPTH = 12
"""Messages in their parts in a choice in a response need eight levels; deeper ones are built to hurt."""
_HOLDERS = (
    "messages",
    "input_messages",
    "contents",
    "choices",
    "message",
    "input",
    "inputs",
    "kwargs",
    "output",
    "data",
)
_WORDS = ("text", "content", "parts", "output_text", "refusal")
_CALL_LISTS = ("tool_calls", "toolCalls")
_CALL_KEYS = ("tool_call", "toolCall", "function_call", "functionCall")
_CALL_TYPES = ("tool_call", "tool-call", "tool_use", "function_call", "server_tool_call")
_RESULT_KEYS = ("functionResponse", "function_response", "toolResult", "tool_result")
_RESULT_TYPES = (
    "tool_call_response",
    "tool_result",
    "tool-result",
    "function_call_output",
    "server_tool_call_response",
)
_THOUGHTS = ("reasoning", "thinking")
_ARGUMENTS = ("arguments", "args", "input")
_GIVEN_BACK = ("response", "result", "content", "output")


class Part(NamedTuple):
    """One piece of a message."""

    kind: Literal["words", "thought", "call", "result"]
    """Words, a model's thought, a call for a tool, or what a tool gave back."""
    text: str
    """The words; of a call the arguments."""
    name: str = ""
    """Of a call: the tool."""


class Message(NamedTuple):
    """One message."""

    role: Role
    parts: tuple[Part, ...]


def messages(recorded: str | None, *, otherwise: Role) -> list[Message]:
    """Return the messages of a recorded value, in order; what holds none is one message with the words as they are.

    Parameters
    ----------
    recorded
        An input or output of a span.
    otherwise
        Who speaks where the value does not say it.

    >>> messages('[{"role": "user", "content": "Hi!"}]', otherwise="user")
    [Message(role='user', parts=(Part(kind='words', text='Hi!', name=''),))]
    """
    if not recorded or not recorded.strip():
        return []
    value = _parsed(recorded)
    found = [Message(_role(one, otherwise), tuple(_parts(one))) for one in _each(value)]
    if any(message.parts for message in found):
        return [message for message in found if message.parts]
    words = next(
        (value[key] for key in ("text", "content", "output", "question", "query") if _is_text(value, key)), None
    )
    return [Message(otherwise, (Part("words", words if words is not None else readable(recorded)),))]


def readable(recorded: str) -> str:
    """Return a recorded value as lines that a person can read: JSON is indented, everything else is left alone."""
    value = _parsed(recorded)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _is_text(value: Any, key: str) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(key), str)


def _parsed(recorded: str) -> Any:
    if not recorded.lstrip().startswith(("{", "[")) or len(recorded) > MAX_JSON_CHARACTERS:
        return recorded
    try:
        value = json.loads(recorded)
        json.dumps(value)  # what nests too deep to be written is not walked through either
    except (ValueError, RecursionError):
        return recorded
    return value


def _each(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _each(item, depth + 1)
    elif isinstance(value, dict) and (_spoken_by(value) or value.get("type") in (*_CALL_TYPES, *_RESULT_TYPES)):
        yield value
    elif isinstance(value, dict):
        for key in _HOLDERS:
            yield from _each(value.get(key), depth + 1)


def _spoken_by(message: Mapping[str, Any]) -> str:
    """Return who speaks: `role`, or LangChain's `type`; empty where the object is no message."""
    role = message.get("role")
    if isinstance(role, str):
        return role.lower()
    kind = message.get("type")
    return str(kind) if kind in ("human", "ai", "system", "tool", "function") and "content" in message else ""


def _role(message: Mapping[str, Any], otherwise: Role) -> Role:
    if message.get("type") in _RESULT_TYPES:
        return "tool"
    return _ROLES.get(_spoken_by(message), otherwise)


def _parts(message: Mapping[str, Any]) -> Iterator[Part]:
    if message.get("type") in (*_CALL_TYPES, *_RESULT_TYPES):
        yield from _piece(message, 0)
        return
    for key in _WORDS:
        yield from _piece(message.get(key), 0)
    for key in (*_CALL_LISTS, *_CALL_KEYS):
        given = message.get(key)
        for call in given if isinstance(given, list) else [given]:
            yield from _call(call)


def _piece(content: Any, depth: int) -> Iterator[Part]:
    """Yield what a part of a message's content is, at any depth."""
    if isinstance(content, str):
        if content.strip():
            yield Part("words", content)
    elif isinstance(content, list) and depth <= _MAX_DEPTH:
        for item in content:
            yield from _piece(item, depth + 1)
    elif isinstance(content, dict) and content:
        yield from _object(content, depth)


def _object(part: Mapping[str, Any], depth: int) -> Iterator[Part]:
    kind = part.get("type")
    if kind in _CALL_TYPES:
        yield from _call(part)
        return
    result = next((part[key] for key in _RESULT_KEYS if key in part), part if kind in _RESULT_TYPES else None)
    if result is not None:
        yield Part("result", _text(_first(result, _GIVEN_BACK)))
        return
    call = next((part[key] for key in _CALL_KEYS if isinstance(part.get(key), dict)), None)
    if call is not None:
        yield from _call(call)
        return
    if kind in _THOUGHTS:
        yield Part("thought", _text(_first(part, (*_THOUGHTS, "text", "content", "summary"))))
        return
    words = next((part[key] for key in _WORDS if part.get(key)), None)
    if words is not None:
        yield from _piece(words, depth + 1)
    elif kind is not None and kind != "text":
        yield Part("words", f"[{kind}]")


def _call(call: Any) -> Iterator[Part]:
    if not isinstance(call, dict):
        return
    inner = call["function"] if isinstance(call.get("function"), dict) else call
    name = inner.get("name") or inner.get("toolName")
    if isinstance(name, str):
        yield Part("call", _text(_first(inner, _ARGUMENTS)), name)


def _first(value: Any, keys: tuple[str, ...]) -> Any:
    """Return what an object holds under the first of the keys that it has; the value itself where it is no object."""
    return next((value[key] for key in keys if key in value), None) if isinstance(value, dict) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return readable(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
