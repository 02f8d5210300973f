"""The traces that a detector's clusters are compared with: those that it could judge, and no others.

What a detector cannot see is no evidence that the problem is absent.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.causes.coded import Coded
from workbench.schemas import require

Marks = NDArray[np.bool_]


def populations(members: pl.DataFrame, examined: pl.DataFrame | None, coded: Coded) -> dict[str, Marks]:
    """Return which traces the clusters of each detector are compared with, their own included, by detector.

    Parameters
    ----------
    members
        detector and trace_id, one row a finding in a cluster.
    examined
        detector and trace_id, the traces that each detector could judge; None is all, for every detector.
    coded
        Whose traces they are; the marks go by their numbers.
    """
    codes = members["detector"].unique().sort().to_list()
    if examined is None:
        every = np.ones(coded.traces.height, bool)
        return dict.fromkeys(codes, every)
    require(examined, ["detector", "trace_id"], of="contrast")
    seen = examined.select("detector", "trace_id").filter(pl.col("detector").is_in(codes))
    return _marked(pl.concat([seen, members.select("detector", "trace_id")]), codes, coded)


def marks_of(rows: pl.DataFrame, by: str, coded: Coded) -> dict[str, Marks]:
    """Return which traces the rows of each value of a column name, by that value."""
    return _marked(rows.select(detector=by, trace_id="trace_id"), rows[by].unique().sort().to_list(), coded)


def _marked(rows: pl.DataFrame, codes: Iterable[str], coded: Coded) -> dict[str, Marks]:
    marks = {code: np.zeros(coded.traces.height, bool) for code in codes}
    placed = rows.join(coded.traces, on="trace_id").select("detector", "trace")
    for (code,), mine in placed.partition_by("detector", as_dict=True).items():
        marks[str(code)][mine["trace"].to_numpy()] = True
    return marks


def first_of(marks: Mapping[str, Marks], order: NDArray[np.int64], *, n: int) -> dict[str, NDArray[np.int64]]:
    """Return the first n marked traces in an order of all of them, by the key of the marks."""
    return {key: order[marked[order]][:n] for key, marked in marks.items()}
