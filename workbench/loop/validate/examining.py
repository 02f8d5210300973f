"""What an experiment comes to, worked out anew from the ledger, the tables, the holdout and the app's repository.

It fails closed: what cannot be read, is missing, or is not what was frozen is a fault, and with a fault nothing ships.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import polars as pl

from workbench.errors import first_line
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.decision import Ruling, decide
from workbench.experiments.judging import Judging
from workbench.experiments.plan import Plan, from_json
from workbench.experiments.validity import NOT_RUN, Conduct, faults_of, overlaps
from workbench.loop.exposures.outcome import UNREADABLE, live_outcome
from workbench.loop.holdouts import check_leakage
from workbench.loop.release.gate import PAST
from workbench.loop.validate.cases import holdouts_of, judging, n_uses_left
from workbench.loop.validate.finding import Tested, tested_by
from workbench.loop.validate.planning import TESTABLE, still_tested
from workbench.loop.validate.run_records import results_of_experiment, run_of
from workbench.loop.withdrawals import withdrawals
from workbench.records import Experiment, ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import Workspace

T = TypeVar("T")


class Examined(NamedTuple):
    """What an experiment comes to."""

    experiment: Experiment
    """As it was frozen."""
    run: ExperimentRun | None
    """Its run to the latest look that it reached; None while it reached none."""
    plan: Plan | None
    """Its plan; None if that cannot be read."""
    results: pl.DataFrame
    """schemas.RESULTS of it; empty if they cannot be read."""
    analysis: Analysis
    """What they come to."""
    ruling: Ruling
    """The decision by the rules."""
    is_withdrawn: bool = False
    """Whether a person took it back."""


def examine_experiment(workspace: Workspace, experiment: Experiment, *, now: datetime) -> Examined:
    """Return what an experiment comes to; read-only, and whatever is wrong is in its reasons.

    Parameters
    ----------
    workspace
        Where it is.
    experiment
        The experiment, as it was frozen.
    now
        The time, UTC, for the plan's deadline.
    """
    faults: list[str] = []

    def read(what: str, reading: Callable[[], T]) -> T | None:
        try:
            return reading()
        except UNREADABLE as error:
            faults.append(f"{what}: {first_line(error)}")
            return None

    read("the ledger", workspace.ledger.verify)
    history = workspace.ledger.history(Experiment, experiment.id)
    if history != [experiment]:
        faults.append("the experiment's record was changed after it was frozen")
    plan = read("the plan cannot be read", lambda: from_json(history[-1].plan))
    withdrawal = withdrawals(workspace).get(experiment.id)
    if withdrawal is not None:
        came_to = _nothing(experiment, plan, [f"it was withdrawn: {withdrawal.reason}", *faults])
        return came_to._replace(is_withdrawn=True)
    tested = read("what is tested", lambda: _tested(workspace, experiment, now=now))
    if plan is not None and plan.is_live:
        at = _appended_at(workspace, experiment)
        came = live_outcome(workspace, experiment, plan, faults=faults, frozen_at=at, now=now)
        return Examined(experiment, None, plan, came.results, came.analysis, came.ruling)
    run = read("the run", lambda: run_of(workspace, experiment))
    results = read("the results cannot be read", lambda: results_of_experiment(workspace, experiment))
    rows = RESULTS.empty() if results is None else results
    if plan is None:
        return _nothing(experiment, None, faults)._replace(run=run, results=rows)
    if run is None:  # what else is missing follows from that; what leaks would be there once it had run
        faults += overlaps(read("leakage", lambda: _n_overlap(workspace, plan, tested))) if tested is not None else []
        reached = "its end" if len(plan.looks) == 1 else "a look"
        return _nothing(experiment, plan, [*faults, f"{NOT_RUN} {reached}"])
    conduct = Conduct(
        experiment_id=experiment.id,
        plan_digest=experiment.plan_digest,
        frozen_at=_appended_at(workspace, experiment),
        started_at=run.started_at,
        commits={arm.name: arm.commit for arm in experiment.arms},
        holdout_id=experiment.holdout_id,
        targeted_id=experiment.targeted_id,
        cases=read("the holdout's cases", lambda: judging(workspace, plan, look=run.look)),
        n_overlap=read("leakage", lambda: _n_overlap(workspace, plan, tested)),
        n_uses_left=read("the holdout's uses", lambda: n_uses_left(workspace, plan, experiment.id)),
        n_assigned=run.n_assigned,
        results_digest=run.results_digest,
        look=run.look,
    )
    faults += faults_of(plan, conduct, rows)
    analysis = _analysis(plan, conduct.cases or Judging(frozenset()), rows, look=run.look)
    ruling = decide(plan, analysis, faults=tuple(dict.fromkeys(faults)), now=now, look=run.look)
    return Examined(experiment, run, plan, rows, analysis, ruling)


def _analysis(plan: Plan, by: Judging, rows: pl.DataFrame, *, look: float) -> Analysis:
    if rows.is_empty() or look not in plan.looks:
        return Analysis((), ())
    return analyse(plan, rows, look=look, targeted=by.targeted, random=by.case_ids)


def _nothing(experiment: Experiment, plan: Plan | None, faults: Sequence[str]) -> Examined:
    """Return what an experiment comes to of which nothing is looked at any further."""
    return Examined(experiment, None, plan, RESULTS.empty(), Analysis((), ()), Ruling("invalid", tuple(faults)))


def _tested(workspace: Workspace, experiment: Experiment, *, now: datetime) -> Tested:
    tested = tested_by(workspace, experiment)
    return still_tested(workspace, tested._replace(arms=experiment.arms), now=now, states=(*TESTABLE, *PAST))


def _appended_at(workspace: Workspace, experiment: Experiment) -> datetime | None:
    """Return when the ledger got the experiment: that is when it was frozen, whatever it says itself."""
    times = (one.at for one in workspace.ledger.appended(Experiment) if one.record.id == experiment.id)
    return next(times, None)


def _n_overlap(workspace: Workspace, plan: Plan, tested: Tested | None) -> int | None:
    if tested is None:
        return None
    changes = [change.id for change in tested.changes]
    found = [check_leakage(workspace, one.id, change_ids=changes).n_overlap for one in holdouts_of(workspace, plan)]
    return None if None in found else sum(n for n in found if n is not None)
