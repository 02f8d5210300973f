"""What detectors of calls go by: each call of a tool, or of the model, with the facts that they ask of it."""

from collections.abc import Sequence
from functools import partial

import polars as pl

from workbench.detectors.together import Source
from workbench.detectors.units import KEY


def of_traces(spans: pl.LazyFrame, chosen: pl.LazyFrame) -> pl.LazyFrame:
    """Return the spans of the traces that `chosen` names; nothing is read where it names none."""
    traces = chosen.select("trace_id").unique().collect(engine="streaming")["trace_id"]
    return spans.filter(pl.col("trace_id").is_in(traces.implode())) if len(traces) else spans.head(0)


def _ask(spans: pl.LazyFrame, facts: Sequence[pl.Expr], *, kind: str) -> pl.DataFrame:
    """Return the spans of a kind: trace_id, span_id, session_id and the facts, each once."""
    asked: dict[str, pl.Expr] = {}
    for fact in facts:
        if not asked.setdefault(name := fact.meta.output_name(), fact).meta.eq(fact):
            raise ValueError(f"two detectors mean something else by {name}")
    return spans.filter(pl.col("kind") == kind).select(*KEY, *asked.values()).collect(engine="streaming")


def _part(calls: pl.DataFrame, names: Sequence[str]) -> pl.LazyFrame:
    return calls.select(*KEY, *names).lazy()


TOOLS = Source("TOOL", partial(_ask, kind="TOOL"), _part)
"""Calls of tools, by the kind of their spans: a judgement takes them as a frame."""
MODELS = Source("LLM", partial(_ask, kind="LLM"), _part)
"""Calls of the model, likewise."""
