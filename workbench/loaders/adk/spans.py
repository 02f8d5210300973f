"""What one ADK event says of a model call, an agent's own step, or a tool call, in the columns of a span."""

from collections.abc import Mapping
from typing import Any

from workbench.loaders.adk.events import USER, Event
from workbench.loaders.reading.fields import Fields, count, is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.parts import as_object, as_word
from workbench.loaders.reading.strict import dump

MODEL_ASSUMED = "an event of role model that names no model, usage or reason to stop is read as a model call"
PARTIAL_ASSUMED = "a partial event is a piece of an answer that follows whole: a span of unknown kind"
ERROR_ASSUMED = "a function response with an error in it is read as a failed call"
_OF_MODELS = ("model_version", "usage_metadata", "finish_reason", "error_code")
"""Fields that only the answer of a model has."""
_FAILED = frozenset({"error", "failed", "failure"})
"""Words by which tools report failure in `status`, as the framework's documentation advises."""


def says_by_model(event: Event) -> bool:
    """Return whether an agent's event is the answer of a model, rather than a step of the agent's own code."""
    if event.is_partial:
        return False
    return event.role == "model" or bool(event.calls) or any(_has(event, name) for name in _OF_MODELS)


def answer_columns(event: Event) -> dict[str, Any]:
    """Return the columns of an agent's event that is no mere tool result.

    Raises
    ------
    RecordError
        If a name or number in it is none.
    """
    fields = event.fields
    fields.raw("content", column="output")
    is_by_model = says_by_model(event)
    if event.is_partial:
        fields.assume(PARTIAL_ASSUMED)
    elif is_by_model and not any(_has(event, name) for name in _OF_MODELS):
        fields.assume(MODEL_ASSUMED)
    model = fields.text("model_version", column="model")
    error_type = fields.text("error_code", column="error_type")
    error_message = fields.text("error_message", column="error_message")
    operation = "generate_content" if is_by_model else None
    return {
        "kind": "LLM" if is_by_model else "UNKNOWN" if event.is_partial else "AGENT",
        "operation": operation,
        "name": " ".join(filter(None, (operation or event.author, model if is_by_model else None))),
        "model": model,
        "status": "ERROR" if error_type or error_message else "UNSET",
        "error_type": error_type,
        "error_message": error_message,
        "finish_reason": fields.text("finish_reason", column="finish_reason"),
        "output": event.text if event.is_text else dump(_said(event)) if event.parts else None,
        **({} if event.is_partial else _tokens(fields)),
    }


def tool_columns(response: Fields, call: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a function response and its call, which may not be known.

    Raises
    ------
    RecordError
        If a name or id is none.
    """
    said = response.record.get("response")
    name = response.text("name", column="tool_name") or as_word(call.get("name"))
    error = error_of(said)
    response.assume(ERROR_ASSUMED if error is not None else None)
    return {
        "kind": "TOOL",
        "operation": "execute_tool",
        "name": f"execute_tool {name}" if name else "execute_tool",
        "tool_name": name,
        "tool_call_id": response.text("id", column="tool_call_id") or as_word(call.get("id")),
        "status": "UNSET" if error is None else "ERROR",
        "error_message": error,
        "input": None if call.get("args") is None else dump(call["args"]),
        "output": response.content("response", column="output"),
    }


def message_of(event: Event) -> dict[str, Any]:
    """Return what others hear of an event: who speaks, and the words, or all parts where they are more."""
    role = "user" if event.author == USER else "tool" if event.responses else "assistant"
    speaker = {} if event.author == USER else {"name": event.author}
    return {"role": role, **speaker, **({"content": event.text} if event.is_text else {"parts": event.parts})}


def _said(event: Event) -> dict[str, Any]:
    return {"role": event.role or "model", "parts": [part for part in event.parts if "function_response" not in part]}


def _has(event: Event, name: str) -> bool:
    return not is_empty(event.fields.record.get(name))


def _tokens(fields: Fields) -> dict[str, int | None]:
    """Return the tokens; the usage stays in the attributes, which also counts what was cached, thought, and of what."""
    usage = fields.record.get("usage_metadata")
    inner = Fields(as_object(usage), of="usage_metadata.")
    tokens = {
        "input_tokens": count(inner.raw("prompt_token_count", column="input_tokens"), "input tokens"),
        "output_tokens": count(inner.raw("candidates_token_count", column="output_tokens"), "output tokens"),
    }
    fields.include(inner)
    return tokens


def error_of(said: Any) -> str | None:
    """Return what a tool says of its failure, where it says so: `error`, MCP's `isError`, or a `status`."""
    if not isinstance(said, dict):
        return None
    word = said.get("status")
    is_failed = said.get("isError") is True or (isinstance(word, str) and word.lower() in _FAILED)
    error = said.get("error") or None
    if error is None and not is_failed:
        return None
    return text_of(error or said.get("error_message") or said.get("message") or said)
