"""What a review asks of each cluster of a run: why it is so, and whether it deserves a change; in the order of rank."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.backlog import ranked
from workbench.errors import ConfigError
from workbench.records import Cause, DetectionRun, Issue, none_or_several
from workbench.review.waiting import UNDECIDED
from workbench.schemas import CLUSTERS
from workbench.store import Workspace

MOST_CAUSES = 3
"""Causes of a cluster that are judged, best first: a report explains a problem by no more."""


class Problem(NamedTuple):
    """One cluster, and what is judged of it beside its traces."""

    cluster_id: str
    """The cluster."""
    detector: str
    """Its detector."""
    others: tuple[tuple[str, str], ...]
    """Kind and id of its causes, best first, of its issue, and of those that people split from that."""


def problems_of(workspace: Workspace, run: DetectionRun, *, chosen: Sequence[str] | None) -> list[Problem]:
    """Return the clusters of a run as they are ranked, or those that were chosen in their order.

    Raises
    ------
    ConfigError
        If a cluster that was chosen is none of the run's.
    """
    rows = workspace.telemetry.scan(CLUSTERS).filter(pl.col("run_id") == run.id).collect(engine="streaming")
    issues = _issues(workspace, run)
    causes = [cause for cause in workspace.ledger.latest(Cause) if cause.run_id == run.id]
    severities = {cluster: of_cluster[0].severity for cluster, of_cluster in issues.items()}
    every = {
        row["cluster_id"]: _problem(row, issues.get(row["cluster_id"], []), causes)
        for row in ranked(rows, severity=lambda row: severities.get(row["cluster_id"], "medium"), demoted=run.demoted)
    }
    if chosen is None:
        return list(every.values())
    if unknown := sorted(set(chosen) - every.keys()):
        raise ConfigError(f"clusters has {unknown[0]!r}, there is no such cluster in {run.id}", fix="see the report")
    return [every[cluster_id] for cluster_id in dict.fromkeys(chosen)]


def clusters_named(workspace: Workspace, run: DetectionRun, names: Sequence[str]) -> list[str]:
    """Return the clusters of a run that are named by their ids, those of their issues, or beginnings of either.

    Raises
    ------
    ConfigError
        If a name fits no cluster of the run, or several.
    """
    table = workspace.telemetry.scan(CLUSTERS).filter(pl.col("run_id") == run.id)
    every = {one: {one} for one in table.select("cluster_id").collect()["cluster_id"]}
    for cluster_id, issues in _issues(workspace, run).items():
        for issue in issues:
            every.setdefault(issue.id, set()).add(cluster_id)
    return [one for name in names for one in _of_name(name, every, run)]


def _of_name(name: str, every: Mapping[str, set[str]], run: DetectionRun) -> set[str]:
    fits = [one for one in every if one == name] or [one for one in sorted(every) if one.startswith(name)]
    found = set[str]().union(*(every[one] for one in fits))
    if len(found) != 1:
        fix = "`workbench backlog` lists the issues"
        raise none_or_several(fits, f"clusters has {name!r}", word=f"cluster or issue in {run.id}", fix=fix)
    return found


def _problem(row: Mapping[str, Any], issues: Sequence[Issue], causes: Sequence[Cause]) -> Problem:
    order = {cause_id: at for issue in issues for at, cause_id in enumerate(issue.cause_ids)}
    mine = [cause.id for cause in causes if cause.cluster_id == row["cluster_id"]]
    best = sorted(mine, key=lambda cause_id: order.get(cause_id, len(order)))[:MOST_CAUSES]
    others = [("cause", cause_id) for cause_id in best]
    others.extend(("issue", issue.id) for issue in issues if issue.state in UNDECIDED)
    return Problem(row["cluster_id"], row["detector"], tuple(others))


def _issues(workspace: Workspace, run: DetectionRun) -> dict[str, list[Issue]]:
    """Return the issues of each cluster of the run, those that people split from one after it.

    Where a later run saw one again, an earlier revision is the link.
    """
    found: dict[str, list[Issue]] = {}
    for issue in workspace.ledger.latest(Issue):
        revisions = [issue] if issue.run_id == run.id else workspace.ledger.history(Issue, issue.id)
        for cluster_id in dict.fromkeys(one.cluster_id for one in revisions if one.run_id == run.id):
            found.setdefault(cluster_id, []).append(issue)
    return found
