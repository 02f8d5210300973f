"""What people said of the traces of each issue, in all rounds: of which trace, and how often it is right.

An issue goes on from run to run under new clusters. What was said of an earlier one tells of it still.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import polars as pl

from workbench.records import ERASED, Issue, Review, Verdict
from workbench.review import outcomes, standing
from workbench.review.prevalence import in_turn
from workbench.store import Workspace
from workbench.taxonomy import plain

_SURE = ("confirmed", "rejected")
_LEANS = "uncertain"
_LABELS = {"part": pl.String, "trace_id": pl.String, "label": pl.String}


class Said(NamedTuple):
    """What people said."""

    labels: pl.DataFrame
    """part (an issue), trace_id, label: `confirmed` or `rejected`, what the newest round that is sure of it says."""
    samples: dict[str, tuple[float, float]]
    """By issue: items confirmed and items judged, of random samples, in effective numbers."""


def said_of_issues(workspace: Workspace, *, now: datetime) -> Said:
    """Return what people said of the traces of each issue in the rounds opened until now; read-only.

    A label is one on which all who judged agree, or an adjudicated one. Where doubtful traces came first and not all
    were judged, the round is no random sample: what it says of a trace counts, what it says of the others does not.
    """
    of_cluster = issues_by_cluster(workspace)
    labels: list[pl.DataFrame] = [pl.DataFrame(schema=_LABELS)]
    samples: dict[str, tuple[float, float]] = {}
    for review in rounds(workspace, now=now):
        items = outcomes_of(workspace, review).drop_nulls("cluster_id")
        sure = items.filter(pl.col("kind") == "trace", pl.col("label").is_in(_SURE))
        for cluster_id, of_round in items.filter(pl.col("kind") == "trace").group_by("cluster_id"):
            found = of_cluster.get(str(cluster_id[0]), [])
            hits, n = _effective(of_round, leans=review.mode == _LEANS)
            for issue_id in found:
                before = samples.get(issue_id, (0.0, 0.0))
                samples[issue_id] = (before[0] + hits, before[1] + n)
        named = sure.select("cluster_id", "label", trace_id="target_id").rows(named=True)
        rows = [
            (issue_id, one["trace_id"], one["label"])
            for one in named
            for issue_id in of_cluster.get(one["cluster_id"], [])
        ]
        labels.append(pl.DataFrame(rows, schema=_LABELS, orient="row"))
    return Said(pl.concat(labels).unique(["part", "trace_id"], keep="last", maintain_order=True), samples)


def rounds(workspace: Workspace, *, now: datetime) -> list[Review]:
    """Return the rounds that were opened until now, oldest first; those of a watch are no sample of a cluster."""
    every = (one for one in workspace.ledger.latest(Review) if one.at <= now and one.watch_id is None)
    return sorted(every, key=lambda one: (one.at, one.id))


def outcomes_of(workspace: Workspace, review: Review) -> pl.DataFrame:
    """Return the items of a round with what came of each, as of `review.outcomes`."""
    verdicts = standing(workspace.ledger.revisions(Verdict, review_id=review.id))
    return outcomes(workspace.review_items.of(review.id), verdicts)


def issues_by_cluster(workspace: Workspace) -> dict[str, list[str]]:
    """Return the issues that any revision links to a cluster, by cluster."""
    found: dict[str, dict[str, None]] = {}
    for issue in workspace.ledger.revisions(Issue):
        found.setdefault(issue.cluster_id, {})[issue.id] = None
    return {cluster_id: list(ids) for cluster_id, ids in found.items()}


def _effective(items: pl.DataFrame, *, leans: bool) -> tuple[float, float]:
    """Return the effective numbers of items confirmed and judged (Kish 1965), each weighing one over its chance."""
    judged = in_turn(items)
    sure = judged.filter(pl.col("label").is_in(_SURE))
    if sure.is_empty() or (leans and judged["label"].null_count()):
        return 0.0, 0.0
    weight = 1 / sure["inclusion_probability"].to_numpy()
    n = weight.sum() ** 2 / (weight**2).sum()
    share = weight[(sure["label"] == "confirmed").to_numpy()].sum() / weight.sum()
    return float(n * min(share, 1.0)), float(n)


def confirmed_codes(verdicts: Iterable[Verdict]) -> set[str]:
    """Return what people called problems that they confirmed, in their own words, as `taxonomy.plain` writes them."""
    given = (one.code for one in verdicts if one.label == "confirmed" and one.code != ERASED)
    return {plain(code) for code in given if plain(code)}
