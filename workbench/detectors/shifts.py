"""Shifts: versions that came in during a window, and since which a share of traces is higher than without them.

Numbers only: which traces, and in what words, is for the detector to say.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.stats.exact import over_representation
from workbench.stats.intervals import ratio_of_shares
from workbench.stats.multiplicity import holm

MIN_TRACES = 20
"""On both sides: with fewer the least rise that the test tells at 1 % is from none to a third (0 of 20, 6 of 20)."""
MAX_P = 0.01
"""Adjusted for all versions and measures looked at (Holm): a window is looked at every day, one in 100 may err."""
MIN_RATIO = 1.5
"""Low end of the ratio's 95 % interval: with many traces a rise that nobody would notice is beyond chance too."""
MAX_ABSENCE = 0.001
"""How likely a version would be missing so long from the window's start by chance, if it had been in use already."""

_KEY = ["attribute", "scope", "value"]
_Counts = NDArray[np.int64]


class Shifts(NamedTuple):
    """Versions that came in during a window."""

    began: pl.DataFrame
    """One row a version that came in: attribute, scope, value, and is_compared: whether traces enough were there."""
    found: pl.DataFrame
    """One row a version and measure that is worse since: attribute, scope, value, measure, began_at, hits and n of the
    version, other_hits and other_n of the rest, ratio_low, p_value, p_adjusted."""


def find_shifts(traces: pl.DataFrame, used: pl.DataFrame, *, measures: Sequence[str]) -> Shifts:
    """Return the versions since which a measure is worse, deterministic.

    A version is compared with the traces of its scope that did without it: all before it, and those beside it until its
    last; where there are enough beside it, it must be worse than those alone, too. A version that was in use from the
    start, or is seen late because it is rare, did not come in.

    Parameters
    ----------
    traces
        One row a trace: trace_id, started_at without nulls, and a Boolean column a measure, null where not known.
    used
        One row a trace and version that it used: trace_id, attribute, scope (may be null) and value.
    measures
        The columns that say of a trace whether it is bad.

    Notes
    -----
    Fisher's one-sided exact test (1935) of each version and measure with MIN_TRACES on both sides, Holm (1979) over all
    of them, and the low end of the ratio's score interval (Koopman 1984) above MIN_RATIO.
    """
    counts = [pl.col(name).cast(pl.Int64) for name in measures]
    knows = [pl.col(name).is_not_null().cast(pl.Int64).alias(f"n {name}") for name in measures]
    rows = used.join(traces.select("trace_id", "started_at", *counts, *knows), on="trace_id")
    tables = [
        table
        for group in rows.partition_by("attribute", "scope", maintain_order=True)
        for table in _tables(group, measures)
    ]
    if not tables:
        return Shifts(pl.DataFrame(schema=_BEGAN), pl.DataFrame(schema=_FOUND))
    every = pl.concat(tables)
    is_compared = (pl.col("n") >= MIN_TRACES) & (pl.col("other_n") >= MIN_TRACES)
    began = every.group_by(_KEY).agg(is_compared=is_compared.any())
    return Shifts(began.select(_BEGAN.names()), _tested(every.filter(is_compared)))


def _tables(group: pl.DataFrame, measures: Sequence[str]) -> list[pl.DataFrame]:
    """Return the two-by-two tables of the versions of one scope that came in, a frame a measure."""
    columns = [*measures, *(f"n {name}" for name in measures)]
    values = group.group_by(_KEY).agg(
        pl.len().alias("n_traces"),
        pl.col("started_at").min().alias("began_at"),
        pl.col("started_at").max().alias("last_at"),
        pl.col(columns).sum(),
    )
    in_order = group.unique("trace_id").sort("started_at")
    starts = in_order["started_at"].to_physical().to_numpy()
    values = values.filter(_came_in(values, starts)).sort("value")
    if values.is_empty():
        return []
    first, last = _ends(values, starts)
    return [
        values.select(
            *_KEY,
            pl.lit(name).alias("measure"),
            "began_at",
            pl.col(name).alias("hits"),
            pl.col(f"n {name}").alias("n"),
            other_hits=pl.Series(_sums(in_order[name])[last]) - pl.col(name),
            other_n=pl.Series(_sums(in_order[f"n {name}"])[last]) - pl.col(f"n {name}"),
            hits_before=pl.Series(_sums(in_order[name])[first]),
            n_before=pl.Series(_sums(in_order[f"n {name}"])[first]),
        )
        for name in measures
    ]


def _came_in(values: pl.DataFrame, starts: _Counts) -> pl.Series:
    """Return of each version whether it came in: traces enough were there before, and it was missing among them."""
    first, last = _ends(values, starts)
    share = values["n_traces"].to_numpy() / (last - first)
    absence = (1.0 - share) ** first
    return pl.Series((first >= MIN_TRACES) & (absence <= MAX_ABSENCE))


def _ends(values: pl.DataFrame, starts: _Counts) -> tuple[_Counts, _Counts]:
    """Return of each version how many traces began before its first, and up to its last."""
    first = np.searchsorted(starts, values["began_at"].to_physical().to_numpy(), side="left")
    return first, np.searchsorted(starts, values["last_at"].to_physical().to_numpy(), side="right")


def _sums(values: pl.Series) -> _Counts:
    """Return the sum of the first k values for each k from 0."""
    return np.concatenate([[0], np.cumsum(values.fill_null(0).to_numpy())]).astype(np.int64)


def _tested(tables: pl.DataFrame) -> pl.DataFrame:
    if tables.is_empty():
        return pl.DataFrame(schema=_FOUND)
    hits, n, other_hits, other_n = (tables[name].to_numpy() for name in ("hits", "n", "other_hits", "other_n"))
    p_values = over_representation(hits, n, other_hits=other_hits, other_n=other_n)
    ratio = ratio_of_shares(hits, n, other_hits=other_hits, other_n=other_n)
    numbers = {"p_value": p_values, "p_adjusted": holm(p_values), "ratio_low": ratio.low}
    tested = tables.with_columns(*(pl.Series(name, values) for name, values in numbers.items()))
    is_worse = (pl.col("p_adjusted") <= MAX_P) & (pl.col("ratio_low") > MIN_RATIO)
    n_beside, hits_beside = pl.col("other_n") - pl.col("n_before"), pl.col("other_hits") - pl.col("hits_before")
    # What got worse for everybody at that time is not the version's doing.
    is_its_own = (n_beside < MIN_TRACES) | (pl.col("hits") * n_beside > MIN_RATIO * hits_beside * pl.col("n"))
    return tested.filter(is_worse, is_its_own).select(_FOUND.names())


_BEGAN = pl.Schema([*((name, pl.String()) for name in _KEY), ("is_compared", pl.Boolean())])
_FOUND = pl.Schema(
    [
        *((name, pl.String()) for name in (*_KEY, "measure")),
        ("began_at", pl.Datetime("us", "UTC")),
        *((name, pl.Int64()) for name in ("hits", "n", "other_hits", "other_n")),
        *((name, pl.Float64()) for name in ("ratio_low", "p_value", "p_adjusted")),
    ]
)
