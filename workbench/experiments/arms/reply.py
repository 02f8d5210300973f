"""What an app that is code, a program or a server answers with: one JSON object, or a text where it is code.

    {"output": "..." or any JSON, "finish_reason": "stop", "input_tokens": 812, "output_tokens": 90, "cost_usd": 0.004,
     "latency_ms": 1830.5, "signals": {"success": 1}, "spans": [rows of schemas.SPANS],
     "otlp": "{...}", "trace_id": "...", "error": "..."}

Only `output`, or `error` in its place, must be there. What is not said stays null; what cannot be, such as tokens below
zero or a price that is no number, makes it no answer: who is wrong about that may be wrong about all.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec

from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.experiments.answer import Answer, error
from workbench.schemas import SPANS

_MAX_SAID = 500
"""Characters of an error that are kept."""
_SPAN_FIELDS = frozenset(SPANS.schema.names())
_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    output: Any = msgspec.UNSET
    error: str | None = None
    finish_reason: str | None = None
    input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cost_usd: _Amount | None = None
    latency_ms: _Amount | None = None
    otlp: str = ""
    trace_id: str | None = None
    signals: dict[str, float] = msgspec.field(default_factory=dict)
    spans: list[dict[str, Any]] = msgspec.field(default_factory=list)


def read_reply(raw: bytes, *, took_ms: float) -> Answer:
    """Return what the bytes of a program or server say.

    Parameters
    ----------
    raw
        What it answered.
    took_ms
        How long that took; what it says itself of its latency goes before.

    >>> read_reply(b'{"output": "refund"}', took_ms=12.0).output
    'refund'
    """
    try:
        return reply_of(read_json(raw), took_ms=took_ms)
    except RecordError as fault:
        return error("empty" if fault.reason == "empty" else "bad_answer", f"the answer {fault.what}")


def reply_of(value: Any, *, took_ms: float) -> Answer:
    """Return what a value says: an answer as it is, a text, or an object as above."""
    if isinstance(value, Answer):
        return value
    if isinstance(value, str):
        return Answer(output=value, latency_ms=took_ms)
    if not isinstance(value, Mapping):
        return error("bad_answer", f"the answer is a {type(value).__name__}, must be an object with `output`")
    try:
        said = msgspec.convert(dict(value), type=_Reply, strict=True)
    except (msgspec.ValidationError, ValueError) as fault:
        return error("bad_answer", f"the answer does not fit: {fault}"[:_MAX_SAID])
    if any(row.keys() - _SPAN_FIELDS for row in said.spans):
        return error("bad_answer", "a span has a column that no span has")
    known = Answer(
        output="",
        latency_ms=took_ms if said.latency_ms is None else said.latency_ms,
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        cost_usd=said.cost_usd,
        finish_reason=said.finish_reason,
        spans=tuple(said.spans),
        otlp=said.otlp,
        trace_id=said.trace_id,
        signals=said.signals,
    )
    if said.error is not None:
        what = said.error[:_MAX_SAID]
        return replace(known, output=None, status="error", error_kind="failed", error_message=what)
    if said.output is msgspec.UNSET or said.output is None:
        what = "the answer has no output"
        return replace(known, output=None, status="error", error_kind="empty", error_message=what)
    output = said.output if isinstance(said.output, str) else json.dumps(said.output, ensure_ascii=False)
    return replace(known, output=output)
