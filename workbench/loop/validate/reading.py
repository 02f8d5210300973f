"""All that a report shows of one experiment, read once from ledger, tables, holdouts, journal and the app; read-only.

What cannot be read is left out here, and stands among the reasons of the decision, which fails closed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TypeVar

import polars as pl

from workbench.changes.diff import FileDiff, compare
from workbench.errors import InsufficientDataError
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.case import Case
from workbench.experiments.journal import read_journal
from workbench.experiments.judging import Judging
from workbench.experiments.kinds import FailureKind
from workbench.experiments.outcome import Outcome
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.experiments.result_rows import trace_of
from workbench.experiments.slices import Slices, slices_of
from workbench.experiments.validation import Earlier, Held, Validation
from workbench.loop.compare.failures import compare_failures
from workbench.loop.compare.recorded_runs import Runs
from workbench.loop.exposures.looked import looks_of
from workbench.loop.exposures.outcome import UNREADABLE
from workbench.loop.holdouts import check_leakage, find_holdout, held_cases, uses_of
from workbench.loop.named import app_of
from workbench.loop.release.finding import issues_of
from workbench.loop.run_telemetry import telemetry_of
from workbench.loop.signatures import changes_of, signatures
from workbench.loop.validate.cases import judging
from workbench.loop.validate.examining import Examined, examine_experiment
from workbench.loop.validate.finding import find_experiment, on_the_same
from workbench.loop.validate.judge_quality import judge_qualities
from workbench.loop.validate.run_records import journal_of
from workbench.records import LATEST, Decision, Experiment, ReleaseCandidate
from workbench.schemas import SIGNALS, SPANS
from workbench.store import Workspace

T = TypeVar("T")


def read_validation(workspace: Workspace, *, experiment_id: str = LATEST, now: datetime) -> Validation:
    """Return all that a report shows of an experiment; the decision is worked out anew, and nothing is written.

    Parameters
    ----------
    workspace
        Where it is.
    experiment_id
        The experiment, or the beginning of its id; `latest` is the one that was frozen last.
    now
        The time, UTC, for the plan's deadline.

    Raises
    ------
    ConfigError
        If there is no such experiment.
    InsufficientDataError
        If no experiment was frozen yet.
    """
    if experiment_id == LATEST and not workspace.ledger.latest(Experiment):
        fix = "plan and freeze one: `workbench experiment plan CHANGE --holdout HOLDOUT --freeze`"
        raise InsufficientDataError("no experiment was frozen yet", fix=fix)
    experiment = find_experiment(workspace, experiment_id)
    examined = examine_experiment(workspace, experiment, now=now)
    changes = tuple(changes_of(workspace, experiment))
    held = tuple(_held(workspace, examined))
    outcomes = _read(lambda: tuple(read_journal(journal_of(workspace, experiment)).finished.values())) or ()
    spans = _spans(workspace, experiment, outcomes)
    decisions = sorted(
        (one for one in workspace.ledger.latest(Decision) if one.experiment_id == experiment.id),
        key=lambda one: (one.at, one.id),
    )
    decision = decisions[-1] if decisions else None
    signed = signatures(workspace, decision) if decision else []
    return Validation(
        experiment=experiment,
        changes=changes,
        candidate=_candidate(workspace, experiment),
        issues=tuple(issues_of(workspace, list(changes))),
        earlier=tuple(_earlier(workspace, experiment)),
        held=held,
        run=examined.run,
        plan=examined.plan,
        results=examined.results,
        analysis=examined.analysis,
        ruling=examined.ruling,
        decision=decision,
        signers=tuple(dict.fromkeys(one.signer for one in signed)),
        slices=_slices(workspace, examined, list({case.case_id: case for one in held for case in one.cases}.values())),
        outcomes=outcomes,
        spans=spans,
        judges=_read(lambda: judge_qualities(workspace, experiment)) or (),
        looks=tuple(looks_of(workspace, experiment)),
        kinds=_kinds(outcomes, spans, now=now),
    )


def versions_differ(workspace: Workspace, validation: Validation) -> tuple[FileDiff, ...] | None:
    """Return what the candidate's version says otherwise than the baseline's, a file each; None where git cannot say.

    Read-only.
    """

    def differ() -> tuple[FileDiff, ...]:
        repository = app_of(workspace)
        one, other = (repository.contents(arm.commit) for arm in validation.experiment.arms)
        return compare(one, other, layout=repository.layout)

    return _read(differ)


def _read(reading: Callable[[], T]) -> T | None:
    """Return what is read; None where it cannot be: the decision says so among its reasons."""
    try:
        return reading()
    except UNREADABLE:
        return None


def _candidate(workspace: Workspace, experiment: Experiment) -> str:
    every = workspace.ledger.latest(ReleaseCandidate) if experiment.candidate_id else []
    return next((one.name for one in every if one.id == experiment.candidate_id), experiment.candidate_id or "")


def _earlier(workspace: Workspace, experiment: Experiment) -> Iterable[Earlier]:
    """Yield the other experiments on the same, which were frozen before it, oldest first."""
    decisions = sorted(workspace.ledger.latest(Decision), key=lambda one: (one.at, one.id))
    newest = {one.experiment_id: one.decision for one in decisions}
    for one in on_the_same(workspace, experiment):
        if one.id < experiment.id:
            yield Earlier(one, newest.get(one.id, ""))


def _held(workspace: Workspace, examined: Examined) -> Iterable[Held]:
    """Yield the holdouts of an experiment, the one that targets are judged on first."""
    plan, experiment = examined.plan, examined.experiment
    if plan is None or plan.is_live:
        return
    changes = [change.id for change in changes_of(workspace, experiment)]
    of = _judging(workspace, plan)
    for holdout_id, case_ids in ((plan.targeted_id, of.targeted), (plan.holdout_id, of.case_ids)):
        record = _read(partial(find_holdout, workspace, holdout_id)) if holdout_id else None
        if record is not None:
            held = _read(partial(held_cases, workspace, record)) or ()
            leaks = _read(partial(check_leakage, workspace, record.id, change_ids=changes))
            ran = tuple(case for case in held if case.case_id in case_ids)
            yield Held(record, tuple(uses_of(workspace, record.id)), leaks, ran)


def _judging(workspace: Workspace, plan: Plan) -> Judging:
    return _read(partial(judging, workspace, plan, look=1.0)) or Judging(frozenset())


def _slices(workspace: Workspace, examined: Examined, cases: list[Case]) -> Slices:
    plan = examined.plan
    if plan is None or plan.is_live or examined.results.is_empty():
        return Slices((), 0, ())

    of = _judging(workspace, plan)

    def come_to(rows: pl.DataFrame) -> Analysis:
        return analyse(plan, rows, targeted=of.targeted, random=of.case_ids)

    return slices_of(plan, examined.results, cases, analyse=come_to)


def _spans(workspace: Workspace, experiment: Experiment, outcomes: tuple[Outcome, ...]) -> pl.DataFrame:
    if not outcomes:
        return SPANS.empty()
    day = experiment.frozen_at.date()
    return telemetry_of(outcomes, experiment_id=experiment.id, day=day, key_user=workspace.user_key)


def _kinds(outcomes: tuple[Outcome, ...], spans: pl.DataFrame, *, now: datetime) -> tuple[FailureKind, ...] | None:
    """Return the kinds of failure that detectors find in the runs of both arms."""
    if spans.is_empty():
        return None
    runs = []
    for arm in ARMS:
        cases = {trace: one.case_id for one in outcomes if one.arm == arm and (trace := trace_of(one.answer))}
        mine = spans.filter(pl.col("trace_id").is_in(list(cases)))
        runs.append(Runs(mine, SIGNALS.empty(), cases, {}))
    return compare_failures(*runs, now=now)
