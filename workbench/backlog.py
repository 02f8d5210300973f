"""The team's issues: which clusters they come from, and which cluster of an earlier run was the same problem.

A cluster that was seen before keeps its issue and whatever people decided about it; only a new one is proposed anew. A
resolved issue that is found again is reopened: the same issue, with its history, and not a new one.
"""

from collections.abc import Callable, Container, Mapping, Sequence, Set
from datetime import datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from workbench.ids import content_id
from workbench.records import ERASED, UNCATEGORISED, Cause, Issue, IssueState, Severity
from workbench.schemas import CLUSTERS, require

TITLE_PHRASES = 3
"""Key phrases in a title: three tell two clusters of one detector apart, more do not fit one line."""

SEVERITY_WEIGHT: Mapping[Severity, int] = {"high": 3, "medium": 2, "low": 1}
"""How often a trace counts in the order of problems: whole steps, a stand-in until their pain is measured."""


def propose(
    clusters: pl.DataFrame,
    causes: Sequence[Cause],
    *,
    known: Sequence[Issue],
    same_as: Mapping[str, str],
    severities: Mapping[str, Severity],
    categories: Mapping[str, str] = MappingProxyType({}),
    returned: Set[str] = frozenset(),
) -> list[Issue]:
    """Return one issue a cluster, largest cluster first: a new proposal, or the next revision of a known issue.

    Parameters
    ----------
    clusters
        Frame in schemas.CLUSTERS, one row a cluster of this run.
    causes
        Proposed causes of these clusters, best first within each cluster.
    known
        Every issue that the team has, in its newest revision.
    same_as
        Cluster of this run to the cluster of an earlier run that it continues.
    severities
        Severity by detector code.
    categories
        Category of the taxonomy by detector code; an issue that has one keeps it.
    returned
        Clusters of this run that continue a resolved issue and show it again: it is reopened.
    """
    require(clusters, CLUSTERS.schema.names(), of="backlog.propose")
    by_cluster = {issue.cluster_id: issue for issue in known}
    issues = []
    for row in clusters.sort("cluster").iter_rows(named=True):
        earlier = by_cluster.get(row["cluster_id"]) or by_cluster.get(same_as.get(row["cluster_id"], ""))
        issues.append(
            Issue(
                id=earlier.id if earlier else content_id("iss", row["cluster_id"]),
                state=_state(earlier, has_returned=row["cluster_id"] in returned),
                title=earlier.title
                if earlier and earlier.title != ERASED
                else title(row["detector"], [row["name"]] if row["name"] else row["phrases"]),
                detector=row["detector"],
                severity=earlier.severity if earlier else severities[row["detector"]],
                category=_category(earlier, categories.get(row["detector"], UNCATEGORISED)),
                run_id=row["run_id"],
                cluster_id=row["cluster_id"],
                cause_ids=tuple(cause.id for cause in causes if cause.cluster_id == row["cluster_id"]),
                n_findings=row["n_findings"],
                n_traces=row["n_traces"],
                n_sessions=row["n_sessions"],
                n_users=row["n_users"],
                first_seen_at=_earlier(row["first_at"], earlier.first_seen_at if earlier else None),
                last_seen_at=_later(row["last_at"], earlier.last_seen_at if earlier else None),
            )
        )
    return issues


def title(detector: str, phrases: Sequence[str]) -> str:
    """Return one line that names a cluster: what was detected, and its key phrases.

    >>> title("tool_error", ["gift card", "balance", "enough", "amount"])
    'tool error: gift card, balance, enough'
    """
    said = ", ".join(phrases[:TITLE_PHRASES])
    return f"{detector.replace('_', ' ')}: {said}" if said else detector.replace("_", " ")


def ranked(
    clusters: pl.DataFrame,
    *,
    severity: Callable[[Mapping[str, Any]], Severity],
    demoted: Container[str] = (),
) -> list[dict[str, Any]]:
    """Return the clusters of one run by traces times SEVERITY_WEIGHT, findings and number; of demoted detectors last.

    Parameters
    ----------
    clusters
        Frame in schemas.CLUSTERS, one row a cluster.
    severity
        Gives the severity of a row.
    demoted
        Detectors that reviewers reject.
    """
    return sorted(
        clusters.iter_rows(named=True),
        key=lambda row: (
            row["detector"] in demoted,
            -row["n_traces"] * SEVERITY_WEIGHT[severity(row)],
            -row["n_findings"],
            row["cluster"],
        ),
    )


def _category(earlier: Issue | None, of_detector: str) -> str:
    return earlier.category if earlier and earlier.category != UNCATEGORISED else of_detector


def _state(earlier: Issue | None, *, has_returned: bool) -> IssueState:
    if earlier is None:
        return "proposed"
    return "reopened" if has_returned and earlier.state == "resolved" else earlier.state


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
