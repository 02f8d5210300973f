"""Which tools an answer of the model calls, and with what arguments, in the shapes of every provider.

A call is found by its shape and not by where it stands, so that an answer inside a choice, a candidate or a wrapper of
a framework needs no rule of its own.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import polars as pl

from workbench.detectors.recorded import MAX_DEPTH, parsed

CALL = r'"(?:tool_?[cC]alls?|tool_?[uU]se|tool-call|tool_?[nN]ame|function_?[cC]all|invalid_tool_calls?)"'
"""Every shape of a call has one of these words, as a name or as a type."""

_TYPES = ("tool_call", "tool_use", "tool-call", "function_call", "invalid_tool_call", "toolCall")
_WRAPPERS = ("function_call", "functionCall", "toolUse", "tool_calls", "toolCalls", "invalid_tool_calls")
_ARGUMENTS = ("arguments", "args", "input")
_NAMES = ("name", "toolName", "tool_name")
_HISTORY = ("messages", "tools", "tool_definitions")


class Call(NamedTuple):
    """One call of a tool that the model asked for."""

    tool: str
    arguments: Any
    """An object as a rule; anything else where the model or the source wrote so; None where none are recorded."""
    is_json: bool
    """False where the arguments are a text that is no JSON; `arguments` is that text."""


def has_calls(output: pl.Expr) -> pl.Expr:
    """Return true where a recorded output may hold a call; null where nothing is recorded."""
    return output.str.contains(CALL)


def calls_in(recorded: str) -> list[Call]:
    """Return the calls that a recorded answer asks for, in their order.

    >>> calls_in('[{"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]}]')
    [Call(tool='add', arguments={}, is_json=True)]
    """
    value = parsed(recorded)
    return [] if isinstance(value, str) else list(_walk(value, 0))


def _walk(value: Any, depth: int) -> Iterator[Call]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        call = _call(value)
        if call is not None:
            yield call
            return
        for key, part in value.items():
            # A response repeats its tools, and a run's result may repeat all that was said.
            if isinstance(part, list | dict) and key not in _HISTORY:
                yield from _walk(_typed(part) if key in _WRAPPERS else part, depth + 1)


def _typed(part: Any) -> Any:
    """Return the object or list below a name that says what it is, with that word as its type."""
    if isinstance(part, list):
        return [_typed(one) if isinstance(one, dict) else one for one in part]
    return part if "function" in part else {**part, "type": "tool_call"}


def _call(value: dict[str, Any]) -> Call | None:
    function = value.get("function")
    if isinstance(function, dict) and isinstance(function.get("name"), str) and not _has_schema(function):
        return _read(function)
    # Inspect: the function's name, its arguments beside it.
    if isinstance(function, str) and "arguments" in value:
        return _read({"name": function, "arguments": value["arguments"]})
    is_call = value.get("type") in _TYPES or ("toolCallId" in value and "toolName" in value)
    return _read(value) if is_call and "output" not in value and "result" not in value else None


def _has_schema(function: dict[str, Any]) -> bool:
    """Tell a definition, which some answers repeat, from a call."""
    return "parameters" in function or "input_schema" in function


def _read(value: dict[str, Any]) -> Call | None:
    tool = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    if tool is None:
        return None
    arguments = next((value[key] for key in _ARGUMENTS if value.get(key) is not None), None)
    if not isinstance(arguments, str):
        return Call(tool, arguments, is_json=True)
    # Providers stream "" for a tool without arguments.
    if not arguments.strip():
        return Call(tool, {}, is_json=True)
    try:
        read = orjson.loads(arguments)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return Call(tool, arguments, is_json=False)
    # Some sources write the text of the arguments as JSON once more.
    return Call(tool, parsed(read) if isinstance(read, str) else read, is_json=True)
