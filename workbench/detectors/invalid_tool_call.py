"""An answer of the model that calls a tool which was not offered, or with arguments that its schema does not allow.

The call fails, or worse, runs with what nobody meant. The cause is a description that misleads the model, a schema that
asks for too much, or a tool that was taken away while the prompt still speaks of it.
"""

from typing import Any, NamedTuple

import polars as pl

from workbench.detectors.calls import Call, calls_in, has_calls
from workbench.detectors.declared import TOOLS, Tools, tools_of
from workbench.detectors.detector import Detector
from workbench.detectors.incomplete_answer import CUT_OFF
from workbench.detectors.mask import label, masked
from workbench.detectors.reading import MODELS, of_traces
from workbench.detectors.schema_checks import SchemaChecks
from workbench.detectors.together import Asking
from workbench.detectors.units import KEY, answer, first_of

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


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span.

    Of several calls the first that is wrong is reported. A schema that cannot be checked exactly (it refers to another
    host or to itself, or is too large) makes no finding, and neither does a call that the token limit cut off.
    """
    judged = _judged_calls(of_traces(spans, calls.filter("may_call")))
    return answer(
        calls.select(KEY).join(judged, on=["trace_id", "span_id"], how="left"),
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
        asked.map_batches(_Judge().judge, return_dtype=_FACTS, is_elementwise=True).struct.unnest(),
    )


class _Judge:
    """Judges the calls of spans."""

    def __init__(self) -> None:
        self._checks = SchemaChecks()

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
        wrong = [(call, fault) for call, fault in faults if fault.problem]
        unsure = [(call, fault) for call, fault in faults if fault.reason]
        if not wrong and not unsure:
            return {"n_calls": len(calls)}
        call, fault = (wrong or unsure)[0]
        return {"n_calls": len(calls), "tool": call.tool, **fault._asdict()}

    def _call(self, call: Call, tools: Tools, *, is_cut_off: bool) -> _Fault:
        if call.tool not in tools.schemas:
            return _Fault("not offered") if tools.is_complete else _Fault(reason="definitions incomplete")
        if not call.is_json:
            return _Fault(reason="call cut off at the token limit") if is_cut_off else _Fault("arguments are no JSON")
        schema = tools.schemas[call.tool]
        if schema is None or call.arguments is None:
            return _Fault(reason="no schema declared" if schema is None else "arguments not recorded")
        violation, reason = self._checks.check(schema, call.arguments)
        return _Fault(reason=reason) if violation is None else _Fault("invalid arguments", violation.words)


DETECTOR = Detector(
    code="invalid_tool_call",
    version=1,
    unit="span",
    severity="medium",
    question="Does this answer call a tool that was not offered, or with arguments that the tool does not allow?",
    detect=Asking(MODELS, (has_calls(pl.col("output")).alias("may_call"),), judge, _COLUMNS),
    decided_by=("tool_name", "failing_tool"),
    reads="trace",
)
