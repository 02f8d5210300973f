"""What is known of a trace besides its text: which tools, prompts, models and tasks its spans name.

A cause is looked for among these; a trace that used two tools has both.
"""

from typing import NamedTuple

import polars as pl

from workbench.causes.coded import Coded, assemble
from workbench.causes.told import LOCALE, told_attributes
from workbench.schemas import require


class Attribute(NamedTuple):
    """One attribute of a trace, and how a sentence says that the trace has a value of it."""

    name: str
    """Its name; the column of spans that it comes from, save for `failing_tool` and `locale`."""
    phrase: str
    """What follows "41 of 47 traces", up to the value."""


ATTRIBUTES = (
    Attribute("prompt_version", "used prompt version"),
    Attribute("prompt_name", "used the prompt"),
    Attribute("tool_name", "used the tool"),
    Attribute("failing_tool", "had an error in the tool"),
    Attribute("model", "used the model"),
    Attribute("release", "ran on release"),
    Attribute("agent", "were served by the agent"),
    Attribute("operation", "had the operation"),
    Attribute("task", "were about the task"),
    Attribute("finish_reason", "had a finish with reason"),
    Attribute("provider", "used the provider"),
    Attribute("user_tier", "came from users of tier"),
    Attribute("locale", "came from the locale"),
    Attribute("service", "came from the service"),
    Attribute("environment", "ran in the environment"),
)
"""Every attribute, what a team changes most easily first: of values that the same traces have, the first is named."""

FINISHED = ("stop", "end_turn", "stop_sequence", "completed", "tool_calls", "tool_call", "tool_use", "function_call")
"""How a model ends when nothing is amiss, in the words of several providers: it explains nothing."""
_COLUMNS = [attribute.name for attribute in ATTRIBUTES if attribute.name not in {"failing_tool", LOCALE}]


def trace_attributes(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return the attributes of the traces of some spans, one row a trace, attribute and value; read-only.

    An empty value counts as not recorded. A tool that failed is known of every trace that used a tool: where none
    failed, `failing_tool` has one row with a null value; so has `finish_reason` where every finish was a usual one.

    Parameters
    ----------
    spans
        schemas.SPANS; only ids, status and the columns of the attributes are read.

    Returns
    -------
    DataFrame
        trace_id, attribute and value (String), no two rows alike, in no order.

    Raises
    ------
    SchemaError
        If a column is missing.

    Examples
    --------
    >>> from workbench.schemas import SPANS
    >>> trace_attributes(SPANS.empty().lazy()).columns
    ['trace_id', 'attribute', 'value']
    """
    return coded_attributes(spans).decoded()


def coded_attributes(spans: pl.LazyFrame) -> Coded:
    """Return the attributes of the traces of some spans in numbers; as of `trace_attributes`, and more of the root's.

    Besides the columns, they are what the root spans say in `attributes` with few different values: the locale of the
    user, a feature flag, a host.
    """
    require(spans, ["trace_id", "parent_span_id", "status", "attributes", *_COLUMNS], of="trace_attributes")
    read = spans.select("trace_id", "status", *_COLUMNS).collect(engine="streaming")
    traces = read.select(pl.col("trace_id").unique().sort()).with_row_index("trace")
    trace = read.select("trace_id").join(traces, on="trace_id", how="left", maintain_order="left")["trace"]
    columns = [_pairs(name, trace, read[name]) for name in _COLUMNS if name != "finish_reason"]
    columns.append(_failing_tools(trace, read["tool_name"], read["status"]))
    columns.append(_odd_finishes(trace, read["finish_reason"]))
    taken = {attribute.name for attribute in ATTRIBUTES} - {LOCALE}
    columns += [told for told in told_attributes(spans, traces) if told["attribute"][0] not in taken]
    return _joined(traces, columns)


def _pairs(attribute: str, trace: pl.Series, value: pl.Series) -> pl.DataFrame:
    """Return one row a trace and value, the value as a category."""
    pairs = pl.DataFrame({"trace": trace, "value": value.replace("", None).cast(pl.Categorical)}).drop_nulls().unique()
    return pairs.with_columns(attribute=pl.lit(attribute))


def _failing_tools(trace: pl.Series, tool: pl.Series, status: pl.Series) -> pl.DataFrame:
    """Return one row a trace and tool that failed in it; of a trace whose tools all did well, one without a value."""
    calls = _pairs("failing_tool", trace, pl.select(pl.when(status == "ERROR").then(tool)).to_series())
    used = pl.DataFrame({"trace": trace, "value": tool.replace("", None)}).drop_nulls().select("trace").unique()
    return _with_none(calls, used, "failing_tool")


def _odd_finishes(trace: pl.Series, reason: pl.Series) -> pl.DataFrame:
    """Return one row a trace and unusual end of a model's answer in it; of a trace without one, one without a value."""
    odd = reason.set(reason.str.to_lowercase().is_in(FINISHED).fill_null(value=False), None)
    known = pl.DataFrame({"trace": trace, "value": reason.replace("", None)}).drop_nulls().select("trace").unique()
    return _with_none(_pairs("finish_reason", trace, odd), known, "finish_reason")


def _with_none(pairs: pl.DataFrame, known: pl.DataFrame, attribute: str) -> pl.DataFrame:
    """Return the pairs, and one row without a value for each trace that is known to have none."""
    none = known.join(pairs, on="trace", how="anti").select(
        "trace", value=pl.lit(None, pairs.schema["value"]), attribute=pl.lit(attribute)
    )
    return pl.concat([pairs, none])


def _joined(traces: pl.DataFrame, columns: list[pl.DataFrame]) -> Coded:
    """Return the columns as items and pairs; the categories of a column are few, so only they are joined as text."""
    items, pairs, n_items = [], [], 0
    for column in columns:
        values = column.select("attribute", "value").unique().sort("attribute", pl.col("value").cast(pl.String))
        numbered = values.with_row_index("item", offset=n_items)
        pairs.append(column.join(numbered, on="value", nulls_equal=True).select("trace", "item"))
        items.append(values.select("attribute", pl.col("value").cast(pl.String)))
        n_items += values.height
    return assemble(traces, pl.concat(items), pl.concat(pairs))
