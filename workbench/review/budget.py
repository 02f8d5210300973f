"""What fits into a review: how many clusters, how many of their traces, and how many that no detector found.

A review of everything a little says nothing of anything: better the first clusters as ranked, each with enough traces.
"""

from collections.abc import Sequence
from typing import NamedTuple

LEAST_TRACES = 5
"""Traces for which a cluster is given room: fewer say little, and even none of five leaves up to .38 (Jeffreys)."""


class Size(NamedTuple):
    """What there is to judge of one cluster."""

    n_traces: int
    """Traces that could be drawn."""
    n_others: int
    """Its causes and its issue, all of which are judged."""


class Budget(NamedTuple):
    """What a review is made of."""

    n_clusters: int
    """The first so many clusters are in it."""
    n_traces: int
    """Traces to draw from these."""
    n_control: int
    """Traces to draw from those that no detector found."""


def divide(sizes: Sequence[Size], *, n: int, control_share: float, n_unflagged: int, is_chosen: bool) -> Budget:
    """Return what fits into `n` items: at least one cluster, and as many traces as clusters, so one of each.

    It is more than `n` where clusters that somebody chose, or the first, have more causes and issues than that alone.

    Parameters
    ----------
    sizes
        The clusters, in the order in which they matter.
    n
        Items that can be judged, at least 1.
    control_share
        Share of them that no detector found, from 0, below 1.
    n_unflagged
        How many such traces there are.
    is_chosen
        Whether somebody chose these clusters, so that none is left out.

    Raises
    ------
    ValueError
        If `n` or `control_share` is outside its bounds.

    >>> divide([Size(90, 2), Size(40, 1), Size(3, 1)], n=20, control_share=0.1, n_unflagged=500, is_chosen=False)
    Budget(n_clusters=3, n_traces=14, n_control=2)
    """
    if n < 1:
        raise ValueError(f"n == {n}, must be at least 1")
    if not 0 <= control_share < 1:
        raise ValueError(f"control_share == {control_share}, must be from 0, below 1")
    n_control = min(n_unflagged, round(n * control_share))
    rest = n - n_control
    n_clusters = len(sizes) if is_chosen else _n_that_fit(sizes, rest)
    n_others = sum(size.n_others for size in sizes[:n_clusters])
    return Budget(n_clusters, max(rest - n_others, n_clusters), n_control)


def _n_that_fit(sizes: Sequence[Size], n: int) -> int:
    used = 0
    for place, size in enumerate(sizes):
        used += size.n_others + min(size.n_traces, LEAST_TRACES)
        if used > n:
            return max(place, 1)
    return len(sizes)
