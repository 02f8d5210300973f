"""Which traces a change is written from, where nobody names them: its issues' of the first weeks, confirmed ones first.

Those of later weeks are left to judge the change on, for a case of its issue must be of another week and user.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import polars as pl

from workbench.errors import ConfigError
from workbench.loop.holdouts.pool import traces_of_issues
from workbench.loop.named import find_issue
from workbench.schemas import SPANS
from workbench.store import Workspace

SHARE_READ = 0.4
"""Share of the traces, or of the users of a single week, that a change is written from: more is left to judge it on
than was read."""
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
    return of_first_weeks(workspace, confirmed or traces_of_issues(workspace, issues, basis="found", now=now))


def of_first_weeks(workspace: Workspace, traces: Collection[str]) -> list[str]:
    """Return the traces of the first weeks (of ISO 8601, in UTC), sorted: of as many as come nearest to SHARE_READ.

    The last week is never read. Where there is but one, the traces of some users are returned; one whose user is not
    known stands for a user of its own. One whose time is not known can be no case of its issue, and is read first.
    """
    known = _known(workspace, traces)
    weeks = known.group_by("week").len("n").sort("week", nulls_last=False)
    if weeks.height < 2:
        return _of_some_users(known)[:MOST_READ]
    shares = weeks.head(-1).select(
        "week", (pl.col("n").cum_sum() / known.height - SHARE_READ).abs().round(9).alias("away")
    )
    last = shares["away"].arg_min() or 0
    read = known.filter(pl.col("week").is_in(shares.head(last + 1)["week"].to_list(), nulls_equal=True))
    return sorted(read.sort("started_at", "trace_id", nulls_last=False).head(MOST_READ)["trace_id"])


def check_are_there(workspace: Workspace, traces: Collection[str]) -> None:
    """Check that traces are in the telemetry.

    Raises
    ------
    ConfigError
        With the first that is not.
    """
    if missing := set(traces) - set(_known(workspace, traces)["trace_id"]):
        raise ConfigError(f"trace == {min(missing)!r}, there is no such trace", fix="copy its id from a review")


def _of_some_users(known: pl.DataFrame) -> list[str]:
    users = known["user"].unique().sort()
    read = users.head(max(1, round(SHARE_READ * users.len())))
    return sorted(known.filter(pl.col("user").is_in(read.to_list()))["trace_id"])


def _known(workspace: Workspace, traces: Collection[str]) -> pl.DataFrame:
    """Return of each trace that is there its start, its week, and its user, else the trace itself."""
    spans = workspace.telemetry.scan(SPANS).filter(pl.col("trace_id").is_in(list(traces)))
    rows = spans.group_by("trace_id").agg(pl.col("user_key").drop_nulls().min(), pl.col("started_at").min())
    week = pl.col("started_at").dt.strftime("%G-%V").alias("week")
    user = pl.coalesce("user_key", "trace_id").alias("user")
    return rows.select("trace_id", "started_at", week, user).sort("trace_id").collect(engine="streaming")
