"""How complete the telemetry is: of each value, the share of the spans or traces that could have it and do.

A share is taken of what it applies to, tokens of LLM spans, tool names of tool spans; else a good export looks poor.
"""

from typing import Any, NamedTuple

import polars as pl

from workbench.report import formats
from workbench.report.chart import Chart, draw, inline
from workbench.report.look import BLUE, GREY, INK, WIDTH
from workbench.schemas import SPANS, require

_ROW_HEIGHT = 24


class _Value(NamedTuple):
    """A value that a span can have: its name, which spans it applies to, and when it is there."""

    name: str
    of: str
    applies: pl.Expr
    is_there: pl.Expr


_EVERY = pl.col("trace_id").is_not_null()
_IS_LLM = pl.col("kind") == "LLM"
_IS_TOOL = pl.col("kind") == "TOOL"
_VALUES = (
    _Value("time", "spans", _EVERY, pl.col("time_known")),
    _Value("duration", "spans", _EVERY, pl.col("duration_ms").is_not_null()),
    _Value("kind", "spans", _EVERY, pl.col("kind") != "UNKNOWN"),
    _Value("input", "LLM and tool spans", _IS_LLM | _IS_TOOL, pl.col("input").is_not_null()),
    _Value("output", "LLM and tool spans", _IS_LLM | _IS_TOOL, pl.col("output").is_not_null()),
    _Value("model", "LLM spans", _IS_LLM, pl.col("model").is_not_null()),
    _Value("tokens", "LLM spans", _IS_LLM, pl.all_horizontal(pl.col("input_tokens", "output_tokens").is_not_null())),
    _Value("prompt version", "LLM spans", _IS_LLM, pl.col("prompt_version").is_not_null()),
    _Value("tool name", "tool spans", _IS_TOOL, pl.col("tool_name").is_not_null()),
)


def completeness(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return one row a value: `name`, `of` (what it applies to), `n` (that it applies to) and `n_known` (that have it).

    Parameters
    ----------
    spans
        Frame in schemas.SPANS, one row a span.
    """
    require(spans, SPANS.schema.names(), of="report.completeness")
    counts = spans.select(
        *(value.applies.sum().alias(f"{value.name} of") for value in _VALUES),
        *((value.applies & value.is_there).sum().alias(value.name) for value in _VALUES),
    ).collect(engine="streaming")
    of_spans = [
        {"name": value.name, "of": value.of, "n": counts[f"{value.name} of"][0], "n_known": counts[value.name][0]}
        for value in _VALUES
    ]
    return pl.DataFrame([*of_spans, *_of_traces(spans)]).filter(pl.col("n") > 0)


def completeness_chart(spans: pl.LazyFrame) -> Chart:
    """Return a bar for each value: the share of what it applies to that has it."""
    import altair as alt

    known = completeness(spans)
    rows: list[dict[str, Any]] = [
        {
            "value": f"{row['name']}, of {row['of']}",
            "share": row["n_known"] / row["n"],
            "words": formats.share_of(row["n_known"], row["n"]),
        }
        for row in known.iter_rows(named=True)
    ]
    base = alt.Chart(inline(rows)).encode(y=alt.Y("value:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)))
    whole = base.mark_bar(color=GREY, opacity=0.2, size=12).encode(x=alt.value(0), x2=alt.value(WIDTH - 400))
    bars = base.mark_bar(color=BLUE, size=12).encode(
        x=alt.X(
            "share:Q",
            title="share recorded",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", values=[0, 0.5, 1]),
        )
    )
    said = base.mark_text(align="left", color=INK, dx=8, fontSize=12).encode(x=alt.value(WIDTH - 400), text="words:N")
    chart = (whole + bars + said).properties(
        title="How much of each value is recorded?", width=WIDTH - 400, height=_ROW_HEIGHT * len(rows)
    )
    alt_text = "; ".join(f"{row['value']}: {row['words']}" for row in rows)
    return draw(chart, alt=f"How much of each value is recorded? {alt_text}.")


def _of_traces(spans: pl.LazyFrame) -> list[dict[str, Any]]:
    names = {"session": "session_id", "user": "user_key", "task": "task", "cost": "cost_usd", "release": "release"}
    has = spans.group_by("trace_id").agg(pl.col(column).is_not_null().any() for column in names.values())
    counts = has.select(pl.len().alias("n"), pl.col(*names.values()).sum()).collect(engine="streaming")
    return [
        {"name": name, "of": "traces", "n": counts["n"][0], "n_known": counts[column][0]}
        for name, column in names.items()
    ]
