"""An answer of the model that calls a tool which was not offered, or with arguments that its schema does not allow.

The call fails, or worse, runs with what nobody meant. The cause is a description that misleads the model, a schema that
asks for too much, or a tool that was taken away while the prompt still speaks of it.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
import polars as pl

from workbench.boundaries.json_schema import JsonSchema, Violation, read_schema
from workbench.detectors.calls import Call, calls_in, has_calls
from workbench.detectors.declared import TOOLS, Tools, tools_of
from workbench.detectors.detector import Detector
from workbench.detectors.incomplete_answer import CUT_OFF
from workbench.detectors.mask import label, masked
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

MAX_REMEMBERED = 50_000
"""Schemas and verdicts that are kept while a window is read: the same few come with nearly every call."""

_READ = ("attributes", "input", "output")
_COLUMNS = (*KEY, "kind", "finish_reason", *_READ)
_FACTS = pl.Struct(
    {"n_calls": pl.Int64, "tool": pl.String, "problem": pl.String, "detail": pl.String, "reason": pl.String}
)


class _Fault(NamedTuple):
    """What is wrong with a call, or why it cannot be told."""

    problem: str | None = None
    detail: str = ""
    reason: str | None = None


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span; signals are not read.

    Of several calls the first that is wrong is reported. A schema that cannot be checked exactly (it refers to another
    host or to itself, or is too large) makes no finding, and neither does a call that the token limit cut off.
    """
    del signals
    require(spans, _COLUMNS, of="invalid_tool_call")
    # Selected before it is filtered: equal beginnings of two branches are computed once, with the columns of both.
    answers = spans.select(*KEY, "kind").filter(pl.col("kind") == "LLM").select(KEY)
    return answer(
        answers.join(_judged_calls(spans), on=["trace_id", "span_id"], how="left"),
        is_found=pl.col("problem").is_not_null(),
        reason=pl.coalesce(
            first_of((pl.col("n_calls").fill_null(0) == 0, "no tool call recorded")),
            pl.col("reason"),
        ),
        text=pl.concat_str(
            label(pl.col("tool")),
            "problem",
            masked(pl.col("detail").replace("", None)),
            separator=": ",
            ignore_nulls=True,
        ),
        evidence=pl.struct(label(pl.col("tool")), "problem", label(pl.col("detail")), "n_calls"),
    )


def _judged_calls(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a span that may hold a call: trace_id, span_id, and the facts about its calls.

    Most answers call nothing, so that what is long is read for few of them.
    """
    asked = pl.struct(
        pl.col("finish_reason").str.contains(CUT_OFF).fill_null(value=False).alias("is_cut_off"),
        pl.col("output").alias("answer"),
        *(pl.when(pl.col(name).str.contains(TOOLS)).then(name).alias(name) for name in _READ),
    )
    return spans.filter((pl.col("kind") == "LLM") & has_calls(pl.col("output"))).select(
        "trace_id",
        "span_id",
        asked.map_batches(_Checks().judge, return_dtype=_FACTS, is_elementwise=True).struct.unnest(),
    )


class _Checks:
    """Judges the calls of spans, and remembers schemas and verdicts from one to the next."""

    def __init__(self) -> None:
        self._schemas: dict[bytes, JsonSchema | None] = {}
        self._faults: dict[tuple[bytes, bytes], _Fault] = {}

    def judge(self, asked: pl.Series) -> pl.Series:
        """Return one row of facts a span: the first call that is wrong, or else the first that cannot be judged."""
        return pl.Series([self._span(**one) for one in asked], dtype=_FACTS)

    def _span(
        self, *, is_cut_off: bool, answer: str, attributes: str | None, input: str | None, output: str | None
    ) -> dict[str, Any]:
        calls = calls_in(answer)
        tools = tools_of(attributes, input, output) if calls else None
        if tools is None:
            return {"n_calls": len(calls), "reason": "no tools declared"}
        faults = [(call, self._call(call, tools, is_cut_off=is_cut_off)) for call in calls]
        wrong = [(call, fault) for call, fault in faults if fault.problem] or [
            (call, fault) for call, fault in faults if fault.reason
        ]
        if not wrong:
            return {"n_calls": len(calls)}
        call, fault = wrong[0]
        return {"n_calls": len(calls), "tool": call.tool, **fault._asdict()}

    def _call(self, call: Call, tools: Tools, *, is_cut_off: bool) -> _Fault:
        if call.tool not in tools.schemas:
            return _Fault("not offered") if tools.is_complete else _Fault(reason="definitions incomplete")
        if not call.is_json:
            if is_cut_off:
                return _Fault(reason="call cut off at the token limit")
            return _Fault("arguments are no JSON")
        schema = tools.schemas[call.tool]
        if schema is None or call.arguments is None:
            return _Fault(reason="no schema declared" if schema is None else "arguments not recorded")
        key = (_digest(schema), _digest(call.arguments))
        if key not in self._faults:
            _make_room(self._faults)
            self._faults[key] = self._checked(schema, key[0], call.arguments)
        return self._faults[key]

    def _checked(self, schema: Any, digest: bytes, arguments: Any) -> _Fault:
        if digest not in self._schemas:
            _make_room(self._schemas)
            self._schemas[digest] = read_schema(schema)
        ready = self._schemas[digest]
        if ready is None or not ready.can_check(arguments):
            return _Fault(reason="schema not checkable" if ready is None else "arguments too large to check")
        violation = ready.violation(arguments)
        return _Fault() if violation is None else _Fault("invalid arguments", _worded(violation))


def _worded(violation: Violation) -> str:
    """Return what is broken and where, in words; places in lists are left out, since each call has its own."""
    where = ".".join(part for part in violation.path if isinstance(part, str))
    what = {
        "required": f"{violation.detail} is missing",
        "additionalProperties": f"{violation.detail} is no argument",
        "type": f"must be {violation.detail}",
        "enum": "is none of the allowed values",
    }.get(violation.keyword, f"breaks {violation.keyword} {violation.detail}".strip())
    return f"{where}: {what}" if where else what


def _digest(value: Any) -> bytes:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= MAX_REMEMBERED:
        remembered.clear()


DETECTOR = Detector(
    code="invalid_tool_call",
    version=1,
    unit="span",
    severity="medium",
    question="Does this answer call a tool that was not offered, or with arguments that the tool does not allow?",
    detect=detect,
    reads="trace",
)
