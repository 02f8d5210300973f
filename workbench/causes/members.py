"""Which traces a finding is about: its own, or all traces of its session.

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
