"""A trace as the steps that were taken in it, in order: model calls and tool calls with what they said.

Where the source gives no time, spans stand in the order that their ids count, as sources that number steps have it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

MAX_CHARACTERS = 20_000
"""Of a text that are looked at: a page that a tool fetched says no more about the step after this."""
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_LAST_NUMBER = re.compile(r"(\d{1,15})\D*$")
_RETURNED_ERROR = re.compile(r'\s*"?(?:Error: |Error executing tool|Traceback \(most recent call last\))')
"""How agent frameworks hand an exception to the model as a result: tau-bench, LangGraph's ToolNode, Python itself."""

COLUMNS = (
    *("trace_id", "span_id", "parent_span_id", "kind", "name", "agent", "tool_name"),
    *("started_at", "status", "error_type", "error_message", "input", "output"),
)
"""The columns of schemas.SPANS that steps are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One span of a trace."""

    span_id: str
    """The span."""
    parent: str | None
    """The enclosing span."""
    is_tool: bool
    """Whether a tool was called."""
    is_model: bool
    """Whether a model answered."""
    actor: str
    """The tool, else the agent, else the span's name."""
    agent: str
    """The agent; empty where the source names none."""
    asked: str
    """What went in."""
    said: str
    """What came out; of a message, its content."""
    is_failed: bool
    """Whether its status says so, or a tool returned an error."""


def steps_of(spans: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Return the spans of one trace as steps in order; spans that only enclose others come before what they hold."""
    ordered = sorted(spans, key=lambda span: (span["started_at"] or _NEVER, _place(span["span_id"]), span["span_id"]))
    return [_step(span) for span in ordered]


def _step(span: Mapping[str, Any]) -> Step:
    is_tool, said = span["kind"] == "TOOL", (span["output"] or "")[:MAX_CHARACTERS]
    return Step(
        span_id=span["span_id"],
        parent=span["parent_span_id"],
        is_tool=is_tool,
        is_model=span["kind"] == "LLM",
        actor=(span["tool_name"] if is_tool else span["agent"]) or span["name"] or span["kind"] or "",
        agent=span["agent"] or "",
        asked=(span["input"] or "")[:MAX_CHARACTERS],
        said=said if is_tool else _content(said),
        is_failed=span["status"] == "ERROR" or (is_tool and _RETURNED_ERROR.match(said) is not None),
    )


def _place(span_id: str) -> int:
    """Return the number that a span id ends in; ids that are digests give one too, and a time has come before it."""
    found = _LAST_NUMBER.search(span_id[-40:])
    return int(found[1]) if found else -1


def _content(said: str) -> str:
    """Return what a message says; of what is no message, all of it."""
    if not said.startswith("{"):
        return said
    try:
        message = msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError):
        return said
    content = message.get("content") if isinstance(message, dict) and "role" in message else said
    return content if isinstance(content, str) else "" if content is None else said
