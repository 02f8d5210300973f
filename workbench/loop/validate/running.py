"""A frozen experiment is run: both versions, checked out, are asked about the same cases in turn.

The journal lies in the workspace and leads a killed run on to its end; what comes of it is put into the table of
results at once, and its digest into the ledger. Where looks are planned it stops at the next one, and goes on only if
that decided nothing.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from workbench.boundaries.keys import Key
from workbench.changes.work_tree import checked_out
from workbench.errors import StoreError
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.bill import total
from workbench.experiments.budget import UNLIMITED
from workbench.experiments.cache import Cache
from workbench.experiments.case import Case
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan, from_json
from workbench.experiments.result_rows import Scorer
from workbench.experiments.runner import AT_ONCE, run
from workbench.experiments.schedule import Item, schedule
from workbench.experiments.session import Progress, Run
from workbench.experiments.to_end import to_end
from workbench.experiments.validity import results_digest
from workbench.loop.holdouts import use_holdout
from workbench.loop.named import app_of
from workbench.loop.scoring.detected import detectors_for
from workbench.loop.scoring.scorers import check_metrics
from workbench.loop.validate.cases import check_leaks, check_uses, holdouts_of, judging
from workbench.loop.validate.deciding import decide_experiment
from workbench.loop.validate.erased import erase_of_runs, of_runs
from workbench.loop.validate.failing import check_answered, stop_of_failing
from workbench.loop.validate.finding import check_stands, find_experiment, require_adapter, tested_by
from workbench.loop.validate.keeping import as_left, keep, results_before
from workbench.loop.validate.planning import still_tested
from workbench.loop.validate.run_records import journal_of, run_id, run_of
from workbench.loop.validate.steps import by_steps, check_steps, steps_told
from workbench.loop.validate.valuing import NO_KEY, cost_of_judges, value_runs
from workbench.records import FINAL, Actor, Experiment, ExperimentRun, Identity, actor_of
from workbench.store import Workspace

MakeArm = Callable[[Path, str, str], Arm]
"""From the folder in which a version is checked out, the arm's name and the commit, to the arm."""
_SEED_DIGITS = 8
"""Of the plan's digest: order and seeds follow from what was frozen, and nobody picks them."""


class Ran(NamedTuple):
    """What became of a run."""

    run: ExperimentRun | None
    """Its record; None where it was stopped before the look that it was to reach: to run it again goes on."""
    n_missing: int
    """Questions without an outcome."""
    stopped: str
    """Why it was stopped; empty where it was not."""
    spent: Spend
    """What it was charged with, in all its parts."""
    n_to_score: int = 0
    """Answers that people are still to score: until they have, to run it again changes nothing."""


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
    """Run an experiment to its next planned look, or on from where it was stopped; one that has ended is not run again.

    The decision at the look before is worked out and appended first: what it ships or forbids is not run any further.

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
        If what it tests is another version by now, the holdout leaks, its uses are spent, it was frozen to be run by
        another adapter, the table has results that are not the run's, it was withdrawn, or the app answers nothing, or
        tells no steps that its metrics go by.
    ConfigError
        If a metric has no scorer or another one than was planned with, or the journal is of other arms or settings.
    StoreError
        If a user was erased meanwhile: nothing of their cases is kept.
    """
    erasures = workspace.erasures.all()
    experiment = find_experiment(workspace, experiment_id)
    check_stands(workspace, experiment)
    plan, before = from_json(experiment.plan), run_of(workspace, experiment)
    if before is not None and (before.look == 1 or _is_over(workspace, experiment, now=now())):
        return Ran(before, 0, "", Spend(before.cost_usd).plus(Spend(before.judges_cost_usd)))
    require_adapter(experiment, adapter)
    check_metrics(plan.metrics, own=own, detectors=detectors_for(workspace, plan.metrics))
    held = _held(workspace, experiment, plan, author=author, identity=identity, now=now())
    look = next(one for one in plan.looks if before is None or one > before.look)
    seen = judging(workspace, plan, look=before.look).every if before else frozenset()
    old = results_before(workspace, experiment, before)
    told = steps_told(workspace, experiment, by_steps(plan.metrics, held.values(), own=own))
    ask = partial(run, now=now, budget=budget, cache=cache, n_at_once=n_at_once, progress=progress)
    fails = stop_of_failing()
    ask = partial(ask, stop=lambda outcome: fails(outcome) or told.stop(outcome), keep=told.keep)
    items, finished = _played(workspace, experiment, plan, held, look=look, make_arm=make_arm, ask=ask)
    check = partial(_check_erased, workspace, experiment, plan, held, erasures=erasures)
    check()
    check_answered(finished.stopped, experiment_id=experiment.id)
    check_steps(finished.stopped, experiment_id=experiment.id)
    if finished.n_missing:
        return Ran(None, finished.n_missing, finished.stopped or "it was stopped", finished.spent)
    value = partial(
        value_runs,
        workspace,
        experiment,
        plan,
        [item for item in items if item.case.case_id not in seen],
        [one for one in finished.outcomes if one.case_id not in seen],
        own=own,
        judge_key=judge_key,
        budget=budget.less(finished.spent),
        now=now,
        look=look,
        cache=cache,
        progress=progress,
    )
    valued = as_left(workspace, experiment, value(), seen=seen, at=lambda moment: value(until=moment))
    check()
    spent = finished.spent.plus(valued.spent)
    if valued.rows is None:
        return Ran(None, valued.n_missing, valued.stopped, spent, valued.n_to_score)
    actor = actor_of(author, identity=identity)
    every = pl.concat([old, valued.rows])
    record = replace(
        _record(experiment, finished, every, look=look, items=items, adapter=adapter, actor=actor),
        judges_cost_usd=cost_of_judges(workspace, experiment, plan, look=look),
    )
    if not keep(workspace, record, valued.rows, actor=actor, erasures=erasures):
        check()
    return Ran(record, 0, "", spent)


def _is_over(workspace: Workspace, experiment: Experiment, *, now: datetime) -> bool:
    """Return whether the look that it was run to ends it; that decision is in the ledger then."""
    return decide_experiment(workspace, experiment.id, now=now).ruling.decision in FINAL


def _held(
    workspace: Workspace, experiment: Experiment, plan: Plan, *, author: str, identity: Identity, now: datetime
) -> dict[str, Case]:
    """Return the cases of an experiment by id, once nothing speaks against it: from then on they are used."""
    tested = still_tested(workspace, tested_by(workspace, experiment), now=now)
    holdouts = holdouts_of(workspace, plan)
    for holdout in holdouts:
        check_leaks(workspace, holdout, change_ids=[change.id for change in tested.changes])
    check_uses(workspace, plan, experiment.id)
    use = partial(use_holdout, workspace, experiment_id=experiment.id, author=author, identity=identity, now=now)
    return {case.case_id: case for one in holdouts for case in use(one.id)}


def _played(
    workspace: Workspace,
    experiment: Experiment,
    plan: Plan,
    held: Mapping[str, Case],
    *,
    look: float,
    make_arm: MakeArm,
    ask: Callable[..., Coroutine[Any, Any, Run]],
) -> tuple[tuple[Item, ...], Run]:
    """Return the questions up to a look and what became of them; both versions are checked out for as long."""
    journal, repository = journal_of(workspace, experiment), app_of(workspace)
    journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        folders = [stack.enter_context(checked_out(repository, arm.commit)) for arm in experiment.arms]
        arms = [make_arm(folder, arm.name, arm.commit) for folder, arm in zip(folders, experiment.arms, strict=True)]
        items = _schedule(workspace, plan, held, arms, seed=_seed(experiment))
        asked = judging(workspace, plan, look=look).every
        until = sum(item.case.case_id in asked for item in items)
        return items[:until], to_end(ask(items, journal, until=until))


def _schedule(
    workspace: Workspace, plan: Plan, held: Mapping[str, Case], arms: list[Arm], *, seed: int
) -> tuple[Item, ...]:
    """Return all questions, those of each look after those of the look before."""
    items: list[Item] = []
    seen: frozenset[str] = frozenset()
    for look in plan.looks:
        every = judging(workspace, plan, look=look).every
        if cases := [held[one] for one in sorted(every - seen)]:
            items += schedule(cases, arms, n_trials=plan.n_trials, seed=seed)
        seen = every
    return tuple(items)


def _record(
    experiment: Experiment,
    finished: Run,
    rows: pl.DataFrame,
    *,
    look: float,
    items: tuple[Item, ...],
    adapter: str,
    actor: Actor,
) -> ExperimentRun:
    outcomes = finished.outcomes
    return ExperimentRun(
        id=run_id(experiment, look),
        experiment_id=experiment.id,
        look=look,
        started_at=min(outcome.started_at for outcome in outcomes),
        at=max(outcome.finished_at for outcome in outcomes),
        n_assigned=_by_arm(item.arm.name for item in items),
        n_errors=_by_arm(outcome.arm for outcome in outcomes if outcome.answer.status == "error"),
        results_digest=results_digest(rows),
        adapter=adapter,
        cost_usd=total([outcome.answer.cost_usd for outcome in outcomes]),
        author=actor.name,
        identity=actor.identity,
    )


def _check_erased(
    workspace: Workspace,
    experiment: Experiment,
    plan: Plan,
    held: Mapping[str, Case],
    *,
    erasures: Sequence[tuple[str, str]],
) -> None:
    """Check that no user was erased since; otherwise what was answered to cases of theirs goes as well.

    Raises
    ------
    StoreError
        If one was.
    """
    if workspace.erasures.all() == erasures:
        return
    gone = {case_id for holdout in holdouts_of(workspace, plan) for case_id in holdout.erased} & held.keys()
    traces = [trace for case_id in gone if (trace := held[case_id].trace_id) is not None]
    erase_of_runs(workspace, of_runs(workspace, traces))
    raise StoreError("a user was erased meanwhile", where=experiment.id, fix="run it again")


def _by_arm(names: Iterable[str]) -> tuple[int, int]:
    counts = Counter(names)
    return counts[ARMS[0]], counts[ARMS[1]]


def _seed(experiment: Experiment) -> int:
    return int(experiment.plan_digest[:_SEED_DIGITS], 16)
