"""The sample's app with one confirmed issue, a change of it, and traffic of many users to judge it on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tests.experiments.words import by_words
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, a_run, an_issue, append, clusters, findings, memberships, spans
from workbench import loop
from workbench.experiments.metric import Metric
from workbench.loop.holdouts import make_holdout
from workbench.loop.refine.app_arms import files_in
from workbench.loop.sample_app.app import make_app
from workbench.loop.sample_app.arm import sample_arm
from workbench.loop.sample_app.metrics import SAMPLE_METRICS, SAMPLE_SCORERS
from workbench.loop.validate import Decided, decide_experiment, freeze_experiment, plan_experiment, run_experiment
from workbench.records import Change, Experiment, Holdout, HoldoutKind, Issue
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, SPANS
from workbench.simulate.app import example_changes
from workbench.store import DEMO_SECRET, Workspace, init_workspace

STATES = ("Ohio", "Texas", "California", "New York", "Florida")
OF_DEVELOPMENT, DEVELOPED = "developed", "What does the clerk's file on the zoning appeal contain, and who signed it?"
EARLIER, LATER, EVE = NOON - timedelta(weeks=1), NOON + timedelta(hours=1), {"author": "eve", "identity": "typed"}


def make_validated(root: Path, *, example: str, n: int) -> tuple[Workspace, Change, str]:
    """Return a workspace with the change, committed, and a holdout of n questions on the law of states."""
    workspace = make_traffic(root, n=n)
    change = make_change(workspace, example)
    return workspace, change, hold(workspace, "random", n=n, issue_ids=change.issue_ids).id


def hold(workspace: Workspace, kind: HoldoutKind, **more: Any) -> Holdout:
    """Return a holdout of cases found in the traffic, whose questions differ by more than a number is worth."""
    given: dict[str, Any] = {"seed": 1, "basis": "found", "now": LATER, "embed": by_words, "embedder": "words", **eve()}
    return make_holdout(workspace, kind=kind, **{**given, **more}).holdout


def make_traffic(root: Path, *, n: int, said: Sequence[str] = ("",)) -> Workspace:
    """Return a workspace with the app, a confirmed issue, n questions, and of a week before what is developed on.

    What else users said stands behind the questions, in turn.
    """
    workspace = init_workspace(root, secret=DEMO_SECRET)
    traces = [*(f"t{number}" for number in range(n)), OF_DEVELOPMENT]
    asked = [
        f"Is Doe v. Roe {number} good law in {STATES[number % 5]}?{said[number % len(said)]}" for number in range(n)
    ]
    rows = spans(traces).with_columns(
        user_key=pl.Series([workspace.user_key(trace) for trace in traces]),
        input=pl.Series([*asked, DEVELOPED]),
        task=pl.lit("state_court"),
        started_at=pl.when(pl.col("trace_id") == OF_DEVELOPMENT)
        .then(NOON - timedelta(weeks=1))
        .otherwise("started_at"),
    )
    append(workspace, SPANS, rows)
    issue = replace(an_issue("clu_a", 9), category="other")
    workspace.ledger.append([replace(issue, state="confirmed"), on_issue(issue.id)], now=NOON, actor=ANN)
    make_app(workspace.app, now=NOON)
    return workspace


def make_change(
    workspace: Workspace, example: str, *, development: str = OF_DEVELOPMENT, now: datetime = LATER
) -> Change:
    """Return an example change of the sample for the issue, committed by ann."""
    said = example_changes()[example]
    draft = loop.begin_change(
        workspace,
        issue_ids=["iss_clu_a"],
        title=said.title,
        why=said.why,
        development=[development],
        now=now,
        author="ann",
        identity="typed",
    )
    contents = {path: text.encode() for path, text in said.files.items()}
    return loop.commit_change(workspace, draft.id, contents, now=now)


def found_in_traffic(workspace: Workspace) -> None:
    """Have the issue found in all of the traffic, so that there are targeted cases of it."""
    traces = workspace.telemetry.scan(SPANS).select("trace_id").collect()["trace_id"]
    pairs = [("clu_a", trace) for trace in traces]
    append(workspace, FINDINGS, findings(pairs))
    append(workspace, MEMBERSHIPS, memberships(pairs))
    append(workspace, CLUSTERS, clusters({"clu_a": len(pairs)}))
    workspace.ledger.append([a_run(len(pairs))], now=NOON)


def eve() -> dict[str, Any]:
    return dict(EVE)


def freeze(
    workspace: Workspace,
    change: Change,
    holdout_id: str,
    *,
    metrics: tuple[Metric, ...] = SAMPLE_METRICS,
    now: datetime = LATER,
    **more: Any,
) -> Experiment:
    planned = plan_experiment(
        workspace, change.id, holdout_id=holdout_id, metrics=metrics, own=SAMPLE_SCORERS.keys(), **more
    )
    return freeze_experiment(workspace, planned, now=now, **eve())


def run(workspace: Workspace, experiment: Experiment, **more: Any) -> Any:
    given: dict[str, Any] = {"now": lambda: LATER, "own": SAMPLE_SCORERS, **eve()}
    given["make_arm"] = lambda folder, name, commit: sample_arm(files_in(folder), name=name, version=commit)
    return run_experiment(workspace, experiment.id, **{**given, **more})


def decided(root: Path, *, example: str, n: int, metrics: tuple[Metric, ...]) -> tuple[Workspace, Decided]:
    """Return what comes of a change of the sample, from the frozen plan to the decision."""
    workspace, change, holdout_id = make_validated(root, example=example, n=n)
    experiment = freeze(workspace, change, holdout_id, metrics=metrics)
    run(workspace, experiment)
    return workspace, decide_experiment(workspace, experiment.id, now=LATER)


def state(workspace: Workspace) -> str:
    (issue,) = workspace.ledger.latest(Issue)
    return issue.state
