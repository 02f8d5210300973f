"""Where a problem concentrates so much that what lies there is a problem of its own.

Findings that say nothing of themselves, such as failures without an error, can be told apart by nothing else: the many
in one slice of the traffic have one reason, the few elsewhere are what always fails.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.causes.candidate import extent_of
from workbench.causes.choosing import choose
from workbench.causes.members import with_traces
from workbench.causes.search import Found, search
from workbench.causes.statements import phrase
from workbench.records import Cause

MIN_DUE = 0.8
"""Share of the findings in a slice that are due to it, at least: the attributable fraction among the exposed, which is
(r - s) / r for the rates r inside and s outside (Miettinen 1974, Proportion of disease caused or prevented by a given
exposure, trait or intervention). Four of five of what is set apart then belong there."""
LEAST_APART = 5
"""Traces of a cluster that lie in the slice, and outside of it: fewer are no cluster."""
MOST_INSIDE = 0.8
"""Share of a cluster that lies in the slice above which it is left whole: the few outside have the same problem."""


class Concentration(NamedTuple):
    """The part of a cluster that lies where it concentrates."""

    words: str
    """The slice, as it follows "traces"."""
    trace_ids: frozenset[str]
    """The traces of the cluster in it."""


def concentrations(
    members: pl.DataFrame,
    spans: pl.LazyFrame,
    *,
    examined: pl.DataFrame,
    circular: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, Concentration]:
    """Return the part of each cluster that lies in one slice of the traffic, where much of it does; by cluster id.

    The slices are those that would be proposed as causes, sure beyond chance over all that was looked at. The first to
    which most of what it holds is due decides: a cluster that lies in it nearly whole stays whole.

    Parameters
    ----------
    members
        cluster_id, detector and trace_id, no two rows alike.
    spans
        schemas.SPANS of the window.
    examined
        detector, trace_id, session_id: what each detector could judge.
    circular
        Attributes that a detector's judgement itself goes by.
    """
    judged = with_traces(examined.join(members.select("detector").unique(), on="detector", how="semi"), spans)
    of_judged = spans.join(judged.lazy().select("trace_id").unique(), on="trace_id", how="semi")
    found = search(members, of_judged, examined=judged, circular=circular)
    n_traces = dict(members.group_by("cluster_id").agg(pl.len()).iter_rows())
    apart: dict[str, Concentration] = {}
    decided: set[str] = set()
    for cause in choose(found, run_id="", n_traces=n_traces).causes:
        if cause.kind == "contrast" and cause.cluster_id not in decided and _is_due(cause):
            decided.add(cause.cluster_id)
            if _makes_two(cause):
                apart[cause.cluster_id] = _part(cause, found)
    return apart


def _is_due(cause: Cause) -> bool:
    """Return whether what a cluster has in a slice is due to it.

    A cluster of 62 of 2,560 traces, 37 of them among the 250 of one task: the rates are 37 / 250 and 25 / 2,310.
    """
    inside, n, other_hits, other_n = cause.n_cluster_with, cause.n_cluster, cause.n_rest_with, cause.n_rest
    if inside is None or n is None or other_hits is None or other_n is None or inside < LEAST_APART:
        return False
    outside, n_inside, n_outside = n - inside, inside + other_hits, n + other_n - inside - other_hits
    return n_outside > 0 and 1 - (outside / n_outside) / (inside / n_inside) >= MIN_DUE


def _makes_two(cause: Cause) -> bool:
    """Return whether enough of a cluster lies outside of a slice to be another problem."""
    inside, n = cause.n_cluster_with or 0, cause.n_cluster or 0
    return n - inside >= LEAST_APART and inside <= MOST_INSIDE * n


def _part(cause: Cause, found: Found) -> Concentration:
    extent = extent_of(cause.conditions, found.coded)
    places = np.flatnonzero(extent.known & extent.having & found.members[cause.cluster_id])
    trace_ids = found.coded.traces.sort("trace")["trace_id"].gather(places)
    return Concentration(phrase(cause.conditions), frozenset(trace_ids))
