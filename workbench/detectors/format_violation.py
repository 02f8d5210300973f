"""An answer of the model that is not in the format which the request declared: no JSON, other JSON, another pattern.

What reads the answer breaks, or goes on with half of it. The cause is a prompt that asks for words around the JSON, a
schema that the model cannot keep, or a model that knows no such parameter.
"""

import re
from typing import Any

import orjson
import polars as pl

from workbench.boundaries.patterns import Pattern
from workbench.detectors.answer_format import DECLARES, Format, format_of
from workbench.detectors.baselines import operation_words
from workbench.detectors.calls import calls_in
from workbench.detectors.detector import Detector
from workbench.detectors.incomplete_answer import CUT_OFF
from workbench.detectors.mask import label, masked
from workbench.detectors.recorded import last_answer
from workbench.detectors.schema_checks import SchemaChecks
from workbench.detectors.units import KEY, answer, first_of
from workbench.schemas import require

_READ = ("attributes", "input")
_NAMES = ("prompt_name", "agent", "name", "tool_name", "operation", "model")
_COLUMNS = (*KEY, "kind", *_NAMES, "finish_reason", *_READ, "output")
_FACTS = pl.Struct({"is_declared": pl.Boolean, **dict.fromkeys(("problem", "detail", "reason"), pl.String)})
_FENCED = re.compile(r"\s*```")


def detect(spans: pl.LazyFrame, signals: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span; signals are not read.

    An answer that was cut off or is empty is `incomplete_answer`'s to report, and a call of a tool is no answer yet.
    """
    del signals
    require(spans, _COLUMNS, of="format_violation")
    # Selected before it is filtered: what is long is read for the second branch alone.
    answers = spans.select(*KEY, "kind").filter(pl.col("kind") == "LLM").select(KEY)
    return answer(
        answers.join(_judged(spans), on=["trace_id", "span_id"], how="left"),
        is_found=pl.col("problem").is_not_null(),
        reason=pl.coalesce(
            first_of((~pl.col("is_declared").fill_null(value=False), "no format declared")), pl.col("reason")
        ),
        text=pl.concat_str(
            label(pl.col("what")), "problem", masked(pl.col("detail")), separator=": ", ignore_nulls=True
        ),
        evidence=pl.struct("problem", label(pl.col("detail")), model=label(pl.col("model"))),
    )


def _judged(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row a span that may declare a format: trace_id, span_id, and the facts about its answer."""
    declares = pl.any_horizontal(pl.col(name).str.contains(DECLARES) for name in _READ)
    asked = pl.struct(
        pl.col("finish_reason").str.contains(CUT_OFF).fill_null(value=False).alias("is_cut_off"), *_READ, "output"
    )
    return spans.filter((pl.col("kind") == "LLM") & declares).select(
        *("trace_id", "span_id", "model"),
        pl.coalesce("prompt_name", "agent", operation_words(), pl.lit("answer")).alias("what"),
        asked.map_batches(_Judge().judge, return_dtype=_FACTS, is_elementwise=True).struct.unnest(),
    )


class _Judge:
    """Judges the answers of spans."""

    def __init__(self) -> None:
        self._checks = SchemaChecks()

    def judge(self, asked: pl.Series) -> pl.Series:
        """Return one row of facts a span."""
        return pl.Series([self._span(**one) for one in asked], dtype=_FACTS)

    def _span(
        self, *, is_cut_off: bool, attributes: str | None, input: str | None, output: str | None
    ) -> dict[str, Any]:
        declared = format_of(attributes, input)
        if declared is None:
            return {"is_declared": False}
        if output is None or is_cut_off:
            return _unsure("output not recorded" if output is None else "answer cut off at the token limit")
        if calls_in(output):
            return _unsure("call of a tool")
        if not (text := last_answer(output).strip()):
            return _unsure("empty answer")
        return {"is_declared": True, **self._answer(text, declared)}

    def _answer(self, text: str, declared: Format) -> dict[str, Any]:
        if declared.pattern is not None:
            return _by_pattern(text, declared.pattern)
        try:
            value = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return {"problem": "answer is no JSON", "detail": _instead(text)}
        if declared.schema is None:
            return {}
        violation, reason = self._checks.check(declared.schema, value)
        if violation is None:
            return {"reason": reason}
        return {"problem": "answer breaks its schema", "detail": violation.words}


def _unsure(reason: str) -> dict[str, Any]:
    return {"is_declared": True, "reason": reason}


def _by_pattern(text: str, pattern: str) -> dict[str, Any]:
    try:
        matches = Pattern(pattern).matches_all_of(text)
    except ValueError:
        return {"reason": "pattern not checkable"}
    return {} if matches else {"problem": "answer does not match its pattern"}


def _instead(text: str) -> str:
    """Return what an answer is that should be JSON."""
    if _FENCED.match(text):
        return "fenced in Markdown"
    if text[0] in "{[":
        return "malformed"
    return "words around it" if "{" in text and "}" in text else "words"


DETECTOR = Detector(
    code="format_violation",
    version=1,
    unit="span",
    severity="medium",
    question="Is this answer not in the format that the request declared?",
    detect=detect,
    reads="trace",
)
