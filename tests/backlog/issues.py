"""Issues to move about, with nothing in them that matters."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workbench.records import Cause, Issue, IssueState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_ISSUE = Issue(
    id="iss_1",
    state="proposed",
    title="tool error: no seat left",
    detector="tool_error",
    severity="medium",
    run_id="run_1",
    cluster_id="clu_a",
    cause_ids=(),
    n_findings=9,
    n_traces=8,
    n_sessions=6,
    n_users=4,
    first_seen_at=NOON,
    last_seen_at=NOON,
    category="tool_failed",
)


def issue(state: IssueState = "proposed", **other: Any) -> Issue:
    """Return an issue in a state."""
    return replace(_ISSUE, state=state, **other)


def cause(name: str, *, n_with: int | None = 2, n: int | None = 8, cluster_id: str = "clu_a") -> Cause:
    """Return a cause that holds some of the traces of a cluster: those of a tool of its name."""
    return Cause(
        id=f"cau_{name}_{cluster_id}",
        run_id="run_1",
        cluster_id=cluster_id,
        kind="contrast",
        attributes=("tool_name",),
        values=(name,),
        statement=f"the tool is {name}",
        n_cluster_with=n_with,
        n_cluster=n,
    )
