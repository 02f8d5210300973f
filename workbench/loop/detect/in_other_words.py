"""New issues that may be the return of one that shipped: whoever judges them is told so.

A problem that comes back in other words is a cluster that continues none: whoever judges it would not know its history.
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from workbench.records import Issue, IssueState, Watch
from workbench.store import Workspace

_SHIPPED: tuple[IssueState, ...] = ("watching", "resolved")


def told_of_returns(
    workspace: Workspace,
    issues: Sequence[Issue],
    known: Sequence[Issue],
    *,
    findings: pl.DataFrame,
    memberships: pl.DataFrame,
) -> list[Issue]:
    """Return the issues of a run; a new one that may be the return of one that is watched says so in its reason.

    It may be where the same detector finds it, and half of it or more since the change for the other was live. Whether
    it is, people say: they merge it into that one, or judge it apart.

    Parameters
    ----------
    workspace
        Its watches are read.
    issues, known
        The run's issues, and every issue that the team had before.
    findings, memberships
        schemas.FINDINGS and schemas.MEMBERSHIPS, one row a finding of the run.
    """
    ids = {issue.id for issue in known}
    since = {one.issue_id: one.since for one in workspace.ledger.latest(Watch)}
    shipped = [one for one in known if one.state in _SHIPPED and one.id in since]
    if not shipped:
        return list(issues)
    placed = memberships.select("finding_id", "cluster_id").drop_nulls().join(findings, on="finding_id")
    middles = dict(placed.group_by("cluster_id").agg(pl.col("at").median()).iter_rows())
    told = []
    for issue in issues:
        middle = middles.get(issue.cluster_id)
        of = [one for one in shipped if one.detector == issue.detector and middle and middle >= since[one.id]]
        is_new = issue.id not in ids and of
        told.append(replace(issue, reason=_maybe(max(of, key=lambda one: since[one.id]))) if is_new else issue)
    return told


def _maybe(issue: Issue) -> str:
    return (
        f"it may be {issue.id} in other words, which is {issue.state}: the same detector finds it, most of it "
        f"since the change for that one was live; if it is, merge it into that one"
    )
