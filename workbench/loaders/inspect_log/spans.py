"""Columns of one event that took time: a model call, a tool call, a command in a sandbox, or a stretch with a name.

Input tokens include those that the cache gave, as in other formats; a call that was answered from Inspect's own cache
used none.
"""

from typing import Any

from workbench.loaders.reading.fields import Fields, count, is_empty, number
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.parts import as_object, as_word
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump

_KINDS = {"agent": ("AGENT", "invoke_agent"), "tool": ("TOOL", "execute_tool"), "scorer": ("EVALUATOR", None)}
"""Kind and operation of a stretch of this type; any other is a link in a chain."""
_CACHED_ASSUMED = "input tokens from the provider's cache are counted as input"
_UNUSED_ASSUMED = "a model call answered from Inspect's cache has used no tokens"
_PROVIDER_ASSUMED = "what stands before the slash in a model's name is read as the provider"


def times(fields: Fields, *, end: str | None) -> dict[str, Any]:
    """Return the columns of an event's times; it ends at the field `end`, if there is one."""
    started_at = fields.moment(read_iso(fields.raw("timestamp", column="started_at")))
    ended_at = None if end is None else fields.moment(read_iso(fields.raw(end, column="ended_at")))
    return stretch_columns(fields, started_at=started_at, ended_at=ended_at)


def stretch(fields: Fields) -> dict[str, Any]:
    """Return the columns of the beginning of a span or step."""
    sort = fields.text("type", column="kind")
    name = fields.text("name", column="name")
    kind, operation = _KINDS.get(sort or "", ("CHAIN", None))
    fields.pass_over("id", "parent_id", "span_id", "action")
    return {
        **times(fields, end=None),
        "kind": kind,
        "operation": operation,
        "name": f"{operation} {name}" if operation and name else name or sort,
        "status": "UNSET",
        "agent": name if kind == "AGENT" else None,
        "tool_name": name if kind == "TOOL" else None,
    }


def model_call(fields: Fields) -> dict[str, Any]:
    """Return the columns of a call to a model."""
    asked = fields.text("model", column="model")
    output = Fields(as_object(fields.record.get("output")), of=f"{fields.of}output.")
    answered = output.text("model", column="model")
    choices = output.record.get("choices")
    choice = as_object(choices[0]) if isinstance(choices, list) and choices else {}
    message = as_object(choice.get("message"))
    error = fields.text("error", column="error_message") or output.text("error", column="error_message")
    provider = asked.partition("/")[0] if asked and "/" in asked else None
    fields.assume(_PROVIDER_ASSUMED if provider else None)
    columns = {
        **times(fields, end="completed"),
        **_usage(fields, output),
        "kind": "LLM",
        "operation": "chat",
        "name": f"chat {answered or asked}" if answered or asked else "chat",
        "status": "ERROR" if error else "OK" if message else "UNSET",
        "error_message": error,
        "model": answered or asked,
        "provider": provider,
        "input": None if is_empty(messages := fields.raw("input", column="input")) else dump(messages),
        "output": dump(message) if message.get("tool_calls") else text_of(message.get("content")),
        "finish_reason": as_word(choice.get("stop_reason")),
    }
    fields.include(output)
    return columns


def tool_call(fields: Fields) -> dict[str, Any]:
    """Return the columns of a call to a tool."""
    name = fields.text("function", column="tool_name")
    error = Fields(as_object(fields.raw("error", column="error_type")), of=f"{fields.of}error.")
    is_failed = bool(error.record) or fields.record.get("failed") is True
    arguments, result = fields.raw("arguments", column="input"), fields.raw("result", column="output")
    columns = {
        **times(fields, end="completed"),
        "kind": "TOOL",
        "operation": "execute_tool",
        "name": f"execute_tool {name}" if name else "execute_tool",
        "status": "ERROR" if is_failed else "UNSET" if fields.record.get("pending") else "OK",
        "error_type": error.text("type", column="error_type"),
        "error_message": error.text("message", column="error_message"),
        "tool_name": name,
        "tool_call_id": fields.text("id", column="tool_call_id"),
        "input": None if arguments is None else dump(arguments),
        "output": text_of(result) if isinstance(result, str | list) else None if result is None else dump(result),
    }
    fields.include(error)
    fields.pass_over("events")
    return columns


def subtask(fields: Fields) -> dict[str, Any]:
    """Return the columns of a subtask."""
    fields.pass_over("events")
    return {
        **times(fields, end="completed"),
        "kind": "CHAIN",
        "name": fields.text("name", column="name"),
        "status": "UNSET",
        "input": fields.content("input", column="input"),
        "output": fields.content("result", column="output"),
    }


def sandbox(fields: Fields) -> dict[str, Any]:
    """Return the columns of a command in a sandbox; its exit code says nothing of the call and stays in attributes."""
    action = fields.text("action", column="name")
    return {
        **times(fields, end="completed"),
        "kind": "CHAIN",
        "name": f"sandbox {action}" if action else "sandbox",
        "status": "UNSET",
        "input": fields.content("cmd", "file", column="input"),
        "output": fields.content("output", column="output"),
    }


def answer_left(fields: Fields) -> dict[str, Any]:
    """Return what of a model's output is in no column: usage, further choices, and whatever else it says."""
    output = as_object(fields.record.get("output"))
    choices = output.get("choices")
    has_more = isinstance(choices, list) and (len(choices) > 1 or not all(map(_is_plain, choices)))
    names = {"completion", "error"} | (set() if has_more else {"choices"})
    return {name: value for name, value in output.items() if name not in names and not is_empty(value)}


def _usage(fields: Fields, output: Fields) -> dict[str, Any]:
    usage = Fields(as_object(output.record.get("usage")), of=f"{output.of}usage.")
    if fields.record.get("cache") == "read":
        fields.assume(_UNUSED_ASSUMED)
        return {}
    tokens_in = count(usage.raw("input_tokens", column="input_tokens"), "input tokens")
    tokens_out = count(usage.raw("output_tokens", column="output_tokens"), "output tokens")
    cost = number(usage.raw("total_cost", column="cost_usd"), "total cost")
    fields.include(usage)
    cached = [count(usage.record.get(f"input_tokens_cache_{way}"), "cached tokens") or 0 for way in ("read", "write")]
    total = count(usage.record.get("total_tokens"), "total tokens")
    if tokens_in is not None and any(cached) and total == tokens_in + sum(cached) + (tokens_out or 0):
        fields.assume(_CACHED_ASSUMED)
        tokens_in += sum(cached)
    return {"input_tokens": tokens_in, "output_tokens": tokens_out, "cost_usd": cost}


def _is_plain(choice: Any) -> bool:
    """Return whether a choice says no more than the columns hold."""
    record = as_object(choice)
    if record.keys() - {"message", "stop_reason"}:
        return False
    message = as_object(record.get("message"))
    return bool(message.get("tool_calls")) or not message.keys() - {"id", "role", "content", "source", "model"}
