"""Cause proposals of one detection run: what the searches found, as records that a person can confirm or reject.

A cluster without a cause says why, because "we looked and found nothing" is another answer than "we could not look".
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

import polars as pl

from workbench.causes.choosing import choose
from workbench.causes.contrast import MIN_TRACES
from workbench.causes.members import with_traces
from workbench.causes.proposer import Asked, Texts, texts_of
from workbench.causes.search import Found, search
from workbench.records import Cause
from workbench.schemas import require

Reason = Literal["too_few_traces", "no_attribute", "no_rest", "too_few_users", "nothing_over_represented"]
WHY: Mapping[Reason, str] = {
    "too_few_traces": f"it has fewer than {MIN_TRACES} traces",
    "no_attribute": "no attribute of its traces is recorded",
    "no_rest": "every trace that can be compared is in it",
    "too_few_users": "what is more frequent in it comes from too few users or tasks to tell",
    "nothing_over_represented": "nothing is more frequent in it than elsewhere beyond chance",
}
"""Why a cluster has no cause, in words."""

_MEMBERSHIP = ["run_id", "finding_id", "cluster_id"]
_FINDING = ["run_id", "finding_id", "detector", "trace_id", "session_id"]


class Proposal(NamedTuple):
    """The causes proposed in one run, and the clusters without any."""

    causes: tuple[Cause, ...]
    """By cluster id, best first within each cluster."""
    without: Mapping[str, Reason]
    """Why each other cluster has none, by cluster id; `WHY` has the words."""
    notes: tuple[str, ...] = ()
    """What a model that was asked could not propose, and why."""


class AskModel(Protocol):
    """A model that proposes causes."""

    def __call__(self, shown: Sequence[Texts], *, run_id: str) -> Asked:
        """Return its causes for what it is shown of some clusters; `proposer.propose_with` given a server and model."""


def propose(
    findings: pl.DataFrame,
    memberships: pl.DataFrame,
    spans: pl.LazyFrame,
    *,
    run_id: str,
    examined: pl.DataFrame | None = None,
    circular: Mapping[str, Collection[str]] = MappingProxyType({}),
    ask_model: AskModel | None = None,
) -> Proposal:
    """Return the proposed causes of each cluster of a detection run; deterministic, where no model is asked.

    Attribute values and their conjunctions, the moment since when it is more frequent with the change of version that
    came with it, the step that went wrong first, and phrases of requests and answers are tested together: their
    q-values count all that was looked at. They are ranked by how much more frequent they are in the cluster than
    elsewhere, those without an effect of their own last.

    Parameters
    ----------
    findings
        schemas.FINDINGS, one row a finding of the run; others are left out.
    memberships
        schemas.MEMBERSHIPS, one row a finding of the run; noise has no cluster and no cause.
    spans
        schemas.SPANS of the run's window. Texts are read of a sample of traces alone.
    run_id
        The detection run.
    examined
        Units that each detector could judge: detector, trace_id, session_id. Clusters are compared with the traces of
        these; None is all traces.
    circular
        Attributes that a detector's judgement itself goes by, by detector: proposed for none of its clusters.
    ask_model
        Asked for a cause of each cluster, which comes after those that were tested; None asks no model.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    require(findings, _FINDING, of="propose")
    require(memberships, _MEMBERSHIP, of="propose")
    of_run = memberships.filter(pl.col("run_id") == run_id).drop_nulls("cluster_id").select(_MEMBERSHIP)
    if of_run.is_empty():
        return Proposal((), {})
    placed = of_run.join(findings.select(_FINDING), on=["run_id", "finding_id"])
    members = with_traces(placed, spans).select("cluster_id", "detector", "trace_id").unique()
    judged = None if examined is None else with_traces(examined, spans)
    found = search(members, spans, examined=judged, circular=circular)
    n_traces = dict(members.group_by("cluster_id").agg(pl.len()).iter_rows())
    causes, of_copies = choose(found, run_id=run_id, n_traces=n_traces)
    asked = Asked((), ()) if ask_model is None else ask_model(_shown(found), run_id=run_id)
    causes = tuple(sorted((*causes, *asked.causes), key=lambda cause: cause.cluster_id))
    without = sorted(set(of_run["cluster_id"]) - {cause.cluster_id for cause in causes})
    return Proposal(causes, _reasons(without, n_traces, found.known, of_copies), asked.notes)


def _shown(found: Found) -> list[Texts]:
    """Return what a model is shown of each cluster, the largest first."""
    ids = found.coded.traces.sort("trace")["trace_id"]
    largest = sorted(found.sample.own, key=lambda cluster_id: (-int(found.members[cluster_id].sum()), cluster_id))
    return [
        texts_of(
            cluster_id,
            ids.gather(found.sample.own[cluster_id]).to_list(),
            ids.gather(found.sample.rest[cluster_id]).to_list(),
            found.ends,
        )
        for cluster_id in largest
    ]


def _reasons(
    clusters: Collection[str], n_traces: Mapping[str, int], known: pl.DataFrame, of_copies: Collection[str]
) -> dict[str, Reason]:
    with_rest = known.filter(pl.col("n") < pl.col("n_all"))
    clusters_known, clusters_compared = set(known["cluster_id"]), set(with_rest["cluster_id"])
    reasons: dict[str, Reason] = {}
    for cluster_id in clusters:
        if n_traces.get(cluster_id, 0) < MIN_TRACES:
            reasons[cluster_id] = "too_few_traces"
        elif cluster_id in of_copies:
            reasons[cluster_id] = "too_few_users"
        elif cluster_id not in clusters_known:
            reasons[cluster_id] = "no_attribute"
        else:
            reasons[cluster_id] = "nothing_over_represented" if cluster_id in clusters_compared else "no_rest"
    return reasons
