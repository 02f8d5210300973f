"""Attributes of traces as numbers: each trace and each value stands as its place in a list.

Millions of rows are counted for every detector and cluster; whole numbers are counted twenty times as fast as texts.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.schemas import require

Places = NDArray[np.int64]


class Coded(NamedTuple):
    """Which traces have which values, in numbers, and the lists that say what the numbers stand for."""

    traces: pl.DataFrame
    """trace_id (String) and trace, its number from 0."""
    items: pl.DataFrame
    """attribute and value (String) of each item, in the order of their numbers; null: known to have no value."""
    attributes: tuple[str, ...]
    """The attributes, in the order of their numbers."""
    of_item: Places
    """The attribute of each item, shape (k,)."""
    trace: Places
    """The trace of each pair of a trace and an item that it has, ascending, shape (r,)."""
    item: Places
    """The item of each of these pairs, shape (r,)."""
    trace_by_item: Places
    """The traces of all pairs, ordered by item, shape (r,)."""
    first_of_item: Places
    """Where the traces of each item begin in `trace_by_item`, and where the last ones end, shape (k + 1,)."""
    known_trace: Places
    """The trace of each pair of a trace and an attribute that is known of it, shape (s,)."""
    known_attribute: Places
    """The attribute of each of these pairs, shape (s,)."""

    def having(self, item: int) -> Places:
        """Return the traces that have an item."""
        return self.trace_by_item[self.first_of_item[item] : self.first_of_item[item + 1]]

    def items_of(self, attribute: str) -> list[tuple[int, str | None]]:
        """Return the items of an attribute with their values."""
        if attribute not in self.attributes:
            return []
        places = np.flatnonzero(self.of_item == self.attributes.index(attribute))
        return list(zip(places.tolist(), self.items["value"].gather(places), strict=True))

    def rows_of(self, traces: Places) -> Places:
        """Return where the pairs of some traces stand in `trace` and `item`."""
        first, last = np.searchsorted(self.trace, traces), np.searchsorted(self.trace, traces, side="right")
        n = last - first
        return np.repeat(first - np.cumsum(n) + n, n) + np.arange(n.sum())

    def decoded(self) -> pl.DataFrame:
        """Return one row a pair: trace_id, attribute, value."""
        return pl.concat(
            [self.traces.sort("trace").select("trace_id")[self.trace], self.items[self.item]], how="horizontal"
        )


def assemble(traces: pl.DataFrame, items: pl.DataFrame, pairs: pl.DataFrame) -> Coded:
    """Return attributes in numbers from their lists.

    Parameters
    ----------
    traces
        trace_id and trace.
    items
        attribute and value, no two rows alike, those of one attribute one after the other.
    pairs
        trace and item: a row of `items`; no two rows alike.
    """
    names = tuple(items["attribute"].unique(maintain_order=True))
    place = {name: at for at, name in enumerate(names)}
    of_item = np.array([place[name] for name in items["attribute"]], np.int64)
    ordered = pairs.sort("trace", "item")
    trace, item = (ordered[name].to_numpy().astype(np.int64) for name in ("trace", "item"))
    of_pair = of_item[item]  # ascends within a trace, as the items of an attribute stand together
    is_new = np.ones(trace.size, bool)
    is_new[1:] = (np.diff(trace) != 0) | (np.diff(of_pair) != 0)
    by_item = np.argsort(item, kind="stable")
    first_of_item = np.searchsorted(item[by_item], np.arange(items.height + 1))
    return Coded(
        traces,
        items,
        names,
        of_item,
        trace,
        item,
        trace[by_item],
        first_of_item,
        trace[is_new],
        of_pair[is_new],
    )


def encode(attributes: pl.DataFrame) -> Coded:
    """Return attributes in numbers.

    Parameters
    ----------
    attributes
        trace_id, attribute and value (String); rows that are alike count once.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    require(attributes, ["trace_id", "attribute", "value"], of="encode")
    traces = attributes.select(pl.col("trace_id").unique().sort()).with_row_index("trace")
    items = attributes.select("attribute", "value").unique().sort("attribute", "value")
    pairs = (
        attributes.join(items.with_row_index("item"), on=["attribute", "value"], nulls_equal=True)
        .join(traces, on="trace_id")
        .select("trace", "item")
        .unique()
    )
    return assemble(traces, items, pairs)
