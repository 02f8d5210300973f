"""What is known of each trace besides its attributes: when it began, whose it is, and what it was about.

The time says since when; the user and the task say which traces are hardly more than copies of each other.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.causes.coded import Coded, Places
from workbench.schemas import require

_COLUMNS = ("trace_id", "started_at", "user_key", "session_id", "task")


class Facts(NamedTuple):
    """One entry a trace, by its number in `Coded`."""

    started_us: NDArray[np.int64]
    """Start, microseconds since 1970 UTC; -1 where no time is known."""
    user: Places
    """The user, else the session, else the trace itself, as a number."""
    task: Places
    """The task, else the trace itself, as a number."""


def find_facts(spans: pl.LazyFrame, coded: Coded) -> Facts:
    """Return the facts of the traces that have attributes; read-only.

    Parameters
    ----------
    spans
        schemas.SPANS.
    coded
        Whose traces are wanted.
    """
    require(spans, _COLUMNS, of="find_facts")
    of_each = (
        spans.group_by("trace_id")
        .agg(pl.col("started_at").min(), pl.col("user_key", "session_id", "task").min())
        .collect(engine="streaming")
    )
    ordered = coded.traces.join(of_each, on="trace_id", how="left").sort("trace")
    user = pl.coalesce(pl.col("user_key"), "s:" + pl.col("session_id"), "t:" + pl.col("trace_id"))
    task = pl.coalesce("k:" + pl.col("task"), "t:" + pl.col("trace_id"))
    numbers = ordered.select(
        started=pl.col("started_at").dt.timestamp("us").fill_null(-1),
        user=user.cast(pl.Categorical).to_physical().cast(pl.Int64),
        task=task.cast(pl.Categorical).to_physical().cast(pl.Int64),
    )
    return Facts(*(numbers[name].to_numpy() for name in ("started", "user", "task")))
