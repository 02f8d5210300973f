"""Chats as frameworks record them, in the words of the other loaders: role, content, tool calls, call id, name.

LangChain writes a message with its class or with a type, OpenAI with a role; Anthropic puts calls among the parts of
the content. What a message says besides is handed back, for the attributes.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.strict import dump

_ROLES = {"human": "user", "ai": "assistant"}
"""LangChain's words for a role; the others are the same."""
_TYPES = frozenset({*_ROLES, "system", "developer", "tool", "function", "chat"})
"""What LangChain calls a message, without `Message` and `Chunk`."""
_SHOWN = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
_WRAPPING = frozenset({"lc", "type", "id", "kwargs"})
"""What LangChain wraps the fields of a serialized message in."""
_CALL_TYPES = ("function", "tool_call", "tool_use")
"""Types of a call that say no more than that it is one."""
_CHAT_IN = ("messages", "message", "generations", "choices", "output", "input")
"""Fields of inputs and outputs in which a chat lies, best first."""
_ONE_OF = frozenset({"generations", "choices"})
"""Of these, lists of alternatives, of which only a single one is a chat."""


class Spoken(NamedTuple):
    """One message."""

    message: dict[str, Any]
    """`role`, `content`, and where they are there `tool_calls` as OpenAI has them, `tool_call_id`, `name`."""
    left: dict[str, Any]
    """What else it says."""
    fields: Mapping[str, Any]
    """Its fields as they were recorded."""


class Chat(NamedTuple):
    """The messages of an input or an output."""

    messages: list[dict[str, Any]]
    left: Any
    """What else the input or output says, in its own structure; empty if nothing."""
    said: list[Mapping[str, Any]]
    """Objects that may say why a model stopped and what it used, innermost first; of several messages not theirs."""


def spoken(value: Any) -> Spoken | None:
    """Return a value as a message, or None if it is none.

    >>> spoken({"type": "human", "content": "Hi", "id": "m1"}).message
    {'role': 'user', 'content': 'Hi'}
    """
    pair = value if isinstance(value, list) and len(value) == 2 else []
    if all(isinstance(part, str) for part in pair) and pair and _type(pair[0]) in {*_TYPES, "user", "assistant"}:
        value = {"role": pair[0], "content": pair[1]}
    fields, class_name = opened(value)
    role = _role(fields, class_name)
    if role is None or not ("content" in fields or "tool_calls" in fields):
        return None
    calls, rest = _calls(fields)
    content = fields.get("content")
    if not calls and isinstance(content, list):
        content, calls = _without_calls(content)
    shown = {"tool_calls": calls, "tool_call_id": fields.get("tool_call_id"), "name": fields.get("name")}
    left = {name: entry for name, entry in rest.items() if name not in _SHOWN and not is_empty(entry)}
    if _type(fields.get("type")) in _TYPES:
        left.pop("type", None)
    message = {"role": role, "content": content}
    return Spoken(message | {name: entry for name, entry in shown.items() if not is_empty(entry)}, left, fields)


def chat_of(value: Any) -> Chat | None:
    """Return the chat in an input or output, wherever it lies in it; None if there is none."""
    if isinstance(value, list):
        return _chat_of_list(value)
    if not isinstance(value, dict):
        return None
    if (one := spoken(value)) is not None:
        return Chat([one.message], one.left, [one.fields])
    fields, _ = opened(value)
    for name in _CHAT_IN:
        inner = fields.get(name)
        if (chat := _alternative(inner) if name in _ONE_OF else chat_of(inner)) is not None:
            left = {key: entry for key, entry in fields.items() if key != name and not is_empty(entry)}
            return Chat(chat.messages, left | ({name: chat.left} if chat.left else {}), [*chat.said, fields])
    return None


def opened(value: Any) -> tuple[Mapping[str, Any], str | None]:
    """Return the fields of an object, and its class where LangChain serialized it with that.

    >>> opened({"lc": 1, "type": "constructor", "id": ["schema", "AIMessage"], "kwargs": {"content": "Hi"}})
    ({'content': 'Hi'}, 'AIMessage')
    """
    if not isinstance(value, dict):
        return {}, None
    inner, path = value.get("kwargs"), value.get("id")
    if value.get("lc") is None or not isinstance(inner, dict) or not isinstance(path, list) or not path:
        return value, None
    more = {name: entry for name, entry in value.items() if name not in _WRAPPING}
    return inner | ({"serialized": more} if more else {}), path[-1] if isinstance(path[-1], str) else None


def _type(word: Any) -> str | None:
    """Return LangChain's type of a message by its class or type: HumanMessage, AIMessageChunk, human."""
    return word.removesuffix("Chunk").removesuffix("Message").lower() if isinstance(word, str) else None


def _role(fields: Mapping[str, Any], class_name: str | None) -> str | None:
    said = fields.get("role")
    if isinstance(said, str) and said:
        return _ROLES.get(said, said)
    known = _type(fields.get("type") if class_name is None else class_name)
    return _ROLES.get(known, known) if known in _TYPES and known != "chat" else None


def _calls(fields: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the tool calls of a message, and its fields without what only repeats them or was moved."""
    rest = dict(fields)
    calls, more = rest.get("tool_calls"), rest.get("additional_kwargs")
    if isinstance(more, dict) and isinstance(repeated := more.get("tool_calls"), list):
        if is_empty(calls):
            calls = repeated
        if len(repeated) == len(calls or ()):
            rest["additional_kwargs"] = {name: entry for name, entry in more.items() if name != "tool_calls"}
    if not isinstance(calls, list):
        return [], rest if calls is None else {**rest, "recorded_tool_calls": calls}
    return [_call(call) for call in calls], rest


def _call(call: Any) -> Any:
    """Return a call as OpenAI writes it; LangChain has `args`, Anthropic `input`."""
    if not isinstance(call, dict) or "function" in call or not isinstance(call.get("name"), str):
        return call
    given = next((name for name in ("args", "arguments", "input") if name in call), None)
    arguments = None if given is None else call[given]
    function = {"name": call["name"]}
    if arguments is not None:
        function["arguments"] = arguments if isinstance(arguments, str) else dump(arguments)
    rest = {name: entry for name, entry in call.items() if name not in {"id", "name", given}}
    if rest.get("type") in _CALL_TYPES:
        rest.pop("type")
    return {"id": call.get("id"), "type": "function", "function": function, **rest}


def _without_calls(parts: list[Any]) -> tuple[Any, list[Any]]:
    """Return content without the parts that are calls, and the calls."""
    said = [part for part in parts if not _is_call(part)]
    return said, [_call(part) for part in parts if _is_call(part)]


def _is_call(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_use"


def _chat_of_list(values: list[Any]) -> Chat | None:
    """Return the chat of a list of messages, or of a batch with one such list."""
    if len(values) == 1 and isinstance(values[0], list) and (inner := _chat_of_list(values[0])) is not None:
        return inner
    read = [spoken(value) for value in values]
    known = [one for one in read if one is not None]
    if not known or len(known) < len(read):
        return None
    left = [one.left for one in known]
    return Chat([one.message for one in known], left if any(left) else [], [known[0].fields] if len(known) == 1 else [])


def _alternative(values: Any) -> Chat | None:
    """Return the chat of the only alternative that a model gave: LangChain's generation or OpenAI's choice."""
    while isinstance(values, list) and len(values) == 1:
        values = values[0]
    if not isinstance(values, dict):
        return None
    one, text = spoken(values.get("message")), values.get("text")
    if one is None:
        if not isinstance(text, str):
            return None
        one = Spoken({"role": "assistant", "content": text}, {}, {})
    rest = {name: entry for name, entry in values.items() if name not in {"message", "text"} and not is_empty(entry)}
    if text and text != one.message["content"]:
        rest["text"] = text
    if not one.fields and not is_empty(values.get("message")):
        rest["message"] = values["message"]
    return Chat([one.message], rest | ({"message": one.left} if one.left else {}), [one.fields, values])
