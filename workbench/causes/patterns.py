"""Traces as patterns of attribute values: traces that are alike in all of them are counted as one row with a weight.

A million traces of an app have a few thousand patterns, so that conjunctions of values can be counted for every pair.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.causes.attributes import ATTRIBUTES
from workbench.causes.coded import Coded, Places

Numbers = NDArray[np.float64]

MAX_VALUES = 128
"""Values that are combined, the most frequent: their 8,128 pairs are counted in 0.1 s, and a rare one has no power."""
MIN_TOGETHER = 5
"""Traces that a value needs in all: fewer are no slice that a team would change something for."""


class Patterns(NamedTuple):
    """Which values and which attributes each pattern has; rows are patterns."""

    of_trace: Places
    """The pattern of each trace, by its number in `Coded`, shape (n,)."""
    has: NDArray[np.float32]
    """1 where a pattern has a value, shape (p, k)."""
    known: NDArray[np.float32]
    """1 where an attribute is known of a pattern, shape (p, a)."""
    values: tuple[tuple[str, str], ...]
    """Attribute and value of each of the k columns of `has`."""
    attributes: tuple[str, ...]
    """The a attributes of the columns of `known`."""

    @property
    def attribute_of(self) -> NDArray[np.intp]:
        """The column of `known` of each column of `has`, shape (k,)."""
        place = {name: at for at, name in enumerate(self.attributes)}
        return np.array([place[attribute] for attribute, _ in self.values], np.intp)

    def weights(self, traces: Places) -> Numbers:
        """Return how many of the traces have each pattern, shape (p,)."""
        return np.bincount(self.of_trace[traces], minlength=self.has.shape[0]).astype(np.float64)


def find_patterns(coded: Coded) -> Patterns:
    """Return the patterns of traces in the `MAX_VALUES` most frequent values that some trace has and some has not.

    Parameters
    ----------
    coded
        Attributes in numbers.
    """
    columns = np.sort(_frequent(coded)[:MAX_VALUES])
    names = np.unique(coded.of_item[columns])
    has = _marks(coded.trace, coded.item, columns, n=coded.traces.height)
    known = _marks(coded.known_trace, coded.known_attribute, names, n=coded.traces.height)
    packed = np.packbits(np.concatenate([has, known], axis=1), axis=1)
    rows = np.ascontiguousarray(packed).view(np.dtype((np.void, max(1, packed.shape[1])))).ravel()
    if not rows.size or not packed.shape[1]:
        rows = np.zeros(coded.traces.height, "V1")
    _, first, pattern = np.unique(rows, return_index=True, return_inverse=True)
    values = list(coded.items[columns].iter_rows())
    kept = _different(has[first], [attribute for attribute, _ in values])
    return Patterns(
        pattern.astype(np.int64),
        has[first][:, kept].astype(np.float32),
        known[first].astype(np.float32),
        tuple(values[at] for at in kept),
        tuple(coded.attributes[at] for at in names),
    )


def _frequent(coded: Coded) -> Places:
    """Return the values that can be combined, the one that splits the traces most evenly first."""
    n = np.bincount(coded.item, minlength=coded.items.height)
    n_known = np.bincount(coded.known_attribute, minlength=len(coded.attributes))[coded.of_item]
    has_value = coded.items["value"].is_not_null().to_numpy()
    possible = np.flatnonzero((n >= MIN_TOGETHER) & (n < n_known) & has_value)
    return possible[np.argsort(-np.minimum(n, n_known - n)[possible], kind="stable")]


def _different(has: NDArray[np.bool_], attributes: Sequence[str]) -> list[int]:
    """Return the columns without those of the same traces as another, of each such set the first by `ATTRIBUTES`."""
    order = {attribute.name: place for place, attribute in enumerate(ATTRIBUTES)}
    first: dict[bytes, int] = {}
    for at in sorted(range(has.shape[1]), key=lambda at: (order.get(attributes[at], len(order)), at)):
        first.setdefault(np.packbits(has[:, at]).tobytes(), at)
    return sorted(first.values())


def _marks(trace: Places, what: Places, columns: Places, *, n: int) -> NDArray[np.bool_]:
    """Return which traces have which of the columns, shape (n, columns)."""
    marked = np.zeros((n, columns.size), bool)
    if columns.size:
        column = np.searchsorted(columns, what)
        column[column == columns.size] = 0
        is_one = columns[column] == what
        marked[trace[is_one], column[is_one]] = True
    return marked
