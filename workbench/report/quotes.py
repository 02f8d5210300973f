"""The words of a trace that a reader needs to judge a finding: what was asked, and what was answered.

Inputs and outputs are text or JSON of messages; a message list is read for its first request and its last answer.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from workbench.detectors.recorded import first_request

_MAX_JSON_CHARACTERS = 200_000
"""Longer values are quoted from their beginning as they are: no reader needs more, and parsing costs time."""
_MAX_DEPTH = 8
"""A message in its parts in a choice in a response lies this deep."""
_CALLS = ("tool_calls", "toolCalls", "tool_call", "toolCall", "function_call", "functionCall", "function")
"""Where a message, or a part of it, keeps what it asks tools for."""
_CALL_TYPES = ("tool_call", "tool-call", "tool_use", "function_call", "server_tool_call")
_ARGUMENTS = ("arguments", "args", "input")
_THOUGHTS = ("reasoning", "thinking")
_TEXT_KEYS = ("messages", "choices", "message", "content", "parts", "text", "output", "answer", "result")


class Quote(NamedTuple):
    """What a trace's first span with words took in, and what its last gave out."""

    trace_id: str
    asked: str | None
    answered: str | None


def quote_traces(spans: pl.LazyFrame, trace_ids: Iterable[str]) -> dict[str, Quote]:
    """Return the quotes of some traces by trace id: the root's words, else a model's first input and last output.

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    trace_ids
        The traces to quote.
    """
    wanted = sorted(set(trace_ids))
    order = pl.col("started_at").fill_null(pl.datetime(1970, 1, 1, time_zone="UTC"))
    is_root, is_llm = pl.col("parent_span_id").is_null(), pl.col("kind") == "LLM"
    rows = (
        spans.filter(pl.col("trace_id").is_in(wanted))
        .select("trace_id", "span_id", "parent_span_id", "kind", "started_at", "input", "output")
        .sort(order, "span_id")
        .group_by("trace_id", maintain_order=True)
        .agg(
            pl.coalesce(_first("input", is_root), _first("input", is_llm), _first("input")).alias("asked"),
            pl.coalesce(_last("output", is_root), _last("output", is_llm), _last("output")).alias("answered"),
        )
        .collect()
    )
    return {
        trace_id: Quote(trace_id, asked and (first_request(asked) or asked), last_words(answered))
        for trace_id, asked, answered in rows.iter_rows()
    }


def last_words(recorded: str | None) -> str | None:
    """Return what a person would read of a recorded output: the words of its last message, and what it asked tools for.

    The output itself where it is no message.

    >>> last_words('[{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello."}]')
    'Hello.'
    >>> last_words('{"role": "assistant", "parts": [{"type": "tool_call", "name": "find", "arguments": {"id": 7}}]}')
    'asked for the tool find with {"id": 7}'
    """
    if recorded is None or not recorded.lstrip().startswith(("{", "[")) or len(recorded) > _MAX_JSON_CHARACTERS:
        return recorded
    try:
        content = json.loads(recorded)
    except (ValueError, RecursionError):
        return recorded
    return _last_words(content) or recorded


def _last_words(content: Any, depth: int = 0) -> str | None:
    if isinstance(content, str):
        return content.strip() or None
    if depth == _MAX_DEPTH:
        return None
    if isinstance(content, list):
        said_by_each = (_last_words(item, depth + 1) for item in content[::-1])
        if any(_is_message(item) for item in content):
            return next((words for words in said_by_each if words), None)
        return "\n".join([words for words in said_by_each if words][::-1]) or None
    if not isinstance(content, dict) or content.get("type") in _THOUGHTS:
        return None
    if content.get("type") in _CALL_TYPES and (call := _call(content)):
        return call
    parts = (_last_words(content[key], depth + 1) for key in _TEXT_KEYS if key in content)
    said = [next((words for words in parts if words), None), *_calls(content)]
    return "\n".join(words for words in said if words) or None


def _is_message(item: Any) -> bool:
    """Tell a message from a part of one: it says who speaks, or wraps what does."""
    return isinstance(item, dict) and ("role" in item or "message" in item)


def _calls(message: dict[str, Any]) -> list[str | None]:
    """Return what a message asks tools for, one sentence a call."""
    kept = [message[key] for key in _CALLS if key in message]
    return [_call(call) for some in kept for call in (some if isinstance(some, list) else [some])]


def _call(call: Any) -> str | None:
    """Return one call as a sentence; None where it names no tool."""
    if not isinstance(call, dict):
        return None
    inner = next((call[key] for key in _CALLS if isinstance(call.get(key), dict)), call)
    inner = inner["function"] if isinstance(inner.get("function"), dict) else inner
    tool = inner.get("name") or inner.get("toolName")
    if not isinstance(tool, str):
        return None
    given = next((inner[key] for key in _ARGUMENTS if inner.get(key)), None)
    if given is None:
        return f"asked for the tool {tool}"
    return (
        f"asked for the tool {tool} with {given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)}"
    )


def _first(column: str, of: pl.Expr | None = None) -> pl.Expr:
    return _known(column, of).first()


def _last(column: str, of: pl.Expr | None = None) -> pl.Expr:
    return _known(column, of).last()


def _known(column: str, of: pl.Expr | None) -> pl.Expr:
    is_known = pl.col(column).is_not_null() & (pl.col(column) != "")
    return pl.col(column).filter(is_known if of is None else is_known & of)
