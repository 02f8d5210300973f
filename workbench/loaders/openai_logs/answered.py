"""What came back from a call: the answer, why the model stopped, and the error, if it was one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.openai_logs.shapes import Call
from workbench.loaders.reading.answers import said_in_items, said_in_messages
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.strict import dump

_HTTP_ERROR = 400
"""HTTP statuses from here on are errors (RFC 9110)."""
_OF_CHOICE = ("index", "message", "finish_reason")
"""Fields of a choice that are told elsewhere."""


class Part(NamedTuple):
    """Some columns of a span, and what was beside them."""

    columns: dict[str, Any]
    beside: dict[str, Any]
    """What has no column, by name; empty where there is nothing."""


def answer_of(response: Fields) -> Part:
    """Return output and reason to stop, in whichever shape the answer has.

    Raises
    ------
    RecordError
        If it is in none.
    """
    if "choices" in response.record:
        return _choices(response)
    if response.record.get("object") == "list":
        return Part({"output": response.content("data", column="output")}, {})
    if response.record.get("type") == "message":
        return _message(response)
    items = response.raw("output", column="output")
    if items is not None and not isinstance(items, list):
        raise RecordError("response.output is no list")
    status = response.text("status", column="finish_reason")
    columns = {"finish_reason": _incomplete(response) or status}
    if items is None:
        return Part(columns, {})
    said = said_in_items(items)
    return Part(columns | {"output": said.output}, {"reasoning": said.reasoning} if said.reasoning else {})


def status_of(call: Call, record: Fields, response: Fields) -> Part:
    """Return status and error: of the response, of the record around it, or of HTTP."""
    error = response.raw("error", column="error_message")
    error = error or record.raw("error", "error_details", "error_message", column="error_message")
    status = call.http_status
    by_http = str(status) if status is not None and status >= _HTTP_ERROR else None
    if not error and by_http is None and call.response.get("status") != "failed":
        return Part({"status": "UNSET"}, {})
    if not isinstance(error, dict):
        return Part({"status": "ERROR", "error_type": by_http, "error_message": text_of(error) or None}, {})
    inner = Fields(error, of="error.")
    columns = {
        "status": "ERROR",
        "error_type": inner.text("code", "type", column="error_type") or by_http,
        "error_message": inner.text("message", column="error_message") or dump(error),
    }
    record.include(inner)
    return Part(columns, {"error": inner.rest()} if inner.rest() else {})


def _choices(response: Fields) -> Part:
    choices = response.raw("choices", column="output") or []
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise RecordError("response.choices is no list of objects")
    said = [_message_of(choice) for choice in choices]
    reasons = dict.fromkeys(str(reason) for choice in choices if (reason := choice.get("finish_reason")))
    left = [_left_of(choice) for choice in choices]
    beside: dict[str, Any] = {}
    if any(not is_empty(value) for choice in left for value in choice.values()):
        beside["choices"] = left
    if len(reasons) > 1:
        beside["finish_reasons"] = [choice.get("finish_reason") for choice in choices]
    return Part(
        {
            "output": said_in_messages([message for message in said if message is not None]),
            "finish_reason": ",".join(reasons) or None,
        },
        beside,
    )


def _message_of(choice: Mapping[str, Any]) -> Any:
    """Return the message of a choice, or what the oldest API says in its place."""
    message = choice.get("message", {"content": choice.get("text")})
    return {"content": choice["text"]} if message is None and choice.get("text") is not None else message


def _left_of(choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a choice says besides its answer and why it stopped."""
    told = {*_OF_CHOICE, *(["text"] if choice.get("message") is None else [])}
    return {name: value for name, value in choice.items() if name not in told}


def _message(response: Fields) -> Part:
    """Return what Anthropic's API answers, which gateways log in the same records."""
    response.pass_over("type", "role")
    content = response.raw("content", column="output")
    reason = response.text("stop_reason", column="finish_reason")
    return Part({"output": said_in_messages([{"role": "assistant", "content": content}]), "finish_reason": reason}, {})


def _incomplete(response: Fields) -> str | None:
    """Return what an answer broke off at, such as max_output_tokens."""
    details = response.record.get("incomplete_details")
    inner = Fields(as_object(details), of="response.incomplete_details.")
    reason = inner.text("reason", column="finish_reason")
    response.include(inner)
    if not inner.rest():
        response.pass_over("incomplete_details")
    return reason
