"""One Langfuse observation as a span: its type, times, status, usage and cost.

Zeros that only stand for a missing value are told from those that are meant: a span without usage is not free.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.conventions import OPERATION_OF, OPERATIONS
from workbench.loaders.langfuse.metadata import Hints
from workbench.loaders.langfuse.records import figure
from workbench.loaders.reading.fields import Fields, count, is_empty, number
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.moments import moved, read_iso
from workbench.loaders.reading.parts import as_object, as_word
from workbench.loaders.reading.quoting import unpacked, unquoted
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.users import user_id

TYPES = frozenset(
    {
        *("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN"),
        *("RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"),
    }
)
"""Types of observations."""
_KINDS = {"GENERATION": "LLM", "SPAN": "UNKNOWN", "EVENT": "UNKNOWN"}
"""OpenInference kinds of observation types; the other types have the same name in both."""
_HINTED_KINDS = TYPES - _KINDS.keys() | {"LLM", "RERANKER", "PROMPT"}
_COSTS = ("totalCost", "calculatedTotalCost")
_TOOL_ASSUMED = "a SPAN whose output is a tool message is read as a tool call"
_TOOL_ERROR_ASSUMED = "a tool message that says status error is read as a failed call"
_AGENT_ASSUMED = "the name of an AGENT observation is read as the agent's"
_COST_ASSUMED = "a cost of 0 without cost details is read as not recorded"
_TOKENS_ASSUMED = "a usage of 0 without usage details is read as not recorded"
_END_ASSUMED = "the end of a trace without observations is its time plus its latency"


class Header(NamedTuple):
    """What the trace says for all of its observations."""

    trace_id: str | None
    session_id: str | None
    user_id: str | None
    """The raw id, which is not stored: an observation without one of its own has the trace's."""
    user_key: str | None
    environment: str | None
    release: str | None
    task: str | None


class Observed(NamedTuple):
    """A span that is not yet a row: the trace may still add to it."""

    columns: dict[str, Any]
    attributes: dict[str, Any]
    fields: Fields
    user_id: str | None
    """The raw user id that the observation itself names."""


def observed(record: Mapping[str, Any], header: Header) -> Observed:
    """Return the span of one observation, its field names in camelCase.

    Raises
    ------
    RecordError
        If it has no id, a time that is none, or a number that is none.
    """
    fields = Fields({**record, "metadata": unpacked(record.get("metadata"))})
    hints = Hints(fields)
    output = unquoted(fields.raw("output", column="output"))
    response = unpacked(output)
    message = _tool_message(response)
    kind = _kind(fields, hints, message)
    started_at = fields.moment(read_iso(fields.raw("startTime", column="started_at")))
    ended_at = fields.moment(read_iso(fields.raw("endTime", column="ended_at")))
    raw_user = user_id(fields.raw("userId", column="user_key"))
    if raw_user is None and header.user_id is None:
        raw_user = hints.take("user_key")
    columns = {
        "trace_id": fields.text("traceId", column="trace_id") or header.trace_id,
        "span_id": fields.identity("id", column="span_id"),
        "parent_span_id": fields.text("parentObservationId", column="parent_span_id"),
        "session_id": fields.text("sessionId", column="session_id") or header.session_id or hints.take("session_id"),
        "user_key": header.user_key,
        "kind": kind,
        "operation": _operation(kind, hints),
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        "service": hints.service(),
        "environment": fields.text("environment", column="environment") or header.environment,
        "release": fields.text("release", column="release") or header.release or hints.resource("release"),
        "task": fields.text("traceName", column="task") or header.task,
        "model": fields.text("model", "providedModelName", column="model") or hints.take("model"),
        "provider": hints.take("provider"),
        "prompt_name": fields.text("promptName", column="prompt_name") or hints.take("prompt_name"),
        "prompt_version": fields.text("promptVersion", column="prompt_version") or hints.take("prompt_version"),
        "input": text_of(unquoted(fields.raw("input", column="input"))),
        "output": text_of(output),
        "finish_reason": _finish_reason(fields, hints, response),
        "cost_usd": _cost(fields),
        **_status(fields, hints, message),
        **_tokens(fields),
        **_names(fields, hints, kind, message),
    }
    if columns["trace_id"] is None:
        raise RecordError("there is no traceId", reason="no_id")
    return Observed(columns, _attributes(fields, columns), fields, raw_user)


def observed_trace(fields: Fields, header: Header) -> Observed:
    """Return the only span of a trace without observations.

    Raises
    ------
    RecordError
        If its time or its latency is none.
    """
    started_at = fields.moment(read_iso(fields.raw("timestamp", column="started_at")))
    latency = fields.number("latency", column="ended_at")
    ended_at = None
    if started_at is not None and latency:
        ended_at = moved(started_at, latency * 1000)
        fields.assume(_END_ASSUMED)
    columns = {
        "trace_id": header.trace_id,
        "span_id": header.trace_id,
        "session_id": header.session_id,
        "user_key": header.user_key,
        "kind": "UNKNOWN",
        "name": header.task,
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        "status": "UNSET",
        "environment": header.environment,
        "release": header.release,
        "task": header.task,
    }
    return Observed(columns, {}, Fields({}), None)


def _kind(fields: Fields, hints: Hints, message: Mapping[str, Any]) -> str:
    said = str(fields.record.get("type") or "").upper()
    if said in TYPES:
        fields.text("type", column="kind")
    kind = _KINDS.get(said, said) if said in TYPES else "UNKNOWN"
    if kind != "UNKNOWN":
        return kind
    if (hinted := (hints.take("kind") or "").upper()) in _HINTED_KINDS:
        return hinted
    fields.assume(_TOOL_ASSUMED if message else None)
    return "TOOL" if message else kind


def _operation(kind: str, hints: Hints) -> str | None:
    said = OPERATIONS.get(hints.take("operation") or "")
    return said.name if said is not None and said.kind == kind else OPERATION_OF.get(kind)


def _names(fields: Fields, hints: Hints, kind: str, message: Mapping[str, Any]) -> dict[str, str | None]:
    name = fields.text("name", column="name")
    agent = hints.take("agent")
    if agent is None and kind == "AGENT" and name:
        fields.assume(_AGENT_ASSUMED)
        agent = name
    if kind != "TOOL":
        return {"name": name, "agent": agent}
    return {
        "name": name,
        "agent": agent,
        "tool_name": hints.take("tool_name") or as_word(message.get("name")) or fields.text("name", column="tool_name"),
        "tool_call_id": hints.take("tool_call_id") or as_word(message.get("tool_call_id")),
    }


def _tool_message(output: Any) -> Mapping[str, Any]:
    """Return LangChain's tool message, if that is what came out: which call it answers, and whether it failed."""
    return output if isinstance(output, dict) and output.get("type") == "tool" and "tool_call_id" in output else {}


def _status(fields: Fields, hints: Hints, message: Mapping[str, Any]) -> dict[str, str | None]:
    level = fields.text("level", column="status")
    if level == "ERROR":
        said = fields.text("statusMessage", column="error_message")
        return {"status": "ERROR", "error_message": said, "error_type": hints.take("error_type")}
    if message.get("status") == "error":
        fields.assume(_TOOL_ERROR_ASSUMED)
        return {"status": "ERROR", "error_message": text_of(message.get("content"))}
    return {"status": "UNSET"}


def _finish_reason(fields: Fields, hints: Hints, response: Any) -> str | None:
    """Return why the model stopped: from the metadata, the parameters, or the provider's own response."""
    parameters = fields.record.get("modelParameters")
    response = as_object(response)
    choices = response.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    return (
        hints.take("finish_reason")
        or as_word(as_object(parameters).get("finishReason"))
        or as_word(choice.get("finish_reason"))
        or as_word(response.get("finish_reason"))
        or as_word(response.get("stop_reason"))
    )


def _tokens(fields: Fields) -> dict[str, int | None]:
    """Return the tokens of the usage details, or of the older fields where those are more than a placeholder."""
    usage = unpacked(fields.record.get("usageDetails")) or unpacked(fields.record.get("usage"))
    inner = Fields(as_object(usage), of="usageDetails.")
    tokens = {
        "input_tokens": count(figure(inner.raw("input", "promptTokens", column="input_tokens")), "input tokens"),
        "output_tokens": count(
            figure(inner.raw("output", "completionTokens", column="output_tokens")), "output tokens"
        ),
    }
    fields.include(inner)
    if not is_empty(usage):
        return tokens
    older = [fields.record.get(name) for name in ("inputUsage", "outputUsage", "promptTokens", "completionTokens")]
    if not any(older):
        fields.assume(_TOKENS_ASSUMED if 0 in older else None)
        return {}
    return {
        "input_tokens": count(fields.raw("inputUsage", "promptTokens", column="input_tokens"), "input tokens"),
        "output_tokens": count(fields.raw("outputUsage", "completionTokens", column="output_tokens"), "output tokens"),
    }


def _cost(fields: Fields) -> float | None:
    details = unpacked(fields.record.get("costDetails"))
    inner = Fields(as_object(details), of="costDetails.")
    cost = number(figure(inner.raw("total", column="cost_usd")), "costDetails.total")
    fields.include(inner)
    if cost is not None:
        return cost
    if is_empty(details) and not any(fields.record.get(name) for name in _COSTS):
        fields.assume(_COST_ASSUMED if any(fields.record.get(name) == 0 for name in _COSTS) else None)
        return None
    return fields.number(*_COSTS, column="cost_usd")


def _attributes(fields: Fields, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has no column; copies of input and output in the metadata are left out."""
    rest = fields.rest()
    metadata = rest.get("metadata")
    if isinstance(metadata, dict) and isinstance(said := unpacked(metadata.get("attributes")), dict):
        contents = {columns["input"], columns["output"]} - {""}
        kept = {
            name: value for name, value in said.items() if not isinstance(value, str) or unquoted(value) not in contents
        }
        rest["metadata"] = metadata | {"attributes": kept}
    return rest
