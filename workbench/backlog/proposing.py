"""The team's issues: which clusters they come from, and which cluster of an earlier run was the same problem.

A cluster that was seen before keeps its issue and whatever people decided about it; only a new one is proposed anew. A
resolved issue that is found again is reopened: the same issue, with its history, and not a new one.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from workbench.backlog.lifecycle import move
from workbench.backlog.parts import goes_on, same_causes
from workbench.ids import content_id
from workbench.records import ERASED, UNCATEGORISED, Cause, Issue, Severity
from workbench.schemas import CLUSTERS, require

TITLE_PHRASES = 3
"""Key phrases in a title: three tell two clusters of one detector apart, more do not fit one line."""


def propose(
    clusters: pl.DataFrame,
    causes: Sequence[Cause],
    *,
    known: Sequence[Issue],
    same_as: Mapping[str, str],
    severities: Mapping[str, Severity],
    categories: Mapping[str, str] = MappingProxyType({}),
    returned: Set[str] = frozenset(),
    causes_before: Sequence[Cause] = (),
) -> list[Issue]:
    """Return one issue a cluster, largest cluster first: a new proposal, or the next revision of a known issue.

    After an issue come those that people split from it, which have its cluster too. One that was merged stays merged.

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
    causes_before
        Causes of earlier runs: an issue that was split off by its causes goes on with the same ones.
    """
    require(clusters, CLUSTERS.schema.names(), of="backlog.propose")
    issues: list[Issue] = []
    for row in clusters.sort("cluster").iter_rows(named=True):
        of_row = [cause for cause in causes if cause.cluster_id == row["cluster_id"]]
        earlier = _known_in(row["cluster_id"], known) or _known_in(same_as.get(row["cluster_id"], ""), known)
        whole, parts = (earlier[0], earlier[1:]) if earlier else (None, [])
        taken = {part.id: same_causes(part, of_row, before=causes_before) for part in parts}
        left = [cause.id for cause in of_row if all(cause.id not in ids for ids in taken.values())]
        named = title(row["detector"], [row["name"]] if row["name"] else row["phrases"])
        seen = _seen(whole or _new(row, named, severities[row["detector"]]), row)
        seen = replace(seen, title=named) if seen.title == ERASED else seen
        category = categories.get(row["detector"], UNCATEGORISED)
        category = category if seen.category == UNCATEGORISED else seen.category
        issues.append(replace(seen, category=category, cause_ids=tuple(left)))
        issues.extend(replace(_seen(part, row), cause_ids=taken[part.id] or part.cause_ids) for part in parts)
    return _reopened(issues, known, returned=returned)


def title(detector: str, phrases: Sequence[str]) -> str:
    """Return one line that names a cluster: what was detected, and its key phrases.

    >>> title("tool_error", ["gift card", "balance", "enough", "amount"])
    'tool error: gift card, balance, enough'
    """
    said = ", ".join(phrases[:TITLE_PHRASES])
    return f"{detector.replace('_', ' ')}: {said}" if said else detector.replace("_", " ")


def _known_in(cluster_id: str, known: Sequence[Issue]) -> list[Issue]:
    """Return the issues of a cluster: the one that it became, then those that people split from it."""
    return [issue for issue in known if issue.cluster_id == cluster_id]


def _new(row: Mapping[str, Any], named: str, severity: Severity) -> Issue:
    return Issue(
        id=content_id("iss", row["cluster_id"]),
        state="proposed",
        title=named,
        detector=row["detector"],
        severity=severity,
        run_id=row["run_id"],
        cluster_id=row["cluster_id"],
        cause_ids=(),
        n_findings=0,
        n_traces=0,
        n_sessions=0,
        n_users=0,
        first_seen_at=None,
        last_seen_at=None,
    )


def _seen(issue: Issue, row: Mapping[str, Any]) -> Issue:
    """Return an issue as a run sees it again: what people decided stays, what was counted is counted anew."""
    return replace(
        issue,
        detector=row["detector"],
        run_id=row["run_id"],
        cluster_id=row["cluster_id"],
        n_findings=row["n_findings"],
        n_traces=row["n_traces"],
        n_sessions=row["n_sessions"],
        n_users=row["n_users"],
        first_seen_at=_earlier(row["first_at"], issue.first_seen_at),
        last_seen_at=_later(row["last_at"], issue.last_seen_at),
    )


def _reopened(issues: Sequence[Issue], known: Sequence[Issue], *, returned: Set[str]) -> list[Issue]:
    """Return the issues; one that is resolved, and whose cluster or one merged into it came back, is reopened."""
    now = {issue.id: issue for issue in issues}
    every = {issue.id: issue for issue in known} | now
    for issue in issues:
        owner = goes_on(issue, every)
        if issue.cluster_id in returned and owner.state == "resolved":
            reason = "it was resolved, and is found again"
            again = move(owner, "reopened", evidence=[issue.run_id], reason=reason, by="program")
            now[owner.id] = every[owner.id] = again
    return list(now.values())


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
