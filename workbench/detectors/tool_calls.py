"""What several detectors ask of each call of a tool: which it was, how it ended, and with what it was made.

Each is told once for all of them, and is short, however long what the tool was given and gave.
"""

import polars as pl

from workbench.detectors.explain import words_of_error

RETURNED_ERROR = r"^\s*\"?(?:Error: |Error executing tool|Traceback \(most recent call last\))"
"""How agent frameworks hand an exception to the model as a result: tau-bench, LangGraph's ToolNode, Python itself."""

COLUMNS = ("name", "tool_name", "input", "output", "ended_at", "status", "error_type", "error_message")
"""What the facts below go by."""
TOOL = pl.coalesce("tool_name", "name").alias("tool")
CALL = pl.struct(TOOL, "input").hash().alias("call")
"""The same for calls of one tool with the same arguments."""
HAS_ARGUMENTS = pl.col("input").is_not_null().alias("has_arguments")
RETURNED = pl.col("output").str.contains(RETURNED_ERROR).alias("returned")
"""True where the result says that the call failed, null where none is recorded."""
HAS_FAILED = (
    ((pl.col("status") == "ERROR") | words_of_error().is_not_null() | RETURNED)
    .fill_null(value=False)
    .alias("has_failed")
)
IS_TOLD = (
    pl.any_horizontal(pl.col("status").is_in(["OK", "ERROR"]), pl.col("ended_at", "output").is_not_null())
    .fill_null(value=False)
    .alias("is_told")
)
"""Whether it is known how the call ended: UNSET alone says nothing."""


def words_of_failure() -> pl.Expr:
    """Return what a failed call says of it: the error, or else its result."""
    return pl.coalesce(words_of_error(), "output", pl.lit("failed without a message"))
