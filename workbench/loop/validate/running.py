"""A frozen experiment is run: both versions, checked out, are asked about the same cases in turn.

The journal lies in the workspace and leads a killed run on to its end; what comes of it is put into the table of
results at once, and its digest into the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from workbench.boundaries.http import Key
from workbench.boundaries.paths import file_name
from workbench.changes.work_tree import checked_out
from workbench.errors import GateError
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.budget import UNLIMITED
from workbench.experiments.cache import Cache
from workbench.experiments.outcome import Outcome
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import from_json
from workbench.experiments.result_rows import Scorer
from workbench.experiments.runner import AT_ONCE, run
from workbench.experiments.schedule import Item, schedule
from workbench.experiments.session import Progress, Run
from workbench.experiments.to_end import to_end
from workbench.experiments.validity import results_digest
from workbench.ids import content_id
from workbench.loop.change_records import app_of
from workbench.loop.holdouts import check_leakage, use_holdout
from workbench.loop.validate.cases import check_uses, holdouts_of, judging
from workbench.loop.validate.finding import find_experiment, require_adapter, tested_by
from workbench.loop.validate.planning import still_tested
from workbench.loop.validate.valuing import NO_KEY, both, less, value_runs
from workbench.records import Actor, Experiment, ExperimentRun, Holdout, Identity
from workbench.schemas import RESULTS
from workbench.store import Workspace

MakeArm = Callable[[Path, str, str], Arm]
"""From the folder in which a version is checked out, the arm's name and the commit, to the arm."""
_SEED_DIGITS = 8
"""Of the plan's digest: order and seeds follow from what was frozen, and nobody picks them."""


class Ran(NamedTuple):
    """What became of a run."""

    run: ExperimentRun | None
    """Its record; None where it was stopped before its end: to run it again goes on."""
    n_missing: int
    """Questions without an outcome."""
    stopped: str
    """Why it was stopped; empty where it was not."""
    spent: Spend
    """What it was charged with, in all its parts."""


def run_experiment(
    workspace: Workspace,
    experiment_id: str,
    *,
    make_arm: MakeArm,
    author: str,
    identity: Identity,
    now: Callable[[], datetime],
    own: Mapping[str, Scorer] = {},
    adapter: str = "",
    judge_key: Key = NO_KEY,
    budget: Spend = UNLIMITED,
    cache: Cache | None = None,
    n_at_once: int = AT_ONCE,
    progress: Callable[[Progress], None] | None = None,
) -> Ran:
    """Run an experiment to its end, or on from where it was stopped; one that has ended is not run again.

    Parameters
    ----------
    workspace
        Where the experiment is.
    experiment_id
        The experiment.
    make_arm
        Makes an arm of a version.
    author, identity
        Who runs it, and how that name was obtained.
    now
        Gives the time, UTC.
    own
        Scorers of the app's own, by the metric's name.
    adapter
        How `make_arm` runs the app, as `experiments.adapter.to_json` writes it; empty of a callable.
    judge_key
        What opens the server of the plan's judges.
    budget
        What it may cost, in all its parts, judges included.
    cache
        Answers of earlier runs under the same plan: who freezes it twice draws no second time. None asks anew.
    n_at_once
        Questions under way at a time.
    progress
        Is told after every outcome.

    Raises
    ------
    GateError
        If what it tests is another version by now, the holdout leaks, its uses are spent, or it was frozen to be run
        by another adapter.
    ConfigError
        If a metric has no scorer, or the journal is of other arms or settings.
    """
    experiment = find_experiment(workspace, experiment_id)
    if done := run_of(workspace, experiment):
        return Ran(done, 0, "", Spend(done.cost_usd))
    require_adapter(experiment, adapter)
    still_tested(workspace, tested_by(workspace, experiment), now=now())
    plan = from_json(experiment.plan)
    changes = [change.id for change in tested_by(workspace, experiment).changes]
    holdouts = holdouts_of(workspace, plan)
    for holdout in holdouts:
        _check_leaks(workspace, holdout, change_ids=changes)
    check_uses(workspace, plan, experiment.id)
    given: dict[str, Any] = {"experiment_id": experiment.id, "author": author, "identity": identity, "now": now()}
    held = {case.case_id: case for one in holdouts for case in use_holdout(workspace, one.id, **given).cases}
    cases = [held[one] for one in sorted(judging(workspace, plan, look=1.0).every)]
    with ExitStack() as stack:
        repository = app_of(workspace)
        folders = [stack.enter_context(checked_out(repository, arm.commit)) for arm in experiment.arms]
        arms = [make_arm(folder, arm.name, arm.commit) for folder, arm in zip(folders, experiment.arms, strict=True)]
        items = schedule(cases, arms, n_trials=plan.n_trials, seed=_seed(experiment))
        journal = journal_of(workspace, experiment)
        journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        finished = to_end(
            run(items, journal, now=now, budget=budget, cache=cache, n_at_once=n_at_once, progress=progress)
        )
    if finished.n_missing:
        return Ran(None, finished.n_missing, finished.stopped or "it was stopped", finished.spent)
    valued = value_runs(
        workspace,
        experiment,
        plan,
        items,
        finished.outcomes,
        own=own,
        judge_key=judge_key,
        budget=less(budget, finished.spent),
        now=now,
        cache=cache,
        progress=progress,
    )
    if valued.rows is None:
        return Ran(None, valued.n_missing, valued.stopped, both(finished.spent, valued.spent))
    actor = Actor(kind="CODE" if identity == "program" else "HUMAN", name=author, identity=identity)
    return Ran(
        _keep(workspace, experiment, finished, valued.rows, actor=actor, items=items, adapter=adapter),
        0,
        "",
        both(finished.spent, valued.spent),
    )


def _check_leaks(workspace: Workspace, holdout: Holdout, *, change_ids: list[str]) -> None:
    leaks = check_leakage(workspace, holdout.id, change_ids=change_ids)
    if leaks.n_overlap != 0:
        said = "nobody can say what leaks into it" if leaks.n_overlap is None else f"{leaks.n_overlap} cases leak"
        raise GateError(said, where=holdout.id, fix="make a fresh holdout: `workbench holdout make`")


def run_of(workspace: Workspace, experiment: Experiment) -> ExperimentRun | None:
    """Return the record of an experiment's run as it was first written; None while it has not ended."""
    history = workspace.ledger.history(ExperimentRun, content_id("exr", experiment.id))
    return history[0] if history else None


def journal_of(workspace: Workspace, experiment: Experiment) -> Path:
    """Return the file that a run is kept in."""
    return workspace.experiments / file_name(experiment.id, suffix=".jsonl")


def results_of_experiment(workspace: Workspace, experiment: Experiment) -> pl.DataFrame:
    """Return schemas.RESULTS of an experiment as the table has them."""
    rows = workspace.telemetry.scan(RESULTS).filter(pl.col("experiment_id") == experiment.id)
    return rows.collect(engine="streaming")


def _keep(
    workspace: Workspace,
    experiment: Experiment,
    finished: Run,
    rows: pl.DataFrame,
    *,
    actor: Actor,
    items: tuple[Item, ...],
    adapter: str,
) -> ExperimentRun:
    """Put the results into their table, then their digest into the ledger; done again, it adds nothing."""
    outcomes = finished.outcomes
    record = ExperimentRun(
        id=content_id("exr", experiment.id),
        experiment_id=experiment.id,
        started_at=min(outcome.started_at for outcome in outcomes),
        at=max(outcome.finished_at for outcome in outcomes),
        n_assigned=_by_arm(item.arm.name for item in items),
        n_errors=_by_arm(outcome.arm for outcome in outcomes if outcome.answer.status == "error"),
        results_digest=results_digest(rows),
        adapter=adapter,
        cost_usd=_cost(outcomes),
        author=actor.name,
        identity=actor.identity,
    )
    with workspace.writing():
        workspace.telemetry.append(RESULTS, rows, source=experiment.id, offset=rows.height)
        workspace.ledger.append([record], now=record.at, actor=actor)
    return record


def _by_arm(names: Iterable[str]) -> tuple[int, int]:
    counts = Counter(names)
    return counts[ARMS[0]], counts[ARMS[1]]


def _cost(outcomes: tuple[Outcome, ...]) -> float | None:
    costs = [outcome.answer.cost_usd for outcome in outcomes]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _seed(experiment: Experiment) -> int:
    return int(experiment.plan_digest[:_SEED_DIGITS], 16)
