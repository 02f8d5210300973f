"""What a trace's info says beyond its spans: it stays with the root, or is all that there is of the trace.

Totals of tokens and cost are sums over the spans, and stay in the attributes.
"""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.mlflow.headers import Info
from workbench.loaders.mlflow.spans import Spanned
from workbench.loaders.mlflow.values import said_in
from workbench.loaders.reading.contents import exchanged
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.moments import moved, read_ms_or_iso
from workbench.loaders.reading.stretches import stretch_columns

_STATES = {"OK": "OK", "ERROR": "ERROR"}
_UNDER_WAY = "IN_PROGRESS"
_INPUTS, _OUTPUTS = "mlflow.traceInputs", "mlflow.traceOutputs"
_COPIES = {
    **dict.fromkeys((_INPUTS, "request_preview", "request"), "inputs"),
    **dict.fromkeys((_OUTPUTS, "response_preview", "response"), "outputs"),
}
"""Names under which an info repeats the root's inputs and outputs."""
_DIGITS = 12
"""Digits of the longest duration that is believed, in ms: 30 years."""
PREVIEW_ASSUMED = "input and output of a trace without spans are its previews, which may be cut"


def give_to_root(root: Spanned, info: Info, beside: Mapping[str, Any]) -> None:
    """Add what only the info, or what stands beside it, says to the root; what it merely repeats is kept once."""
    metadata, rest = (_without_copies(fields.rest(), root) for fields in (info.metadata, info.fields))
    left = _without_copies(beside, root) | rest | {"trace_metadata": metadata, "tags": info.tags.rest()}
    if left := {name: value for name, value in left.items() if not is_empty(value)}:
        root.attributes["trace"] = left
    if root.columns.get("prompt_name") is None:
        root.columns.update(prompt_name=info.header.prompt.name, prompt_version=info.header.prompt.version)


def lone_span(info: Info) -> Spanned:
    """Return the only span of a trace whose spans are not there.

    Raises
    ------
    RecordError
        If the trace is not over yet, with the reason unfinished, or its time is none.
    """
    fields, metadata = info.fields, info.metadata
    state = str(fields.record.get("state") or fields.record.get("status"))
    if state == _UNDER_WAY:
        raise RecordError("the trace is not over, and has no span yet", reason="unfinished")
    if state in _STATES:
        fields.text("state", "status", column="status")
    started_at, lasted_ms = _start(fields), _lasted_ms(fields)
    ended_at = None if started_at is None or lasted_ms is None else moved(started_at, lasted_ms)
    inputs = said_in(metadata.raw(_INPUTS, column="input") or fields.raw("request_preview", column="input"))
    outputs = said_in(metadata.raw(_OUTPUTS, column="output") or fields.raw("response_preview", column="output"))
    content = exchanged(inputs, outputs, is_tool=False)
    fields.assume(PREVIEW_ASSUMED if content.input.text or content.output.text else None)
    columns = {
        "trace_id": info.header.trace_id,
        "span_id": info.header.trace_id,
        "parent_span_id": None,
        "session_id": info.header.session_id,
        "user_key": info.header.user_key,
        "user_tier": info.header.user_tier,
        "kind": "UNKNOWN",
        "name": info.header.task,
        **stretch_columns(fields, started_at=started_at, ended_at=ended_at),
        "status": _STATES.get(state, "UNSET"),
        "environment": info.header.environment,
        "release": info.header.release,
        "task": info.header.task,
        "input": content.input.text,
        "output": content.output.text,
        **dict.fromkeys(("input_tokens", "output_tokens", "cost_usd")),
    }
    left = {"inputs": content.input.left, "outputs": content.output.left}
    attributes = {name: entry for name, entry in left.items() if entry}
    return Spanned(columns, attributes, Fields({}), None, inputs, outputs)


def _start(fields: Fields) -> int | None:
    value = fields.raw("request_time", "timestamp_ms", column="started_at")
    return fields.moment(read_ms_or_iso(value))


def _lasted_ms(fields: Fields) -> float | None:
    """Return how long the trace took; the API writes seconds in a text, `0.5s`. What is no duration is left alone."""
    for name in ("execution_duration_ms", "execution_time_ms", "execution_duration", "execution_time"):
        value = fields.record.get(name)
        seconds = value.removesuffix("s") if isinstance(value, str) and value.endswith("s") else ""
        if len(seconds) <= _DIGITS and seconds.replace(".", "", 1).isdecimal():
            fields.raw(name, column="ended_at")
            return float(seconds) * 1000
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**_DIGITS:
            fields.raw(name, column="ended_at")
            return float(value)
    return None


def _without_copies(record: Mapping[str, Any], root: Spanned) -> dict[str, Any]:
    recorded = {"inputs": root.inputs, "outputs": root.outputs}
    return {
        name: value
        for name, value in record.items()
        if name not in _COPIES or recorded[_COPIES[name]] is None or said_in(value) != recorded[_COPIES[name]]
    }
