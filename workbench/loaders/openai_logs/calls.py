"""One call of a model as a span: what was sent and answered, how it ended, and who asked.

What request and response say alike is kept once. Times, costs and sessions that nobody wrote down stay empty; tool
calls are part of the answer, since a log of calls does not say what became of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.ids import content_id
from workbench.loaders.openai_logs.answered import answer_of, status_of
from workbench.loaders.openai_logs.sessions import session_of
from workbench.loaders.openai_logs.shapes import Call
from workbench.loaders.openai_logs.users import Users, users_of
from workbench.loaders.reading.answers import tokens_of
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.moments import moved, read_iso, read_number, unit_of
from workbench.loaders.reading.stretches import stretch_columns
from workbench.loaders.reading.strict import dump_sorted

_STARTS = ("timestamp", "started_at", "start_time", "created_at", "time")
_ENDS = ("ended_at", "end_time", "completed_at")
_LASTED = ("duration_ms", "latency_ms")
_KINDS = {"text_completion": ("LLM", "text_completion"), "list": ("EMBEDDING", "embeddings")}
"""Kind and operation of what is no chat, by what the response is called."""
TRACE_NAMED = "a call names no trace: it is one of its own, named after the response"
TRACE_FROM_RECORD = "a call without a response id: its trace is named after the record's id"
TRACE_FROM_CONTENT = "a call without any id: its trace id follows from its content"


class CallSpan(NamedTuple):
    """A call that is not yet a row."""

    columns: dict[str, Any]
    attributes: dict[str, Any]
    users: Users
    fields: tuple[Fields, ...]
    """What it was read from, for the counts."""


def span_of(call: Call, *, first: Mapping[str, str], place: str) -> CallSpan:
    """Return the columns and attributes of one call.

    Parameters
    ----------
    call
        The call.
    first
        First response of the chain, by response.
    place
        Where it stands in the file, by which equal calls without id and time are told apart.

    Raises
    ------
    RecordError
        If a time, count or name is none, or the answer is in no shape of the APIs.
    """
    record, request = Fields(call.record), Fields(call.request, of="request.")
    response = Fields(call.response, of="response.")
    users = users_of(record, request, response)
    answer, status = answer_of(response), status_of(call, record, response)
    columns: dict[str, Any] = {
        "session_id": session_of(record, request, response, first=first),
        "service": record.text("service", "service_name", column="service"),
        "environment": record.text("environment", column="environment"),
        "release": record.text("release", column="release"),
        "task": record.text("workload_id", "task", column="task"),
        "provider": record.text("provider", column="provider"),
        "input": request.content("messages", "input", column="input"),
        "cost_usd": record.number("cost_usd", column="cost_usd"),
        **answer.columns,
        **status.columns,
        **tokens_of(response, of="response.usage."),
        **_times(record, response),
        **_model(request, response),
    }
    columns |= _prompt(request, response, columns["input"])
    columns |= _ids(call, record, response, place if columns["started_at"] is None else "")
    answered = response.rest() | answer.beside
    asked = {name: value for name, value in request.rest().items() if answered.get(name) != value}
    parts = {"request": asked, "response": answered}
    attributes = record.rest() | status.beside | {name: part for name, part in parts.items() if part}
    return CallSpan(columns, attributes, users, (record, request, response))


def _ids(call: Call, record: Fields, response: Fields, place: str) -> dict[str, str]:
    """Return trace and span id; a record that names its trace may share it with others."""
    said, span_id = record.text("trace_id", column="trace_id"), record.text("span_id", column="span_id")
    if (own := response.text("id", column="span_id")) is not None:
        assumed = TRACE_NAMED
    elif (own := record.text("id", "request_id", column="span_id")) is not None:
        assumed = TRACE_FROM_RECORD
    else:
        own, assumed = content_id("trc", dump_sorted(call[:3]), place), TRACE_FROM_CONTENT
    record.assume(None if said else assumed)
    return {"trace_id": said or own, "span_id": span_id or own}


def _times(record: Fields, response: Fields) -> dict[str, Any]:
    """Return the times of the record, or those of the response, which are in whole seconds."""
    started_at = _moment(record, *_STARTS, column="started_at")
    if started_at is None:
        started_at = _moment(response, "created", "created_at", column="started_at")
    ended_at = _moment(record, *_ENDS, column="ended_at")
    if ended_at is None:
        ended_at = _moment(response, "completed_at", column="ended_at")
    lasted_ms = record.number(*_LASTED, column="duration_ms")
    if ended_at is None and started_at is not None and lasted_ms is not None:
        ended_at = moved(started_at, lasted_ms)
    return stretch_columns(record, started_at=started_at, ended_at=ended_at, lasted_ms=lasted_ms)


def _moment(fields: Fields, *names: str, column: str) -> int | None:
    value = fields.raw(*names, column=column)
    unit = unit_of(value)
    if unit is None:
        return fields.moment(read_iso(value))
    # The APIs' own times are seconds by definition; what a log means by a number is not said.
    fields.assume(None if fields.of and unit == "s" else f"a number without a unit is read as a time in {unit}")
    return fields.moment(read_number(value, unit))


def _model(request: Fields, response: Fields) -> dict[str, str | None]:
    """Return kind, operation and model; a model that was asked for and is not the one that answered stays beside."""
    kind, operation = _KINDS.get(str(response.record.get("object")), ("LLM", "chat"))
    response.pass_over("object")
    model = response.text("model", column="model")
    if model is None or request.record.get("model") == model:
        asked_for = request.text("model", column="model")
        model = model or asked_for
    name = f"{operation} {model}" if model else operation
    return {"kind": kind, "operation": operation, "model": model, "name": name}


def _prompt(request: Fields, response: Fields, sent: str | None) -> dict[str, str | None]:
    """Return what `prompt` says: the name of a kept prompt, or, of the oldest API, the text that was sent."""
    for part in (request, response):
        prompt = part.record.get("prompt")
        if isinstance(prompt, dict):
            inner = Fields(prompt, of=f"{part.of}prompt.")
            names = {
                "prompt_name": inner.text("id", column="prompt_name"),
                "prompt_version": inner.text("version", column="prompt_version"),
            }
            part.include(inner)
            return names
    return {} if sent is not None else {"input": request.content("prompt", column="input")}
