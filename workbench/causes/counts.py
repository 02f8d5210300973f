"""How often each value is in a cluster and in all traces that it is compared with: the counts behind every contrast.

The totals of a population are counted once, and most detectors judge the same traces.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.causes.coded import Coded, Places

HITS = pl.DataFrame(
    schema={
        **{"cluster_id": pl.String, "attribute": pl.String, "value": pl.String},
        **dict.fromkeys(("hits", "n", "hits_all", "n_all"), pl.Int64),
        "same_traces": pl.UInt64,
    }
)
"""One row a cluster and value that some of its traces have: the traces with it and those where it is known."""
KNOWN = pl.DataFrame(schema={"cluster_id": pl.String, "attribute": pl.String, "n": pl.Int64, "n_all": pl.Int64})
"""One row a cluster and attribute that is known of some of its traces."""


class Totals(NamedTuple):
    """The traces that clusters are compared with."""

    n_all: Places
    """Traces where an attribute is known, by attribute."""
    hits_all: Places
    """Traces with an item, by item."""
    same_traces: NDArray[np.uint64]
    """The same for items of the same traces, by item; for others equal once in 2^64 pairs."""
    is_testable: NDArray[np.bool_]
    """Whether an item could stand out somewhere, judged by its total alone, so that p-values stay what they are."""


class Counts(NamedTuple):
    """One cluster counted."""

    hits: pl.DataFrame
    """As HITS, without cluster_id."""
    known: pl.DataFrame
    """As KNOWN, without cluster_id."""
    n_tests: int
    """Values that it could be compared by."""


class Counter:
    """Counts clusters over coded attributes.

    Parameters
    ----------
    coded
        The attributes.
    min_traces
        Traces that a value needs in all, and a cluster where the attribute is known, to be compared.
    """

    def __init__(self, coded: Coded, *, min_traces: int) -> None:
        self._coded, self._min_traces = coded, min_traces
        hashed = pl.Series(np.arange(coded.traces.height, dtype=np.int64)).hash().to_numpy()
        self._hash = hashed.astype(np.uint64)
        self._has_value = coded.items["value"].is_not_null().to_numpy()
        self._totals: dict[bytes, Totals] = {}

    def totals(self, marks: NDArray[np.bool_], *, besides: Collection[str] = ()) -> Totals:
        """Return the totals of the traces that are marked; the attributes besides are tested for none."""
        coded = self._coded
        key = np.packbits(marks).tobytes()
        if key not in self._totals:
            self._totals[key] = self._count_all(marks)
        totals = self._totals[key]
        is_left_out = np.isin(coded.of_item, [at for at, name in enumerate(coded.attributes) if name in besides])
        return totals._replace(is_testable=totals.is_testable & ~is_left_out) if is_left_out.any() else totals

    def _count_all(self, marks: NDArray[np.bool_]) -> Totals:
        coded = self._coded
        n_items = coded.items.height
        n_all = np.bincount(coded.known_attribute[marks[coded.known_trace]], minlength=len(coded.attributes))
        hits_all = np.bincount(coded.item[marks[coded.trace]], minlength=n_items)
        hashes = np.where(marks[coded.trace_by_item], self._hash[coded.trace_by_item], np.uint64(0))
        same = np.bitwise_xor.reduceat(hashes, coded.first_of_item[:-1]) if n_items else np.zeros(0, np.uint64)
        is_some = (hits_all >= self._min_traces) & (hits_all < n_all[coded.of_item])
        return Totals(n_all, hits_all, same, is_some & self._has_value)

    def count(self, traces: Places, totals: Totals) -> Counts:
        """Return the counts of one cluster, given its traces and the totals of those that it is compared with."""
        coded = self._coded
        items = coded.item[coded.rows_of(traces)]
        hits = np.bincount(items, minlength=coded.items.height)
        marks = np.zeros(coded.traces.height, bool)
        marks[traces] = True
        n = np.bincount(coded.known_attribute[marks[coded.known_trace]], minlength=len(coded.attributes))
        is_compared = ((n >= self._min_traces) & (n < totals.n_all))[coded.of_item] & totals.is_testable
        found = np.flatnonzero(is_compared & (hits > 0))
        of = coded.of_item[found]
        return Counts(
            coded.items[found].with_columns(
                hits=pl.Series(hits[found]),
                n=pl.Series(n[of]),
                hits_all=pl.Series(totals.hits_all[found]),
                n_all=pl.Series(totals.n_all[of]),
                same_traces=pl.Series(totals.same_traces[found]),
            ),
            self._known(n, totals.n_all),
            int(is_compared.sum()),
        )

    def _known(self, n: Places, n_all: Places) -> pl.DataFrame:
        names = pl.Series("attribute", self._coded.attributes, dtype=pl.String)
        return pl.DataFrame([names, pl.Series("n", n), pl.Series("n_all", n_all)]).filter(pl.col("n") > 0)
