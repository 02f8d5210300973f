"""Traffic of two users in three weeks with one issue that people confirmed, small enough to count by hand."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tests.changes.repositories import make_repository
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, a_run, an_issue, append, clusters, findings, memberships, spans
from tests.loop.with_app import a_change
from workbench.ids import digest
from workbench.records import Change, Issue, Verdict, verdict_id
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

CLUSTER, ISSUE = "clu_a", "iss_clu_a"
LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
WEEKS = {9: (2026, 2, 25), 10: (2026, 3, 4), 11: (2026, 3, 11)}
TRAFFIC = {
    "a1": ("ann", 9, f"{LONG} of her"),
    "a2": ("ann", 10, "Who pays the costs?"),
    "b1": ("ben", 9, "Is it still good law?"),
    "b2": ("ben", 10, f"{LONG} of her now"),
    "b3": ("ben", 11, "May the court overrule itself?"),
    "b4": ("ben", 9, "What does the file say?"),
}
"""By trace: user, week of the year, question. b2 is a near-duplicate of a1, which the change was developed on; b4 is in
no cluster. Of the others a targeted case may be b3 alone: a2 is of ann, and b1 of the same week."""
IN_CLUSTER = ("a1", "a2", "b1", "b2", "b3")
NOTE = "It is another court.\nexpected: It may.\ncalls: lookup"


def set_apart(root: Path, *, development: tuple[str, ...] = ("a1",)) -> tuple[Workspace, Change]:
    """Return the workspace and the draft of a change that was developed on a1."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    rows = spans(list(TRAFFIC)).with_columns(
        user_key=pl.Series([workspace.user_key(user) for user, _, _ in TRAFFIC.values()]),
        user_tier=pl.lit("free"),
        input=pl.Series([question for _, _, question in TRAFFIC.values()]),
        content_digest=pl.Series([digest(trace) for trace in TRAFFIC]),
        started_at=pl.Series([datetime(*WEEKS[week], 12, tzinfo=UTC) for _, week, _ in TRAFFIC.values()]),
    )
    append(workspace, SPANS, rows.with_columns(ended_at="started_at", day=pl.col("started_at").dt.date()))
    pairs = [(CLUSTER, trace) for trace in IN_CLUSTER]
    finding_id = pl.col("finding_id").str.replace_all("-", "_")  # as those that follow from a content: to be erased
    append(workspace, FINDINGS, findings(pairs).with_columns(finding_id))
    append(workspace, MEMBERSHIPS, memberships(pairs).with_columns(finding_id))
    append(workspace, CLUSTERS, clusters({CLUSTER: len(pairs)}))
    workspace.ledger.append([an_issue(CLUSTER, len(pairs)), a_run(len(pairs)), on_issue(ISSUE)], now=NOON, actor=ANN)
    verdicts = [on_trace(trace, NOTE if trace == "b3" else "") for trace in IN_CLUSTER]
    (issue,) = workspace.ledger.latest(Issue)
    workspace.ledger.append([*verdicts, as_confirmed(issue)], now=NOON)
    app = make_repository(workspace.app)
    return workspace, a_change(workspace, app, development=development)


def as_confirmed(issue: Issue) -> Issue:
    from dataclasses import replace

    return replace(issue, state="confirmed")


def on_trace(trace_id: str, explanation: str) -> Verdict:
    return Verdict(
        id=verdict_id("trace", trace_id, cluster_id=CLUSTER, annotator="eve"),
        target_kind="trace",
        target_id=trace_id,
        cluster_id=CLUSTER,
        label="confirmed",
        explanation=explanation,
        code="",
        annotator_kind="HUMAN",
        annotator="eve",
        identity="typed",
        at=NOON,
    )
