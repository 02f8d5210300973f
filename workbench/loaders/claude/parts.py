"""What a line says, read and checked: a line of an answer, results of tools, a failed call, the outcome of a run.

All that can be wrong with a line is found here, before anything of it is added to a request.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.loaders.claude.lines import SYNTHETIC, Entry
from workbench.loaders.reading.answers import tokens_of
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.parts import as_object, as_word
from workbench.loaders.reading.shared import Shared
from workbench.loaders.reading.strict import dump

_MAX_CAUSES = 5
"""Errors inside of errors that are looked into: the API's own lies three deep."""


class Asked(NamedTuple):
    """A tool call in an answer."""

    call_id: str
    name: str | None
    input: str | None
    prompt: str | None
    """What a sub-agent is told to do, if that is what the tool takes."""
    agent: str | None
    """The type of sub-agent, likewise."""
    left: dict[str, Any]


class AnswerLine(NamedTuple):
    """One line of an answer: usually one block of it."""

    span_id: str | None
    """The same on all lines of an answer."""
    columns: dict[str, Any]
    """Those that the line fills; cost and tokens are those of the whole answer."""
    blocks: list[Any]
    calls: list[Asked]
    left: dict[str, Any]
    """What has no column."""


class Result(NamedTuple):
    """The result of one tool call."""

    call_id: str
    columns: dict[str, Any]
    left: dict[str, Any]


class Ending(NamedTuple):
    """How a run ended, or a call failed."""

    columns: dict[str, Any]
    left: dict[str, Any]


def read_answer(entry: Entry) -> AnswerLine:
    """Return what one line of an answer says.

    Raises
    ------
    RecordError
        If model, reason, tokens, cost or the id of a call are none.
    """
    message, fields = entry.message, entry.fields
    span_id = message.text("id", column="span_id")
    model = message.text("model", column="model")
    columns = {
        "model": None if model == SYNTHETIC else model,
        "finish_reason": message.text("stop_reason", column="finish_reason"),
        **tokens_of(message, of="message.usage."),
        "cost_usd": fields.number("costUSD", column="cost_usd"),
    }
    if fields.record.get("isApiErrorMessage") is True:
        columns |= {"status": "ERROR", "error_message": entry.text or None}
        columns["error_type"] = fields.text("error", column="error_type")
    calls = [_asked(block, fields) for block in entry.blocks if block.get("type") == "tool_use"]
    blocks = entry.content if isinstance(entry.content, list) else [{"type": "text", "text": entry.text}]
    left = fields.rest() | ({"message": message.rest()} if message.rest() else {})
    said = {name: value for name, value in columns.items() if value is not None}
    return AnswerLine(span_id, said, [] if entry.content is None else blocks, calls, left)


def read_results(entry: Entry) -> list[Result]:
    """Return the results of tools in a line; what the line says beside them goes to each, or once if it is long.

    Raises
    ------
    RecordError
        If one does not say which call it answers.
    """
    shared = Shared()
    return [_result(block, entry.fields, shared) for block in entry.blocks if block.get("type") == "tool_result"]


def read_failure(entry: Entry) -> Ending:
    """Return what a line says of a call of the API that failed and is tried again."""
    error = entry.fields.record.get("error")
    causes = _causes(error)
    status = error.get("status") if isinstance(error, dict) else None
    types = [
        said
        for cause in causes
        if (said := as_word(cause.get("type")) or as_word(cause.get("code"))) not in (None, "error")
    ]
    words = [said for cause in causes if (said := as_word(cause.get("message")))]
    columns = {
        "status": "ERROR",
        "error_type": types[-1] if types else None if status is None else str(status),
        "error_message": words[-1] if words else text_of(error) or None,
    }
    return Ending(columns, entry.fields.rest())


def read_outcome(entry: Entry) -> Ending:
    """Return what the SDK says at the end of a run: its cost, how long it took, why it ended.

    Raises
    ------
    RecordError
        If cost or duration are no numbers.
    """
    fields = entry.fields
    reason = fields.text("subtype", column="finish_reason")
    output = fields.content("result", column="output")
    columns = {
        "finish_reason": reason,
        "output": output,
        "cost_usd": fields.number("total_cost_usd", column="cost_usd"),
        "duration_ms": fields.number("duration_ms", column="duration_ms"),
    }
    is_error = fields.record.get("is_error") is True
    fields.pass_over("is_error")
    if is_error or (reason or "").startswith("error"):
        columns |= {"status": "ERROR", "error_type": reason if reason != "success" else None, "error_message": output}
    return Ending({name: value for name, value in columns.items() if value is not None}, fields.rest())


def _asked(block: Mapping[str, Any], fields: Fields) -> Asked:
    inner = Fields(block, of="tool_use.")
    inner.pass_over("type")
    call_id = inner.identity("id", column="tool_call_id")
    name = inner.text("name", column="tool_name")
    arguments = inner.raw("input", column="input")
    fields.include(inner)
    told = as_object(arguments)
    return Asked(
        call_id,
        name,
        None if arguments is None else dump(arguments),
        as_word(told.get("prompt")),
        as_word(told.get("subagent_type")),
        {"tool_use": inner.rest()} if inner.rest() else {},
    )


def _result(block: Mapping[str, Any], fields: Fields, shared: Shared) -> Result:
    inner = Fields(block, of="tool_result.")
    inner.pass_over("type")
    call_id = inner.identity("tool_use_id", column="tool_call_id")
    output = text_of(inner.raw("content", column="output"))
    said = block.get("is_error")
    is_failed = said if isinstance(said, bool) else None
    if is_failed is not None:
        inner.raw("is_error", column="status")
    fields.include(inner)
    columns = {
        "output": output,
        "status": {True: "ERROR", False: "OK", None: "UNSET"}[is_failed],
        "error_message": output if is_failed else None,
    }
    of_line = shared.part("line", fields.rest()) or {}
    left = of_line | ({"tool_result": inner.rest()} if inner.rest() else {})
    if output is not None and left.get("toolUseResult") == output:
        del left["toolUseResult"]
    return Result(call_id, columns, left)


def _causes(error: Any) -> list[Mapping[str, Any]]:
    """Return an error and the errors inside of it, from the outside in."""
    causes: list[Mapping[str, Any]] = []
    while isinstance(error, dict) and len(causes) < _MAX_CAUSES:
        causes.append(error)
        error = error.get("error") or error.get("cause")
    return causes
