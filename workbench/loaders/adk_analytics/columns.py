"""What one row of the agent analytics table says, in the columns of the span that it is part of."""

from typing import Any

from workbench.loaders.adk_analytics.rows import Row
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import count
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.strict import dump
from workbench.loaders.users import user_id

_TEXT, _QUOTE, _NEXT = "text: '", "'", "' | "
"""How the plugin writes a text in a response; several parts are joined with a bar."""
_PLAIN = {
    "USER_MESSAGE_RECEIVED": "input",
    "LLM_REQUEST": "input",
    "TOOL_STARTING": "input",
    "LLM_RESPONSE": "output",
    "TOOL_COMPLETED": "output",
    "AGENT_RESPONSE": "output",
}
"""What a content is that is a mere text, as in the plugin's first releases."""


def columns_of(row: Row, rows: Rows) -> dict[str, Any]:
    """Return what one row says in columns; what it does not say is null.

    Raises
    ------
    RecordError
        If a name or number in it is none.
    """
    fields = row.fields
    raw_user = user_id(fields.raw("user_id", column="user_key"))
    return {
        "parent_span_id": fields.text("parent_span_id", column="parent_span_id"),
        "session_id": fields.text("session_id", column="session_id"),
        "user_key": None if raw_user is None else rows.context.key_user(raw_user),
        "agent": fields.text("agent", column="agent"),
        "service": _service(row),
        "error_message": fields.text("error_message", column="error_message"),
        **_content(row),
    }


def call_id_of(row: Row) -> str | None:
    """Return the id of the tool call that a row is about, where it says it: of a call that runs long."""
    envelope = row.attributes.record.get("adk")
    call_id = envelope.get("function_call_id") if isinstance(envelope, dict) else None
    return call_id if isinstance(call_id, str) and call_id else None


def _content(row: Row) -> dict[str, Any]:
    if isinstance(row.fields.record.get("content"), str) and row.event_type in _PLAIN:
        column = _PLAIN[row.event_type]
        return {column: row.fields.text("content", column=column)}
    if row.has_type("LLM_"):
        return _of_model(row)
    if row.has_type("TOOL_"):
        return {
            "tool_name": row.content.text("tool", column="tool_name"),
            "tool_call_id": call_id_of(row),
            "input": _dumped(row, "args", "input"),
            "output": _dumped(row, "result", "output"),
        }
    if row.has_type("USER_MESSAGE_RECEIVED"):
        return {"input": row.content.content("text_summary", column="input")}
    if row.has_type("AGENT_RESPONSE"):
        return {"output": _response(row)}
    return {"model": row.attributes.text("model", column="model")} if row.has_type("AGENT_STARTING") else {}


def _of_model(row: Row) -> dict[str, Any]:
    usage = row.content.record.get("usage")
    inner = row.attributes.record.get("usage_metadata")
    known = (as_object(usage), as_object(inner))
    prompt = row.content.raw("prompt", column="input")
    return {
        "model": row.attributes.text("model_version", "model", column="model"),
        "finish_reason": row.attributes.text("finish_reason", column="finish_reason"),
        "input": prompt if prompt is None or isinstance(prompt, str) else dump(prompt),
        "output": _response(row),
        "input_tokens": count(known[0].get("prompt", known[1].get("prompt_token_count")), "input tokens"),
        "output_tokens": count(known[0].get("completion", known[1].get("candidates_token_count")), "output tokens"),
    }


def _response(row: Row) -> str | None:
    """Return what was answered; a lone text without the plugin's quoting of it."""
    said = row.content.content("response", column="output")
    is_quoted = said is not None and said.startswith(_TEXT) and said.endswith(_QUOTE) and _NEXT not in said
    return said[len(_TEXT) : -len(_QUOTE)] if said is not None and is_quoted else said


def _dumped(row: Row, name: str, column: str) -> str | None:
    value = row.content.raw(name, column=column)
    return None if value is None else value if isinstance(value, str) else dump(value)


def _service(row: Row) -> str | None:
    for name in ("session_metadata", "adk"):
        inner = row.attributes.record.get(name)
        if isinstance(inner, dict) and isinstance(inner.get("app_name"), str):
            return inner["app_name"] or None
    return None
