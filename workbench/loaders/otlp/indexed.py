"""A list that attributes spell out, one attribute a leaf (`llm.input_messages.0.message.role`), put together again."""

from collections.abc import Sequence
from typing import Any


def messages(leaves: Sequence[tuple[int, str, Any]]) -> list[Any]:
    """Return the list that indexed attributes spell out, in the order of their indices.

    A leaf is index, path and value. OpenInference's wrappers (`message_content`, `tool_call`) and Traceloop's flat tool
    calls become one shape: `role`, `content` (text, or a list of parts), `tool_calls` of `id` and `function`.

    >>> messages([(0, "role", "user"), (0, "contents.0.message_content.text", "hello")])
    [{'role': 'user', 'content': [{'text': 'hello'}]}]
    """
    tree: dict[str, Any] = {}
    for index, path, value in leaves:
        _place(tree, (str(index), *path_parts(path)), value)
    return [_message(entry) for entry in _listed(tree)]


def path_parts(path: str) -> tuple[str, ...]:
    """Return the parts of a leaf's path, without the wrappers that only name a type."""
    return tuple(part for part in path.split(".") if part not in {"message_content", "tool_call"})


def _place(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    for part in above:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            below = tree[part] = {"value": below}
        tree = below
    if isinstance(tree.get(last), dict):
        tree[last]["value"] = value
    else:
        tree[last] = value


def _listed(tree: Any) -> Any:
    """Turn every level whose names are all numbers into a list in their order."""
    if not isinstance(tree, dict):
        return tree
    below = {name: _listed(entry) for name, entry in tree.items()}
    if below and all(name.isdecimal() for name in below):
        return [below[name] for name in sorted(below, key=int)]
    return below


def _message(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    if set(entry) == {"text"}:
        return entry["text"]
    renamed = {
        "content" if name == "contents" and "content" not in entry else name: value for name, value in entry.items()
    }
    if isinstance(calls := renamed.get("tool_calls"), list):
        renamed["tool_calls"] = [_tool_call(call) for call in calls]
    return renamed


def _tool_call(call: Any) -> Any:
    if not isinstance(call, dict) or "function" in call:
        return call
    function = {name: call[name] for name in ("name", "arguments") if name in call}
    return {**{name: value for name, value in call.items() if name not in function}, "function": function}
