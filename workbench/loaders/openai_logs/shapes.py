"""Where request and response lie in a record: beside each other, under HTTP's `body`, or as one object.

Teams log calls as they like: their own record around request and response, the lines of a Batch output file, or the
response alone, with the messages that were sent beside its choices. From here on there is one shape.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.reading.quoting import unpacked

OBJECTS = ("chat.completion", "response", "text_completion")
"""What the APIs call their answers; embeddings come as a `list`."""
_SENT = ("messages", "input", "prompt")
"""Fields of a request that hold what was sent."""
_ASKED = frozenset(
    {
        *(*_SENT, "model", "instructions", "tools", "user", "safety_identifier", "metadata", "store"),
        *("previous_response_id", "conversation", "temperature", "max_tokens", "max_completion_tokens"),
    }
)
"""Fields that belong to a request where a record has them beside the response."""
_BESIDE = frozenset({"messages", "input"})
"""Fields that no response has: somebody put what was sent beside it."""
_AROUND = frozenset(
    {
        *("trace_id", "span_id", "session_id", "conversation_id", "thread_id", "user_id", "client_id", "workload_id"),
        *("timestamp", "start_time", "end_time", "latency_ms", "duration_ms", "cost_usd", "provider"),
        *("service", "environment", "release"),
    }
)
"""Fields that no response has: a log added them."""


class Call(NamedTuple):
    """One call of a model."""

    record: Mapping[str, Any]
    """What the log says around request and response."""
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    http_status: int | None
    """Of a response that is kept with its HTTP status."""


def recognises_call(sample: Mapping[str, Any]) -> bool:
    """Return whether an object, of which the end may be missing, is a call."""
    if {"custom_id", "response", "error"} <= sample.keys():
        return True
    response = _body(unpacked(sample.get("response")))
    if _is_answer(response) or _is_answer(sample):
        return True
    is_readable = "response" in sample and (response is None or isinstance(response, dict))
    return is_readable and is_request(sample.get("request"))


def is_request(value: Any) -> bool:
    """Return whether a value is a request to one of the APIs."""
    request = _body(unpacked(value))
    return isinstance(request, dict) and "model" in request and not request.keys().isdisjoint(_SENT)


def call_of(record: Any) -> Call:
    """Return the request and the response of a record.

    Raises
    ------
    RecordError
        If it has neither.
    """
    if not isinstance(record, dict):
        raise RecordError("a call is no object")
    if _is_answer(record):
        return _bare(record)
    around = {name: value for name, value in record.items() if name not in ("request", "response")}
    sent, answered = unpacked(record.get("request")), unpacked(record.get("response"))
    for name, value in (("request", sent), ("response", answered)):
        if value is not None and not isinstance(value, dict):
            raise RecordError(f"{name} is no object")
    if sent is None and not record.keys().isdisjoint(_SENT):
        sent = {name: around.pop(name) for name in sorted(_ASKED & around.keys())}
    request, response = _body(sent) or {}, _body(answered) or {}
    if not (request or response) and not record.get("error"):
        raise RecordError("neither a request nor a response")
    wrappers = {"request": _wrapper(sent), "response": _wrapper(answered)}
    around |= {f"{name}_http": wrapper for name, wrapper in wrappers.items() if wrapper}
    return Call(around, request, response, _http_status(answered))


def _bare(record: Mapping[str, Any]) -> Call:
    """Return a response that is a record of its own, apart from what somebody put beside it."""
    sent = _body(unpacked(record.get("request")))
    has_request = isinstance(sent, dict)
    request = sent if has_request else {name: record[name] for name in sorted(_BESIDE & record.keys())}
    around = {name: record[name] for name in sorted(_AROUND & record.keys())}
    others = _AROUND | ({"request"} if has_request else _BESIDE)
    return Call(around, request, {name: value for name, value in record.items() if name not in others}, None)


def _is_answer(value: Any) -> bool:
    """Return whether an object is a response; compatible servers leave out what it is called."""
    if not isinstance(value, dict):
        return False
    if value.get("object") in OBJECTS:
        return True
    has_choices = isinstance(value.get("choices"), list) and not {"id", "model", "usage"}.isdisjoint(value)
    return has_choices or (value.get("object") == "list" and "model" in value and "usage" in value)


def _body(value: Any) -> Any:
    body = unpacked(value.get("body")) if isinstance(value, dict) else None
    return body if isinstance(body, dict) else value


def _wrapper(value: Any) -> dict[str, Any]:
    """Return what HTTP says around a body."""
    return {} if value is None or _body(value) is value else {name: value[name] for name in value if name != "body"}


def _http_status(answered: Any) -> int | None:
    status = None if answered is None else answered.get("status_code")
    return status if isinstance(status, int) and not isinstance(status, bool) else None
