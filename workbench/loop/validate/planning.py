"""An experiment is planned and frozen: metrics, margins, cases, versions and an end, in the ledger before any arm runs.

Planning writes nothing; it says what so many cases can show, and what can never ship on them. Freezing is for good.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from workbench.backlog import move
from workbench.changes.status import status
from workbench.errors import ConfigError, GateError
from workbench.experiments.metric import Metric
from workbench.experiments.outlook import Outlook, cannot_ship, outlook
from workbench.experiments.plan import Plan, plan_digest, to_json
from workbench.experiments.scoring import Asked, Compared, Judged
from workbench.experiments.sourced import judges_of, sourced
from workbench.ids import ordered_id
from workbench.loop.holdouts import find_holdout, held_cases
from workbench.loop.named import app_of
from workbench.loop.people import a_person
from workbench.loop.release import check_candidate
from workbench.loop.review.confirmed import confirmed_issues
from workbench.loop.scoring.detected import detectors_for, versioned
from workbench.loop.scoring.scorers import check_cases, check_heard, check_labels, check_metrics
from workbench.loop.validate.cases import check_uses, judging
from workbench.loop.validate.finding import Tested, find_tested
from workbench.loop.validate.metrics import of_issues
from workbench.records import Experiment, Holdout, Identity, IssueState
from workbench.store import Workspace

TESTABLE: tuple[IssueState, ...] = ("changing", "validating")
"""Where the issues of a change stand that is to be tested."""


class Planned(NamedTuple):
    """A plan, and what it can come to."""

    plan: Plan
    """The plan."""
    tested: Tested
    """What it tests."""
    outlook: tuple[Outlook, ...]
    """What its cases can show, a metric each."""
    cannot_ship: tuple[str, ...]
    """Why nothing can ever ship under it; empty where something can."""
    n_answers: int
    """Answers that both arms are asked for."""
    n_questions: int = 0
    """Questions to judges about them, at most: what both arms answer alike is asked about once."""


def plan_experiment(
    workspace: Workspace,
    name: str,
    *,
    holdout_id: str,
    targeted_id: str | None = None,
    metrics: Sequence[Metric],
    own: Collection[str] = (),
    n_cases: int | None = None,
    n_targeted: int | None = None,
    n_trials: int = 1,
    looks: Sequence[float] = (),
    deadline_at: datetime | None = None,
    max_cases: int | None = None,
) -> Planned:
    """Return the plan of an experiment with what it can show; nothing is written.

    Parameters
    ----------
    workspace
        Where change, candidate and holdout are.
    name
        What is tested: a change by its id, or a candidate by its id or name.
    holdout_id
        The holdout that both arms run on.
    targeted_id
        A targeted one beside it, on whose cases the targets are judged; the other one must then be random. None judges
        all on the one.
    metrics
        What is measured, a target among it; `detector:issue` stands for the detectors of its issues.
    own
        Names of metrics that the app's own scorers measure.
    n_cases
        Cases; None is all of the holdout's.
    n_targeted
        Cases of the targeted one; None is all.
    n_trials
        Runs of each case in each arm.
    looks
        Shares of the cases, above 0 and below 1, at which it is looked at before all have run; it may be decided there.
    deadline_at, max_cases
        When "inconclusive" becomes a decision of a person; without either, once all cases have run.

    Raises
    ------
    ConfigError
        If there is no such change, candidate, holdout or metric, or the plan is none.
    GateError
        If the change has no commit, the candidate is not frozen, or a holdout judges nothing or has no use left.
    """
    tested, holdout = find_tested(workspace, name), find_holdout(workspace, holdout_id)
    targeted = None if targeted_id is None else find_holdout(workspace, targeted_id)
    _check_kinds(holdout, targeted)
    metrics = tuple(map(sourced, of_issues(metrics, tested.issues)))
    detectors = detectors_for(workspace, metrics)
    metrics = versioned(metrics, detectors)
    check_metrics(metrics, own=own, detectors=detectors)
    check_heard(metrics, own=own, detectors=detectors)
    _check_looks(metrics, looks)
    _check_cases(workspace, metrics, holdout=holdout, targeted=targeted)
    n = _n_of(holdout, n_cases, "n_cases")
    n_of_issue = 0 if targeted is None else _n_of(targeted, n_targeted, "n_targeted")
    try:
        plan = Plan(
            metrics=metrics,
            n_cases=n,
            n_trials=n_trials,
            looks=(*sorted(looks), 1.0),
            holdout_id=holdout.id,
            targeted_id="" if targeted is None else targeted.id,
            n_targeted=n_of_issue,
            judge=judges_of(metrics),
            deadline_at=deadline_at,
            max_cases=n if max_cases is None and deadline_at is None else max_cases,
        )
    except ValueError as error:
        raise ConfigError(str(error), where="plan") from error
    check_uses(workspace, plan)
    n_run = len(judging(workspace, plan, look=1.0).every)  # a case of both holdouts is run once
    n_answers = 2 * n_run * n_trials
    n_judged = sum(isinstance(one.scorer, Judged | Compared) for one in metrics)  # of a pair: both orders
    return Planned(plan, tested, outlook(plan), cannot_ship(plan), n_answers, n_judged * n_answers)


def _check_kinds(holdout: Holdout, targeted: Holdout | None) -> None:
    if "development" in (holdout.kind, targeted and targeted.kind):
        raise GateError("no change is judged on its development", where=holdout.id, fix="use a targeted one")
    if targeted is None:
        return
    for one, kind in ((holdout, "random"), (targeted, "targeted")):
        if one.kind != kind:
            raise GateError(f"it is {one.kind}, must be {kind}", where=one.id, fix="`workbench holdout list`")
    n_shared = len({one.case_id for one in holdout.cases} & {one.case_id for one in targeted.cases})
    if n_shared:
        said = (
            f"{n_shared} of its cases are random ones too: what ships was lucky on these, and its gain would be told so"
        )
        raise GateError(said, where=targeted.id, fix="make it anew: `workbench holdout make targeted` keeps them apart")


def _check_cases(
    workspace: Workspace, metrics: Sequence[Metric], *, holdout: Holdout, targeted: Holdout | None
) -> None:
    """Check that each metric can be scored on the cases that it is judged on; what a target is elsewhere is told."""
    targets = [one for one in metrics if one.role == "target"]
    others = [one for one in metrics if one.role != "target"]
    check_cases(others, held_cases(workspace, holdout))
    check_cases(targets, held_cases(workspace, targeted or holdout))
    for metric in targets:
        check_labels(metric, len(holdout.cases) - len(holdout.erased))


def _check_looks(metrics: Sequence[Metric], looks: Sequence[float]) -> None:
    by_people = [one.name for one in metrics if isinstance(one.scorer, Asked) or one.people]
    if looks and by_people:
        fix = "plan no looks, or leave it out"
        raise ConfigError("people judge it, and that is done once all cases have run", where=by_people[0], fix=fix)


def _n_of(holdout: Holdout, n: int | None, name: str) -> int:
    n_there = len(holdout.cases) - len(holdout.erased)
    if n is not None and n > n_there:
        raise ConfigError(f"{name} == {n}, the holdout has {n_there}", where=holdout.id, fix="make a larger holdout")
    return n_there if n is None else n


def freeze_experiment(
    workspace: Workspace, planned: Planned, *, author: str, identity: Identity, now: datetime, adapter: str = ""
) -> Experiment:
    """Freeze a plan with the versions that it runs, and return it; its issues are being validated from then on.

    With an `adapter` (see `experiments.adapter`) it is frozen too how the app is run.

    Raises
    ------
    GateError
        If people's verdicts do not confirm the issues, the versions moved since, a holdout has no use left, or nothing
        can ever ship under it.
    RepositoryError
        If the app's repository cannot be read.
    """
    actor = a_person(author, identity)
    check_uses(workspace, planned.plan)
    if planned.cannot_ship:
        fix = "plan more cases or wider margins"
        raise GateError(f"nothing can ever ship under this plan: {'; '.join(planned.cannot_ship)}", fix=fix)
    with workspace.writing():
        head = workspace.ledger.head()
        tested = still_tested(workspace, planned.tested, now=now)
        digest = plan_digest(planned.plan)
        experiment = Experiment(
            id=ordered_id("exp", now, digest, *(arm.commit for arm in tested.arms)),
            change_ids=() if tested.candidate else tuple(change.id for change in tested.changes),
            candidate_id=tested.candidate.id if tested.candidate else None,
            plan=to_json(planned.plan),
            plan_digest=digest,
            arms=tested.arms,
            holdout_id=planned.plan.holdout_id,
            targeted_id=planned.plan.targeted_id,
            adapter=adapter,
            frozen_at=now,
            deadline_at=planned.plan.deadline_at,
            author=actor.name,
            identity=identity,
        )
        reason = "an experiment on its change is frozen"
        moved = [
            move(issue, "validating", evidence=[experiment.id], reason=reason, by="program") for issue in tested.issues
        ]
        workspace.ledger.append([experiment, *moved], now=now, actor=actor, after=head)
    return experiment


def still_tested(
    workspace: Workspace, tested: Tested, *, now: datetime, states: Collection[IssueState] = TESTABLE
) -> Tested:
    """Return what is tested as it is now, if it still is what it was and may be tested.

    Raises
    ------
    GateError
        If its versions moved, its branch holds something else, or its issues are not confirmed any more.
    """
    name = tested.candidate.id if tested.candidate else tested.changes[0].id
    found = find_tested(workspace, name)
    if found.arms != tested.arms:
        raise GateError("it is another version by now", where=name, fix="plan another experiment")
    confirmed_issues(workspace, [issue.id for issue in found.issues], now=now, states=states)
    if found.candidate is not None:
        check_candidate(workspace, found.candidate.id, now=now)
        return found
    said = status(app_of(workspace), found.changes[0])
    if said.change.commit != found.changes[0].commit or said.change.state not in ("committed", "merged"):
        raise GateError(f"git says otherwise: {said.said}", where=name, fix="`workbench change status`, then plan anew")
    return found
