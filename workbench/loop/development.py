"""Which traces a change is written from, where nobody names them: some users' of its issues, confirmed ones first.

Those of the others are left to judge the change on.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import polars as pl

from workbench.errors import ConfigError
from workbench.loop.holdouts.pool import traces_of_issues
from workbench.loop.issues import find_issue
from workbench.schemas import SPANS
from workbench.store import Workspace

USERS_READ = 0.4
"""Share of the users whose traces a change is written from: more is left to judge it on than was read."""
MOST_READ = 20
"""Traces that it is written from at most."""


def development_for(workspace: Workspace, issue_ids: Sequence[str], *, now: datetime) -> list[str]:
    """Return the development traces of a change for some issues: of those that people confirmed, else of all found.

    Raises
    ------
    ConfigError
        If there is no such issue.
    """
    issues = list({issue.id: issue for issue in (find_issue(workspace, one) for one in issue_ids)}.values())
    if not issues:
        return []
    confirmed = traces_of_issues(workspace, issues, basis="confirmed", now=now)
    return of_some_users(workspace, confirmed or traces_of_issues(workspace, issues, basis="found", now=now))


def of_some_users(workspace: Workspace, traces: Collection[str]) -> list[str]:
    """Return the traces of some of their users, sorted; one whose user is not known stands for a user of its own."""
    owners = _owners(workspace, traces)
    users = sorted(set(owners.values()))
    read = set(users[: max(1, round(USERS_READ * len(users)))])
    return [trace for trace in sorted(owners) if owners[trace] in read][:MOST_READ]


def check_are_there(workspace: Workspace, traces: Collection[str]) -> None:
    """Check that traces are in the telemetry.

    Raises
    ------
    ConfigError
        With the first that is not.
    """
    if missing := set(traces) - _owners(workspace, traces).keys():
        raise ConfigError(f"trace == {min(missing)!r}, there is no such trace", fix="copy its id from a review")


def _owners(workspace: Workspace, traces: Collection[str]) -> dict[str, str]:
    """Return the user of each trace that is there, else the trace itself."""
    spans = workspace.telemetry.scan(SPANS).filter(pl.col("trace_id").is_in(list(traces)))
    rows = spans.group_by("trace_id").agg(pl.col("user_key").drop_nulls().min()).collect(engine="streaming")
    return {trace: user or trace for trace, user in rows.iter_rows()}
