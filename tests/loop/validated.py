"""The sample's app with one confirmed issue, a change of it, and traffic of many users to judge it on."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tests.loop.changed_app import ANN
from tests.loop.under_review import NOON, a_run, an_issue, append, clusters, findings, memberships, spans
from tests.loop.with_app import confirmed
from workbench import loop
from workbench.experiments.metric import Metric
from workbench.loop.app_arms import files_in
from workbench.loop.holdouts import make_holdout
from workbench.loop.sample_app import make_app
from workbench.loop.sample_arm import sample_arm
from workbench.loop.sample_metrics import SAMPLE_METRICS, SAMPLE_SCORERS
from workbench.loop.validate import Decided, decide_experiment, freeze_experiment, plan_experiment, run_experiment
from workbench.records import Change, Experiment, Issue
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS
from workbench.simulate.app import example_changes
from workbench.store import DEMO_SECRET, Workspace, init_workspace

STATES = ("Ohio", "Texas", "California", "New York", "Florida")
DEVELOPED = "What does the clerk's file on the zoning appeal contain, and who signed it?"
LATER, EVE = NOON + timedelta(hours=1), {"author": "eve", "identity": "typed"}


def make_validated(root: Path, *, example: str, n: int) -> tuple[Workspace, Change, str]:
    """Return a workspace with the change, committed, and a holdout of n questions on the law of states."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    traces = [f"t{number}" for number in range(n + 1)]
    asked = [f"Is Doe v. Roe {number} good law in {STATES[number % 5]}?" for number in range(n)]
    rows = spans(traces).with_columns(
        user_key=pl.Series([workspace.user_key(trace) for trace in traces]),
        input=pl.Series([*asked, DEVELOPED]),
        task=pl.lit("state_court"),
    )
    append(workspace, SPANS, rows)
    issue = replace(an_issue("clu_a", 9), category="other")
    workspace.ledger.append([replace(issue, state="confirmed"), confirmed(issue.id)], now=NOON, actor=ANN)
    make_app(workspace.app, now=NOON)
    said = example_changes()[example]
    draft = loop.begin_change(
        workspace,
        issue_ids=[issue.id],
        title=said.title,
        why=said.why,
        development=[traces[-1]],
        now=LATER,
        author="ann",
        identity="typed",
    )
    contents = {path: text.encode() for path, text in said.files.items()}
    change = loop.commit_change(workspace, draft.id, contents, now=LATER)
    held = make_holdout(workspace, kind="random", issue_ids=[issue.id], n=n, seed=1, now=LATER, **eve()).holdout
    return workspace, change, held.id


def found_in_traffic(workspace: Workspace) -> None:
    """Have the issue found in all of the traffic, so that it can have targeted cases: development is a week older."""
    rows = workspace.telemetry.scan(SPANS).collect().sort("started_at")  # the oldest is what it was developed on
    week_before = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(NOON - timedelta(weeks=1))).otherwise("started_at")
    dated = rows.with_columns(started_at=week_before.cast(rows.schema["started_at"]))
    workspace.telemetry.replace(SPANS, "source", ["src_x"], rows=dated)
    pairs = [("clu_a", trace) for trace in rows["trace_id"]]
    append(workspace, FINDINGS, findings(pairs))
    append(workspace, MEMBERSHIPS, memberships(pairs))
    append(workspace, CLUSTERS, clusters({"clu_a": len(pairs)}))
    workspace.ledger.append([a_run(len(pairs))], now=NOON)


def eve() -> dict[str, Any]:
    return dict(EVE)


def freeze(
    workspace: Workspace, change: Change, holdout_id: str, *, metrics: tuple[Metric, ...] = SAMPLE_METRICS, **more: Any
) -> Experiment:
    planned = plan_experiment(
        workspace, change.id, holdout_id=holdout_id, metrics=metrics, own=SAMPLE_SCORERS.keys(), **more
    )
    return freeze_experiment(workspace, planned, now=LATER, **eve())


def run(workspace: Workspace, experiment: Experiment, **more: Any) -> Any:
    given: dict[str, Any] = {"now": lambda: LATER, "own": SAMPLE_SCORERS, **eve()}
    given["make_arm"] = lambda folder, name, commit: sample_arm(files_in(folder), name=name, version=commit)
    return run_experiment(workspace, experiment.id, **{**given, **more})


def decided(root: Path, *, example: str, n: int, **more: Any) -> tuple[Workspace, Change, Decided]:
    """Return what comes of a change of the sample, from the frozen plan to the decision."""
    workspace, change, holdout_id = make_validated(root, example=example, n=n)
    experiment = freeze(workspace, change, holdout_id, **more)
    run(workspace, experiment)
    return workspace, change, decide_experiment(workspace, experiment.id, now=LATER)


def state(workspace: Workspace) -> str:
    (issue,) = workspace.ledger.latest(Issue)
    return issue.state
