"""The traces whose texts are read: some of each cluster, and some of those that it is compared with.

Texts are most of the bytes; two dozen traces of a cluster and a few hundred others say what a million would.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from workbench.causes.coded import Coded, Places
from workbench.causes.populations import Marks, first_of

N_OF_CLUSTER = 24
"""Traces of a cluster that are read: 12 of 24 against 5 % elsewhere has a p below 1e-7."""
N_OF_REST = 400
"""Other traces of a detector that are read, drawn by a hash of their ids: the same traces in every run."""


class Sample(NamedTuple):
    """Traces to read, by their numbers, for each cluster."""

    own: Mapping[str, Places]
    """Some of the cluster."""
    rest: Mapping[str, Places]
    """Some of those that it is compared with, none of them its own."""

    def all_traces(self) -> Places:
        """Return all traces to read, each once, ascending."""
        return np.unique(np.concatenate([np.zeros(0, np.int64), *self.own.values(), *self.rest.values()]))


def draw(
    members: Mapping[str, Marks], detectors: Mapping[str, str], populations: Mapping[str, Marks], coded: Coded
) -> Sample:
    """Return which traces are read; deterministic, and the same for the same traces.

    Parameters
    ----------
    members
        The traces of each cluster.
    detectors
        The detector of each cluster.
    populations
        The traces that each detector's clusters are compared with.
    coded
        Whose traces they are.
    """
    order = coded.traces.sort("trace")["trace_id"].hash().arg_sort().to_numpy().astype(np.int64)
    rest = first_of(populations, order, n=N_OF_REST)
    return Sample(
        first_of(members, order, n=N_OF_CLUSTER),
        {cluster_id: rest[code][~members[cluster_id][rest[code]]] for cluster_id, code in detectors.items()},
    )
