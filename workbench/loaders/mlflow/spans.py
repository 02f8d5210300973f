"""One MLflow span as a span: its type, ids, times, contents, error, usage, and what other conventions say of it.

MLflow's own attributes come first; it also keeps spans that OpenTelemetry's instrumentations send, with theirs.
"""

from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.conventions import CANDIDATES, KINDS, OPERATION_OF
from workbench.loaders.mlflow.headers import Header, linked_prompt
from workbench.loaders.mlflow.usage import cost_of, tokens_of
from workbench.loaders.mlflow.values import SPAN_BYTES, TRACE_BYTES, attributes_of, id_of
from workbench.loaders.reading.contents import about, exchanged, tool_message
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.moments import read_number
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.users import user_id

REQUEST = "mlflow.traceRequestId"
_TYPE = "mlflow.spanType"
_KINDS = {
    **{name: name for name in ("LLM", "CHAIN", "RETRIEVER", "EMBEDDING", "RERANKER", "GUARDRAIL", "EVALUATOR")},
    **{name.upper(): kind for name, kind in KINDS.items()},
    "CHAT_MODEL": "LLM",
}
"""Span type: OpenInference's kind, which has none for a parser, a memory or a type of one's own."""
_MODELS = frozenset({"LLM", "EMBEDDING"})
_STATUSES = {"UNSET": "UNSET", "OK": "OK", "ERROR": "ERROR", "0": "UNSET", "1": "OK", "2": "ERROR"}
"""Status codes by name, and by OTLP's number."""
_AGENT_ASSUMED = "the name of an AGENT span is read as the agent's"
_TOOL_ERROR_ASSUMED = "a tool message that says status error is read as a failed call"


class Spanned(NamedTuple):
    """A span that is not yet a row: its trace may still add to it."""

    columns: dict[str, Any]
    attributes: dict[str, Any]
    fields: Fields
    user_id: str | None
    """The raw user id that the span itself names."""
    inputs: Any
    outputs: Any
    """As they were recorded, to tell copies by."""


def spanned(record: Any, header: Header) -> Spanned:
    """Return the span of one record.

    Raises
    ------
    RecordError
        If it is no object, has no id, or a time, token count or cost that is none.
    """
    if not isinstance(record, dict):
        raise RecordError("a span is no object")
    fields, said = Fields(record), Fields(attributes_of(record.get("attributes")), of="attributes.")
    fields.pass_over("attributes")
    kind, events, prompt = _kind(said), _events(fields), linked_prompt(said)
    started_at, ended_at = _time(fields, "start_time", "started_at"), _time(fields, "end_time", "ended_at")
    inputs = said.raw("mlflow.spanInputs", *CANDIDATES["input"], column="input")
    outputs = said.raw("mlflow.spanOutputs", *CANDIDATES["output"], column="output")
    content = exchanged(inputs, outputs, is_tool=kind == "TOOL")
    columns: dict[str, Any] = {
        **_ids(fields, said, header),
        "session_id": header.session_id or said.word(*CANDIDATES["session_id"], column="session_id"),
        "user_key": header.user_key,
        "user_tier": header.user_tier or said.word(*CANDIDATES["user_tier"], column="user_tier"),
        "kind": kind,
        "operation": OPERATION_OF.get(kind),
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        **_status(fields, said, events),
        "environment": header.environment or said.word(*CANDIDATES["environment"], column="environment"),
        "release": header.release,
        "task": header.task,
        "prompt_name": prompt.name or said.word(*CANDIDATES["prompt_name"], column="prompt_name"),
        "prompt_version": prompt.version or said.word(*CANDIDATES["prompt_version"], column="prompt_version"),
        "input": content.input.text,
        "output": content.output.text,
        **(_model(fields, said, inputs, outputs) if kind in _MODELS else {}),
        **tokens_of(said, about(outputs) if kind in _MODELS else None),
        "cost_usd": cost_of(said),
        **_names(fields, said, kind, outputs),
    }
    raw_user = user_id(said.raw(*CANDIDATES["user_key"], column="user_key"))
    fields.include(said)
    own_id = _other_id(record, columns["trace_id"])
    beside = {
        "span": fields.rest() | {"events": events, "trace_id": own_id},
        "inputs": content.input.left,
        "outputs": content.output.left,
    }
    beside["span"] = {name: entry for name, entry in beside["span"].items() if not is_empty(entry)}
    attributes = said.rest() | {name: entry for name, entry in beside.items() if entry}
    return Spanned(columns, attributes, fields, raw_user, inputs, outputs)


def _other_id(record: dict[str, Any], trace_id: str) -> str | None:
    """Return OpenTelemetry's id of the trace where MLflow's is another, as in schema 2."""
    context = record.get("context")
    said = (context if isinstance(context, dict) else record).get("trace_id")
    other = id_of(said, n_bytes=TRACE_BYTES) if isinstance(said, str) else trace_id
    return None if other == trace_id else other


def _kind(said: Fields) -> str:
    """Return OpenInference's kind; a type that it has no word for stays in the attributes, and one that it renames."""
    known = said.record.get(_TYPE)
    kind = _KINDS.get(known.upper(), "UNKNOWN") if isinstance(known, str) else "UNKNOWN"
    if kind == known:
        said.raw(_TYPE, column="kind")
    for name in CANDIDATES["kind"] if kind == "UNKNOWN" else ():
        if (other := _KINDS.get(str(said.record.get(name)).upper())) is not None:
            said.raw(name, column="kind")
            return other
    return kind


def _events(fields: Fields) -> list[Any]:
    events = fields.record.get("events")
    if not isinstance(events, list):
        return []
    fields.pass_over("events")
    return [
        event | {"attributes": attributes_of(event["attributes"])}
        if isinstance(event, dict) and isinstance(event.get("attributes"), list)
        else event
        for event in events
    ]


def _time(fields: Fields, name: str, column: str) -> int | None:
    return fields.moment(read_number(fields.raw(f"{name}_unix_nano", name, column=column), "ns"))


def _ids(fields: Fields, said: Fields, header: Header) -> dict[str, str | None]:
    context = fields.record.get("context")
    inner = Fields(as_object(context), of="context.")
    span_id = inner.text("span_id", column="span_id") or fields.identity("span_id", column="span_id")
    parent_id = fields.text("parent_span_id", "parent_id", column="parent_span_id")
    own_id = inner.text("trace_id", column="trace_id") or fields.text("trace_id", column="trace_id")
    request = said.record.get(REQUEST)
    trace_id = header.trace_id or (request if isinstance(request, str) and request else own_id)
    if trace_id is None:
        raise RecordError("there is no trace_id", reason="no_id")
    if not inner.rest():
        fields.pass_over("context")
    fields.include(inner)
    return {
        "trace_id": id_of(trace_id, n_bytes=TRACE_BYTES),
        "span_id": id_of(span_id, n_bytes=SPAN_BYTES),
        "parent_span_id": None if parent_id is None else id_of(parent_id, n_bytes=SPAN_BYTES),
    }


def _status(fields: Fields, said: Fields, events: list[Any]) -> dict[str, str | None]:
    """Return status and error; what an exception event says comes before the status' own message."""
    status = fields.record.get("status")
    inner = Fields(status if isinstance(status, dict) else {"code": status}, of="status.")
    raised: dict[str, Any] = next((event["attributes"] for event in reversed(events) if _is_exception(event)), {})
    exception = Fields(raised, of="events.exception.")
    error_type = exception.word("exception.type", column="error_type")
    message = exception.word("exception.message", column="error_message")
    code = inner.word("code", column="status") or _peeked(fields, "status_code")
    told = inner.word("message", column="error_message") or _peeked(fields, "status_message")
    known = str(code).removeprefix("STATUS_CODE_")
    is_said = told is None or message is None or told in (message, f"{error_type}: {message}")
    if known in _STATUSES and is_said and not inner.rest():
        fields.pass_over("status")
        fields.word("status_code", column="status")
        fields.word("status_message", column="error_message")
    fields.include(inner)
    fields.include(exception)
    return {
        "status": _STATUSES.get(known, "UNSET"),
        "error_type": error_type or said.word(*CANDIDATES["error_type"], column="error_type"),
        "error_message": message or told,
    }


def _peeked(fields: Fields, name: str) -> str | None:
    value = fields.record.get(name)
    return value if isinstance(value, str) and value else None


def _is_exception(event: Any) -> bool:
    return isinstance(event, dict) and event.get("name") == "exception" and isinstance(event.get("attributes"), dict)


def _model(fields: Fields, said: Fields, inputs: Any, outputs: Any) -> dict[str, str | None]:
    """Return model, provider and why it stopped: by MLflow's attributes, the answer's own, or the request's."""
    answer = Fields(about(outputs)._asdict(), of="outputs.")
    asked = Fields(as_object(inputs), of="inputs.")
    model = said.word("mlflow.llm.model", *CANDIDATES["model"], column="model")
    columns = {
        "model": model or answer.word("model", column="model") or asked.word("model", column="model"),
        "provider": said.word("mlflow.llm.provider", *CANDIDATES["provider"], column="provider"),
        "finish_reason": said.word(*CANDIDATES["finish_reason"], column="finish_reason")
        or answer.word("finish_reason", column="finish_reason"),
    }
    fields.include(answer)
    fields.include(asked)
    return columns


def _names(fields: Fields, said: Fields, kind: str, outputs: Any) -> dict[str, str | None]:
    name = fields.text("name", column="name")
    agent = said.word(*CANDIDATES["agent"], column="agent")
    if agent is None and kind == "AGENT" and name:
        fields.assume(_AGENT_ASSUMED)
        agent = name
    if kind != "TOOL":
        return {"name": name, "agent": agent}
    message = tool_message(outputs)
    tool = {
        "name": name,
        "agent": agent,
        "tool_name": said.word(*CANDIDATES["tool_name"], column="tool_name") or _tool_name(fields, said),
        "tool_call_id": said.word(*CANDIDATES["tool_call_id"], column="tool_call_id") or (message and message.call_id),
    }
    if message is not None and message.is_failed:
        fields.assume(_TOOL_ERROR_ASSUMED)
        tool |= {"status": "ERROR", "error_message": message.text}
    return tool


def _tool_name(fields: Fields, said: Fields) -> str | None:
    """Return the span's name without the number that MLflow appends where a trace has several of one name."""
    name, function = fields.text("name", column="tool_name"), said.record.get("mlflow.spanFunctionName")
    if name and isinstance(function, str) and name.startswith(f"{function}_"):
        return function if name.removeprefix(f"{function}_").isdecimal() else name
    return name
