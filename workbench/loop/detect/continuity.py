"""Which issue goes on in which cluster of a run, and what became of the others: split, merged, or come back.

A problem that is found again keeps its issue and what people decided about it, so that nobody judges it twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec
import polars as pl

from workbench import clustering
from workbench.backlog import goes_on
from workbench.clustering import Embed
from workbench.ids import content_id
from workbench.records import Descent, Issue, IssueState, Watch
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS
from workbench.store import Workspace

RETURNED_FINDINGS = 5
"""Findings after an issue was resolved that make it a return: as many as make the smallest cluster. Fewer are shown in
the issue's counts, and are no recurring problem yet."""
LAST: tuple[IssueState, ...] = ("proposed", "rejected")
"""States of an issue that goes on only where no other does, on which people decided that it is a problem."""


class Continuity(NamedTuple):
    """How the clusters of a run go on from the issues that the team has."""

    same_as: Mapping[str, str]
    """Cluster of this run to the cluster of a known issue that it continues."""
    lineages: tuple[clustering.Lineage, ...]
    """Splits and merges among them."""
    returned: Mapping[str, int]
    """Cluster of this run that continues a resolved issue, and its findings from after the issue was resolved."""


def continuity(
    workspace: Workspace, grouping: clustering.Grouping, findings: pl.DataFrame, known: Sequence[Issue], *, embed: Embed
) -> Continuity:
    """Return which known issue each cluster of a run continues, and how the others come from known ones.

    Parameters
    ----------
    workspace
        Where the earlier runs lie; nothing is written.
    grouping
        The clusters of this run.
    findings
        schemas.FINDINGS, one row a finding of this run.
    known
        Every issue that the team has, in its newest revision, the one first proposed first.
    embed
        Texts to vectors, as the grouping had it.
    """
    if not known:
        return Continuity({}, (), {})
    clusters_before, memberships_before, texts = _earlier(workspace, known, findings)
    # A run that joined an earlier one knows already what its clusters were.
    joined = grouping.clusters.filter(pl.col("continues").is_in(clusters_before["cluster_id"].to_list()))
    same_as = dict(joined.select("cluster_id", "continues").iter_rows())
    matches = clustering.match(
        clusters_now=grouping.clusters.filter(~pl.col("cluster_id").is_in(list(same_as))),
        memberships_now=grouping.memberships,
        clusters_before=clusters_before.filter(~pl.col("cluster_id").is_in(list(same_as.values()))),
        memberships_before=memberships_before,
        texts=texts,
        embed=embed,
    )
    same_as |= {cluster_id: matched.before for cluster_id, matched in matches.items()}
    lineage = partial(
        clustering.lineage,
        clusters_now=grouping.clusters,
        memberships_now=grouping.memberships,
        clusters_before=clusters_before,
        memberships_before=memberships_before,
    )
    same_as = _under_the_decided(same_as, lineage(same_as=same_as), known)
    lineages = lineage(same_as=same_as)
    returned = _returned(workspace, grouping, findings, known, same_as=same_as)
    return Continuity(same_as, tuple(lineages), returned)


def with_continued(clusters: pl.DataFrame, continuity: Continuity) -> pl.DataFrame:
    """Return the clusters, each with the earlier one that it continues in `continues`."""
    earlier = [continuity.same_as.get(cluster_id) for cluster_id in clusters["cluster_id"]]
    return clusters.with_columns(pl.coalesce(pl.Series(earlier, dtype=pl.String), "continues").alias("continues"))


def descents(
    continuity: Continuity, issues: Sequence[Issue], known: Sequence[Issue], *, clusters: pl.DataFrame
) -> list[Descent]:
    """Return the records of this run's splits, merges and returns.

    Parameters
    ----------
    continuity
        How the run's clusters go on from the known issues.
    issues
        The issues of this run, one a cluster.
    known
        Every issue that the team had before, in its newest revision.
    clusters
        schemas.CLUSTERS, one row a cluster of this run.
    """
    # Those that people split from an issue come after it, and have its cluster.
    now = {issue.cluster_id: issue for issue in reversed(issues)}
    before = {issue.cluster_id: issue.id for issue in reversed(known)}
    made = [
        _descent(one.kind, now[one.now], before[one.before], n_findings=one.n_shared, share=one.share)
        for one in continuity.lineages
        if now[one.now].id != before[one.before]
    ]
    sizes = dict(clusters.select("cluster_id", "n_findings").iter_rows())
    came_back = [
        _descent("return", now[cluster], now[cluster].id, n_findings=n_after, share=n_after / sizes[cluster])
        for cluster, n_after in continuity.returned.items()
    ]
    return [*made, *came_back]


def _under_the_decided(
    same_as: Mapping[str, str], lineages: Sequence[clustering.Lineage], known: Sequence[Issue]
) -> dict[str, str]:
    """Return which earlier cluster each continues, where several went into one: the one whose issue comes first.

    That is one which people hold to be a problem, before one that is only proposed, before one that they rejected; and
    of two alike the older. Otherwise what people decided would end where a larger cluster with no decision takes it in.
    """
    every = {issue.id: issue for issue in known}
    owner = {issue.cluster_id: goes_on(issue, every) for issue in reversed(known)}
    ages = {issue.id: age for age, issue in enumerate(known)}

    def standing(cluster_id: str) -> tuple[int, int]:
        issue = owner[cluster_id]
        return (LAST.index(issue.state) + 1 if issue.state in LAST else 0), ages[issue.id]

    chosen = dict(same_as)
    for one in lineages:
        going_on = chosen.get(one.now)
        if one.kind == "merge" and going_on in owner and standing(one.before) < standing(going_on):
            chosen[one.now] = one.before
    return chosen


def _descent(kind: str, issue: Issue, from_issue_id: str, *, n_findings: int, share: float) -> Descent:
    return Descent(
        id=content_id("des", issue.run_id, kind, issue.id, from_issue_id),
        run_id=issue.run_id,
        kind=kind,  # type: ignore[arg-type]
        issue_id=issue.id,
        from_issue_id=from_issue_id,
        cluster_id=issue.cluster_id,
        n_findings=n_findings,
        share=share,
    )


def _earlier(
    workspace: Workspace, known: Sequence[Issue], findings: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the known issues' clusters, all memberships of their runs, and the texts of both runs' findings."""
    of_issues = pl.col("cluster_id").is_in([issue.cluster_id for issue in known])
    of_earlier_runs = pl.col("run_id").is_in(sorted({issue.run_id for issue in known}))
    scan = workspace.telemetry.scan
    clusters = scan(CLUSTERS).filter(of_earlier_runs, of_issues).collect()
    memberships = scan(MEMBERSHIPS).filter(of_earlier_runs).select("finding_id", "cluster_id").collect()
    exemplars = clusters.select(finding_id=pl.col("exemplars").explode())
    texts = scan(FINDINGS).filter(of_earlier_runs).select("finding_id", "text")
    said = [findings.select("finding_id", "text"), texts.join(exemplars.lazy(), on="finding_id", how="semi").collect()]
    return clusters, memberships, pl.concat(said)


def _returned(
    workspace: Workspace,
    grouping: clustering.Grouping,
    findings: pl.DataFrame,
    known: Sequence[Issue],
    *,
    same_as: Mapping[str, str],
) -> dict[str, int]:
    """Return the clusters that continue a resolved issue and have enough findings from after it was resolved.

    An issue that is watched is left to its watch, which knows how much traffic there was. A finding without a time
    counts where the run before did not know it.
    """
    every = {issue.id: issue for issue in known}
    owners = {issue.id: goes_on(issue, every) for issue in known}
    watched = {one.issue_id for one in workspace.ledger.latest(Watch)}
    over = {one.id for one in known if one.state == "resolved"} - watched
    resolved = {issue.cluster_id: issue for issue in reversed(known) if owners[issue.id].id in over}
    going_on = {now: resolved[before] for now, before in same_as.items() if before in resolved}
    if not going_on:
        return {}
    since = _resolved_at(workspace, {owners[issue.id].id for issue in going_on.values()})
    members = grouping.memberships.select("finding_id", "cluster_id").join(
        findings.select("finding_id", "at"), on="finding_id"
    )
    counts = {}
    for cluster_id, issue in going_on.items():
        known_then = (
            workspace.telemetry.scan(MEMBERSHIPS)
            .filter(pl.col("run_id") == issue.run_id)
            .select("finding_id")
            .collect()
        )
        is_new = pl.col("at").is_null() & ~pl.col("finding_id").is_in(known_then["finding_id"].to_list())
        is_after = (pl.col("at") > since[owners[issue.id].id]).fill_null(value=False)
        counts[cluster_id] = members.filter(pl.col("cluster_id") == cluster_id, is_after | is_new).height
    return {cluster_id: n_after for cluster_id, n_after in counts.items() if n_after >= RETURNED_FINDINGS}


def _resolved_at(workspace: Workspace, issue_ids: set[str]) -> dict[str, datetime]:
    """Return when each of these issues, whose newest revision is resolved, came to be so."""
    since: dict[str, datetime] = {}
    for entry in workspace.ledger.entries():
        if entry.kind != Issue.KIND or entry.id not in issue_ids:
            continue
        if msgspec.json.decode(entry.payload)["state"] != "resolved":
            since.pop(entry.id, None)
        else:
            since.setdefault(entry.id, datetime.fromisoformat(entry.at))
    return since
