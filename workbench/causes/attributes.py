"""What is known of a trace besides its text: which tools, prompts, models and tasks its spans name.

A cause is looked for among these; a trace that used two tools has both.
"""

from typing import NamedTuple

import polars as pl

from workbench.schemas import require


class Attribute(NamedTuple):
    """One attribute of a trace, and how a sentence says that the trace has a value of it."""

    name: str
    """Its name; the column of spans that it comes from, save for `failing_tool`."""
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
    Attribute("service", "came from the service"),
    Attribute("environment", "ran in the environment"),
)
"""Every attribute, what a team changes most easily first: of values that the same traces have, the first is named."""

_COLUMNS = [attribute.name for attribute in ATTRIBUTES if attribute.name != "failing_tool"]


def trace_attributes(spans: pl.LazyFrame) -> pl.DataFrame:
    """Return the attributes of the traces of some spans, one row a trace, attribute and value; read-only.

    An empty value counts as not recorded. A tool that failed is known of every trace that used a tool: where none
    failed, `failing_tool` has one row with a null value.

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
    require(spans, ["trace_id", "status", *_COLUMNS], of="trace_attributes")
    kinds = spans.select(
        "trace_id",
        *(pl.col(name).replace("", None) for name in _COLUMNS),
        is_error=(pl.col("status") == "ERROR").fill_null(value=False),
    ).unique()
    distinct = kinds.collect(engine="streaming")
    return pl.concat([*(_values(distinct, name) for name in _COLUMNS), _failing_tools(distinct)])


def _values(kinds: pl.DataFrame, name: str) -> pl.DataFrame:
    return _long(kinds.select("trace_id", value=name).drop_nulls().unique(), name)


def _failing_tools(kinds: pl.DataFrame) -> pl.DataFrame:
    calls = kinds.drop_nulls("tool_name")
    failed = calls.filter("is_error").select("trace_id", value="tool_name").unique()
    unfailed = calls.join(failed, on="trace_id", how="anti").select("trace_id", value=pl.lit(None, pl.String)).unique()
    return _long(pl.concat([failed, unfailed]), "failing_tool")


def _long(values: pl.DataFrame, name: str) -> pl.DataFrame:
    return values.select("trace_id", pl.lit(name).alias("attribute"), "value")
