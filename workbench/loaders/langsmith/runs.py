"""One LangSmith run as a span: its type, ids, times, contents, error, usage, and what its metadata names.

A run's `session_id` is its project; the conversation stands in the metadata. Runs that call no model carry the sums of
those below them, so that tokens and costs of models alone fill the columns, and nothing is counted twice.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.conventions import CANDIDATES, OPERATION_OF
from workbench.loaders.langsmith.errors import read_error
from workbench.loaders.reading.contents import Exchange, about, exchanged, tool_message
from workbench.loaders.reading.fields import Fields, count, number
from workbench.loaders.reading.moments import read_iso, read_number
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.users import user_id

KINDS = {
    **{name: name.upper() for name in ("llm", "tool", "chain", "retriever", "embedding", "prompt")},
    "parser": "UNKNOWN",
}
"""Run type: OpenInference's kind, which has none for a parser."""
_MODELS = frozenset({"LLM", "EMBEDDING"})
_OBJECTS = frozenset(
    {
        *("inputs", "outputs", "extra", "metadata", "events", "tags", "feedback_stats", "serialized", "manifest"),
        *("prompt_token_details", "completion_token_details", "prompt_cost_details", "completion_cost_details"),
        *("parent_run_ids", "child_run_ids", "direct_child_run_ids", "attachments"),
    }
)
"""Fields that are no texts: where they are, as in Parquet, the text is their JSON."""
_SUMS = ("prompt_tokens", "completion_tokens", "total_tokens", "total_cost")
_STATUSES = {"success": "OK", "error": "ERROR"}
_UUID = 36
"""Characters of the ids in a dotted order."""

SUMS_LEFT = "tokens and cost of a run that calls no model are sums over others: they stay in the attributes"
TOKENS_ASSUMED = "a usage of 0 throughout is read as not recorded"
COST_ASSUMED = "a cost of 0 without tokens is read as not recorded"
TRACE_ASSUMED = "a run without a trace and a parent is a trace of its own"
TIME_ASSUMED = "a time that is a number is in ms"
TOOL_ERROR_ASSUMED = "a tool message that says status error is read as a failed call"


class Enclosing(NamedTuple):
    """The run in whose `child_runs` a run was written."""

    trace_id: str | None
    run_id: str | None


class Ran(NamedTuple):
    """A run that is not yet a row."""

    columns: dict[str, Any]
    attributes: dict[str, Any]
    fields: Fields
    user_id: str | None
    """The raw user id that the metadata names."""


def ran(record: Mapping[str, Any], enclosing: Enclosing) -> Ran:
    """Return the span of one run.

    Raises
    ------
    RecordError
        If it has no id or trace, or a time, token count or cost that is none.
    """
    fields = Fields({name: unpacked(value) if name in _OBJECTS else value for name, value in record.items()})
    if isinstance(unpacked(record.get("child_runs")), list):
        fields.pass_over("child_runs")
    metadata = _metadata(fields)
    kind = _kind(fields)
    started_at, ended_at = _time(fields, "start_time", "started_at"), _time(fields, "end_time", "ended_at")
    outputs = fields.raw("outputs", column="output")
    said = _about(outputs if kind in _MODELS else None)
    content = exchanged(fields.raw("inputs", column="input"), outputs, is_tool=kind == "TOOL")
    tokens = _tokens(fields, metadata, said) if kind in _MODELS else _sums_left(fields)
    columns = {
        **_ids(fields, enclosing),
        **_named(metadata),
        "session_id": metadata.word("thread_id", "session_id", "conversation_id", column="session_id")
        or fields.text("thread_id", column="session_id"),
        "kind": kind,
        "operation": OPERATION_OF.get(kind),
        "name": fields.text("name", column="name"),
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        **_status(fields),
        "model": said.text("model", column="model")
        or metadata.word("ls_model_name", column="model")
        or _asked_model(fields, kind),
        "input": content.input.text,
        "output": content.output.text,
        "finish_reason": said.text("finish_reason", column="finish_reason"),
        **tokens,
        "cost_usd": _cost(fields, tokens) if kind in _MODELS else None,
        **(_tool(fields, outputs) if kind == "TOOL" else {}),
    }
    raw_user = user_id(metadata.raw("user_id", "userId", "user.id", "enduser.id", column="user_key"))
    fields.include(metadata)
    fields.include(said)
    return Ran(columns, _attributes(fields, columns, content), fields, raw_user)


def _metadata(fields: Fields) -> Fields:
    extra = fields.record.get("extra")
    inside = unpacked(extra.get("metadata")) if isinstance(extra, dict) else None
    beside = fields.record.get("metadata")
    said = [entry for entry in (beside, inside) if isinstance(entry, dict)]
    return Fields({name: value for entry in said for name, value in entry.items()}, of="metadata.")


def _kind(fields: Fields) -> str:
    kind = KINDS.get(str(fields.record.get("run_type")).lower(), "UNKNOWN")
    if kind != "UNKNOWN":
        fields.text("run_type", column="kind")
    return kind


def _named(metadata: Fields) -> dict[str, str | None]:
    return {
        "provider": metadata.word("ls_provider", column="provider"),
        "release": metadata.word("revision_id", column="release"),
        "agent": metadata.word("lc_agent_name", column="agent"),
        "environment": metadata.word("environment", *CANDIDATES["environment"], column="environment"),
        "user_tier": metadata.word("user_tier", *CANDIDATES["user_tier"], column="user_tier"),
        "prompt_name": metadata.word("lc_hub_repo", column="prompt_name"),
        "prompt_version": metadata.word("lc_hub_commit_hash", column="prompt_version"),
    }


def _time(fields: Fields, name: str, column: str) -> int | None:
    value = fields.raw(name, column=column)
    if isinstance(value, int | float) and not isinstance(value, bool):
        fields.assume(TIME_ASSUMED)
        return fields.moment(read_number(value, "ms"))
    return fields.moment(read_iso(value))


def _ids(fields: Fields, enclosing: Enclosing) -> dict[str, str | None]:
    order = _dotted(fields.record.get("dotted_order"))
    run_id = fields.identity("id", "run_id", column="span_id")
    parent_id = (
        fields.text("parent_run_id", column="parent_span_id")
        or enclosing.run_id
        or (order[-2] if len(order) > 1 else None)
    )
    trace_id = fields.text("trace_id", column="trace_id") or enclosing.trace_id or (order[0] if order else None)
    if trace_id is None and parent_id is None:
        fields.assume(TRACE_ASSUMED)
        trace_id = run_id
    if trace_id is None:
        raise RecordError("a run with a parent has neither trace_id nor dotted_order", reason="no_id")
    return {"trace_id": trace_id, "span_id": run_id, "parent_span_id": parent_id}


def _dotted(order: Any) -> list[str]:
    """Return the ids of a dotted order, `<time>Z<id>` for each run from the root on; none where it is otherwise."""
    parts = [part.rpartition("Z")[2] for part in order.split(".")] if isinstance(order, str) else []
    return parts if all(len(part) == _UUID for part in parts) else []


def _status(fields: Fields) -> dict[str, str | None]:
    said = str(fields.record.get("status")).lower()
    if said in _STATUSES:
        fields.text("status", column="status")
    text = fields.content("error", column="error_message")
    if not text:
        return {"status": _STATUSES.get(said, "UNSET")}
    error = read_error(text)
    return {"status": "ERROR", "error_type": error.type, "error_message": error.message}


def _tool(fields: Fields, outputs: Any) -> dict[str, str | None]:
    """Return the columns of a tool call; a tool message says which call it answers, and whether it failed."""
    message = tool_message(outputs)
    extra = fields.record.get("extra")
    inner = Fields(as_object(extra), of="extra.")
    call_id = inner.word("tool_call_id", column="tool_call_id")
    fields.include(inner)
    name = fields.text("name", column="tool_name")
    if message is None:
        return {"tool_name": name, "tool_call_id": call_id}
    tool = {"tool_name": message.name or name, "tool_call_id": call_id or message.call_id}
    if message.is_failed and not fields.record.get("error"):
        fields.assume(TOOL_ERROR_ASSUMED)
        tool |= {"status": "ERROR", "error_message": message.text}
    return tool


def _asked_model(fields: Fields, kind: str) -> str | None:
    """Return the model that a model call asked for, where its metadata names none."""
    if kind not in _MODELS:
        return None
    extra = fields.record.get("extra")
    parameters = extra.get("invocation_params") if isinstance(extra, dict) else None
    for of, said in (("extra.invocation_params.", parameters), ("inputs.", fields.record.get("inputs"))):
        inner = Fields(as_object(said), of=of)
        if (model := inner.word("model_name", "model", column="model")) is not None:
            fields.include(inner)
            return model
    return None


def _about(outputs: Any) -> Fields:
    return Fields(about(outputs)._asdict(), of="outputs.")


def _tokens(fields: Fields, metadata: Fields, said: Fields) -> dict[str, int | None]:
    """Return the tokens of a model call: the run's own, or those of its answer where the run has none."""
    own = [fields.record.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if any(own):
        return {
            "input_tokens": count(fields.raw("prompt_tokens", column="input_tokens"), "prompt_tokens"),
            "output_tokens": count(fields.raw("completion_tokens", column="output_tokens"), "completion_tokens"),
        }
    if said.record["input_tokens"] is None and said.record["output_tokens"] is None:
        said = _about({"usage_metadata": metadata.record.get("usage_metadata")})
    tokens = {name: said.raw(name, column=name) for name in ("input_tokens", "output_tokens")}
    fields.assume(TOKENS_ASSUMED if 0 in own and tokens["input_tokens"] is None else None)
    return tokens


def _sums_left(fields: Fields) -> dict[str, int | None]:
    fields.assume(SUMS_LEFT if any(fields.record.get(name) for name in _SUMS) else None)
    return {}


def _cost(fields: Fields, tokens: Mapping[str, int | None]) -> float | None:
    """Return the cost of a model call, which the API writes as a text."""
    said = fields.raw("total_cost", column="cost_usd")
    if isinstance(said, str):
        try:
            said = float(said)
        except ValueError:
            raise RecordError("total_cost is text, must be a finite number") from None
    cost = number(said, "total_cost")
    if cost == 0 and not any(tokens.values()):
        fields.assume(COST_ASSUMED)
        return None
    return cost


def _attributes(fields: Fields, columns: Mapping[str, Any], content: Exchange) -> dict[str, Any]:
    """Return what has no column, and the error's text where the column holds only its message."""
    left = {"inputs": content.input.left, "outputs": content.output.left}
    error = fields.record.get("error")
    if error and error != columns.get("error_message"):
        left["error"] = error
    return fields.rest() | {name: entry for name, entry in left.items() if entry}
