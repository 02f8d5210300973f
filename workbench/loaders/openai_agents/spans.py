"""One exported span of the Agents SDK as columns: its kind by the type of its data, and what that type says.

What a type has no column for stays in the attributes, sound among it. A run and its turns add up the tokens of the
model calls below them, so that these sums stay in the attributes too: in a column they would count twice.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.openai_agents.headers import Header
from workbench.loaders.reading.answers import said_in_items, said_in_messages, tokens_of
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.moments import read_iso
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump


class _Type(NamedTuple):
    """What a type of span data is in the words of the columns."""

    kind: str
    operation: str | None = None
    input: str | None = None
    """The field that went in."""
    output: str | None = None
    """The field that came out."""
    agent: str | None = None
    """The field that names the agent."""


_TYPES: Mapping[str, _Type] = {
    "agent": _Type("AGENT", "invoke_agent", agent="name"),
    "function": _Type("TOOL", "execute_tool", "input", "output"),
    "generation": _Type("LLM", "chat", "input"),
    "response": _Type("LLM", "chat", "input"),
    "handoff": _Type("CHAIN", None, "from_agent", "to_agent", agent="from_agent"),
    "guardrail": _Type("GUARDRAIL", None, None, "triggered"),
    "mcp_tools": _Type("CHAIN", None, None, "result"),
    "transcription": _Type("LLM", None, None, "output"),
    "speech": _Type("LLM", None, "input"),
    "speech_group": _Type("CHAIN", None, "input"),
    "custom": _Type("CHAIN"),
}
"""Types of the SDK's span data; kinds as OpenInference names them."""
_UNKNOWN = _Type("UNKNOWN")
_RUN = "task"
"""What the SDK calls the custom span around a whole run."""


class Observed(NamedTuple):
    """A span that is not yet a row."""

    columns: dict[str, Any]
    attributes: dict[str, Any]
    fields: tuple[Fields, ...]
    """What it was read from, for the counts."""


def observed(record: Mapping[str, Any], header: Header) -> Observed:
    """Return the columns and attributes of one exported span, under what its trace object says.

    Raises
    ------
    RecordError
        If it has no id or trace, or a time, count or name that is none.
    """
    fields = Fields(record)
    fields.pass_over("object", "span_data", "error")
    data, error = Fields(_object(fields, "span_data"), of="span_data."), Fields(_object(fields, "error"), of="error.")
    started_at = fields.moment(read_iso(fields.raw("started_at", column="started_at")))
    ended_at = fields.moment(read_iso(fields.raw("ended_at", column="ended_at")))
    fields.assume(header.assumed)
    said, beside = _said(data)
    columns = {
        "trace_id": fields.identity("trace_id", column="trace_id"),
        "span_id": fields.identity("id", column="span_id"),
        "parent_span_id": fields.text("parent_id", column="parent_span_id"),
        "session_id": header.session_id,
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        "task": header.task,
        **said,
        **_status(error),
    }
    parts = {"span_data": data.rest() | beside, "error": error.rest(), "trace": header.left}
    attributes = fields.rest() | {name: part for name, part in parts.items() if not is_empty(part)}
    return Observed(columns, attributes, (fields, data, error))


def observed_trace(trace_id: str, header: Header) -> Observed:
    """Return the only span of a trace whose own spans are not in the file: it keeps what the trace object says."""
    columns = {
        "trace_id": trace_id,
        "span_id": trace_id,
        "session_id": header.session_id,
        "kind": "CHAIN",
        "operation": "invoke_workflow",
        "name": header.task,
        "time_known": False,
        "status": "UNSET",
        "task": header.task,
    }
    return Observed(columns, {"trace": header.left} if header.left else {}, ())


def _object(fields: Fields, name: str) -> Mapping[str, Any]:
    value = unpacked(fields.record.get(name))
    if value is not None and not isinstance(value, dict):
        raise RecordError(f"{name} is no object")
    return value or {}


def _said(data: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that the span's data fills, and what else an answer says."""
    type_name = data.text("type", column="kind")
    of_type = _TYPES.get(type_name or "", _UNKNOWN)
    name = data.text("name", column="name")
    columns: dict[str, Any] = {
        "kind": of_type.kind,
        "operation": of_type.operation,
        "name": name or type_name,
        "agent": data.text(of_type.agent, column="agent") if of_type.agent else None,
        "input": data.content(of_type.input, column="input") if of_type.input else None,
        "output": data.content(of_type.output, column="output") if of_type.output else None,
    }
    if of_type.kind == "TOOL":
        columns["tool_name"] = data.text("name", column="tool_name")
    if of_type.kind == "LLM":
        columns["model"] = data.text("model", column="model")
    if type_name in ("generation", "response"):
        return _answered(data, columns)
    return columns | (_of_the_sdk(data) if type_name == "custom" else {}), {}


def _answered(data: Fields, columns: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns of a model call; a whole response stands in `response`, or alone in the list of outputs."""
    columns |= tokens_of(data, of="span_data.usage.")
    outputs = data.record.get("output")
    only = outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else data.record.get("response")
    if not (isinstance(only, dict) and isinstance(only.get("output"), list)):
        outputs = data.raw("output", column="output")
        messages = outputs if isinstance(outputs, list) else [] if outputs is None else [outputs]
        return columns | {"output": said_in_messages(messages)}, {}
    data.pass_over("output", "response")
    response = Fields(only, of="span_data.response.")
    answer = said_in_items(response.raw("output", column="output"))
    columns |= {
        "output": answer.output,
        "model": response.text("model", column="model") or columns["model"],
        "finish_reason": response.text("status", column="finish_reason"),
    }
    data.include(response)
    beside = {"response": response.rest(), "reasoning": answer.reasoning}
    return columns, {name: value for name, value in beside.items() if value}


def _of_the_sdk(data: Fields) -> dict[str, Any]:
    """Return what the SDK's own custom spans say: a run is a workflow, a turn names its agent."""
    inner = Fields(_object(data, "data"), of="span_data.data.")
    sdk_type = inner.record.get("sdk_span_type")
    if sdk_type is None:
        return {}
    agent = inner.text("agent_name", column="agent")
    data.include(inner)
    return {"agent": agent, "operation": "invoke_workflow" if sdk_type == _RUN else None}


def _status(error: Fields) -> dict[str, str | None]:
    """Return the status; what the SDK says in general, `Error running tool`, is told apart by the detail behind it."""
    if not error.record:
        return {"status": "UNSET"}
    message, data = error.text("message", column="error_message"), error.record.get("data")
    detail = data.get("error") if isinstance(data, dict) else None
    if isinstance(detail, str) and detail and detail != message:
        message = f"{message}: {detail}" if message else detail
    return {"status": "ERROR", "error_message": message or dump(error.record)}
