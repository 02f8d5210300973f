"""Which traces a finding is about: its own, or all traces of its session, of which the last one shows it.

The trace is the unit of every contrast, because that is what has a tool, a prompt version and a model.
"""

import polars as pl

from workbench.schemas import require


def with_traces(units: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows of `units`, a row about a session alone once for each trace of the session; read-only.

    Parameters
    ----------
    units
        One row a finding or a unit examined, with trace_id and session_id, either of them null.
    spans
        schemas.SPANS: says which traces belong to a session.

    Returns
    -------
    DataFrame
        The columns of `units`, with a trace_id in every row; a session of which no trace is known has none.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    require(units, ["trace_id", "session_id"], of="with_traces")
    require(spans, ["trace_id", "session_id"], of="with_traces")
    about_traces = units.drop_nulls("trace_id")
    about_sessions = units.filter(pl.col("trace_id").is_null()).drop_nulls("session_id").drop("trace_id")
    if about_sessions.is_empty():
        return about_traces
    wanted = about_sessions.lazy().select("session_id").unique()
    of_sessions = spans.select("trace_id", "session_id").join(wanted, on="session_id", how="semi").unique()
    told = about_sessions.join(of_sessions.collect(engine="streaming"), on="session_id")
    return pl.concat([about_traces, told.select(units.columns)])


def in_last_traces(findings: pl.DataFrame, traces: pl.DataFrame) -> pl.DataFrame:
    """Return the findings in their order, those about a session alone with its last trace, which shows them.

    Parameters
    ----------
    findings
        One row a finding, with trace_id and session_id, either of them null.
    traces
        One row a trace: trace_id, session_id, at (its start, null where not known). A session of which no trace is
        among them leaves the trace null.
    """
    require(findings, ["trace_id", "session_id"], of="in_last_traces")
    require(traces, ["trace_id", "session_id", "at"], of="in_last_traces")
    in_order = traces.drop_nulls("session_id").sort("at", "trace_id", nulls_last=False)
    last = in_order.group_by("session_id").agg(pl.col("trace_id").last().alias("last_trace_id"))
    placed = findings.join(last, on="session_id", how="left", maintain_order="left")
    return placed.with_columns(pl.coalesce("trace_id", "last_trace_id").alias("trace_id")).drop("last_trace_id")
