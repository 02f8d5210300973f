"""One turn of a model's loop over tools: what it calls is called, and what came of it is told to the model.

A call that no app could make, of a tool that is not offered or with arguments that are no JSON, is answered with what
is wrong with it, as apps do: whether the model recovers is part of what is measured.
"""

import json
from collections.abc import Mapping
from typing import Any

from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.experiments.answer import Answer, error
from workbench.experiments.arms.completion import Said, Wanted
from workbench.experiments.arms.recorded_spans import Recorder
from workbench.experiments.arms.tools import Call, NotRecordedError, Result


async def call_tools(
    said: Said, messages: list[dict[str, Any]], *, call: Call, offered: frozenset[str], spans: Recorder
) -> Answer | None:
    """Add the model's calls and their results to the messages; return an error where a result is not to be had.

    Parameters
    ----------
    said
        What the model said.
    messages
        The conversation so far; it grows.
    call
        Calls a tool.
    offered
        Tools that the model may call.
    spans
        Notes each call.
    """
    messages.append({"role": "assistant", "content": said.text or None, "tool_calls": [*map(_repeated, said.calls)]})
    for wanted in said.calls:
        started_at = spans.now()
        try:
            result = await _result(wanted, call, offered)
        except NotRecordedError:
            return error("not_recorded", "a tool is called in a way that the case's trace does not hold")
        spans.called(wanted, result, started_at)
        messages.append({"role": "tool", "tool_call_id": wanted.call_id, "content": result.output})
    return None


async def _result(wanted: Wanted, call: Call, offered: frozenset[str]) -> Result:
    if wanted.name not in offered:
        return Result(json.dumps({"error": "there is no such tool"}), is_error=True)
    try:
        arguments = read_json(wanted.arguments.encode("utf-8", "replace")) if wanted.arguments.strip() else {}
    except RecordError as fault:
        return Result(json.dumps({"error": f"the arguments: {fault.what}"}), is_error=True)
    if not isinstance(arguments, Mapping):
        return Result(json.dumps({"error": "the arguments must be an object"}), is_error=True)
    return await call(wanted.name, arguments)


def _repeated(wanted: Wanted) -> dict[str, Any]:
    function = {"name": wanted.name, "arguments": wanted.arguments}
    return {"id": wanted.call_id, "type": "function", "function": function}
