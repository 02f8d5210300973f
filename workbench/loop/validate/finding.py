"""What an experiment is of: changes, or a release candidate, by id or the beginning of one; and the other way round."""

from typing import NamedTuple

from workbench.errors import GateError
from workbench.loop.named import find_change
from workbench.loop.release.finding import find_candidate, issues_of
from workbench.loop.withdrawals import withdrawals
from workbench.records import FINAL, Arm, Change, Decision, Experiment, Issue, ReleaseCandidate, chosen_or_newest
from workbench.store import Workspace

CHANGE, CANDIDATE = "chg_", "rel_"


class Tested(NamedTuple):
    """What is under test."""

    changes: tuple[Change, ...]
    """The changes: one, or those of the candidate."""
    candidate: ReleaseCandidate | None
    """The candidate; None where a change is tested by itself."""
    arms: tuple[Arm, Arm]
    """Baseline and candidate, by commit."""
    issues: tuple[Issue, ...]
    """The issues that it is for."""


def find_tested(workspace: Workspace, name: str) -> Tested:
    """Return what is to be tested, by the id of a change or the id or name of a candidate.

    Raises
    ------
    ConfigError
        If there is no such thing.
    GateError
        If the change has no commit, or the candidate is not frozen.
    """
    if name.startswith(CHANGE):
        change = find_change(workspace, name)
        if change.commit is None or change.state not in ("committed", "merged"):
            is_draft = change.state == "draft"
            fix = f"commit it: `workbench change commit {change.id}`" if is_draft else "begin another change"
            raise GateError(f"it is {change.state}, only what is committed can be tested", where=change.id, fix=fix)
        return _tested(workspace, (change,), None, base=change.base, commit=change.commit)
    candidate = find_candidate(workspace, name)
    if candidate.state != "frozen" or candidate.commit is None:
        fix = f"freeze it: `workbench candidate freeze {candidate.name}`"
        raise GateError(f"it is {candidate.state}, only what is frozen can be tested", where=candidate.id, fix=fix)
    changes = tuple(find_change(workspace, one) for one in candidate.change_ids)
    return _tested(workspace, changes, candidate, base=candidate.base, commit=candidate.commit)


def tested_by(workspace: Workspace, experiment: Experiment) -> Tested:
    """Return what an experiment tests, as it is now; as `find_tested`."""
    return find_tested(workspace, experiment.candidate_id or experiment.change_ids[0])


def find_experiment(workspace: Workspace, experiment_id: str) -> Experiment:
    """Return an experiment as it was frozen, by its id, a beginning of it that no other has, or `latest`.

    Raises
    ------
    ConfigError
        If there is no such experiment, or several begin so.
    """
    every, fix = workspace.ledger.latest(Experiment), "`workbench experiment list` lists them"
    found = chosen_or_newest(every, experiment_id, word="experiment", fix=fix)
    return workspace.ledger.history(Experiment, found.id)[0]


def experiments_of(workspace: Workspace, name: str) -> list[Experiment]:
    """Return the experiments of a change or candidate, by its id or name, oldest first.

    Raises
    ------
    ConfigError
        If there is no such change or candidate.
    """
    every = sorted(workspace.ledger.latest(Experiment), key=lambda one: one.id)
    if name.startswith(CHANGE):
        change = find_change(workspace, name)
        return [one for one in every if one.change_ids == (change.id,) and one.candidate_id is None]
    candidate = find_candidate(workspace, name)
    return [one for one in every if one.candidate_id == candidate.id]


def on_the_same(workspace: Workspace, same: Experiment) -> list[Experiment]:
    """Return the experiments on the same change or candidate as one, itself included, oldest first."""
    on = (same.change_ids, same.candidate_id)
    every = sorted(workspace.ledger.latest(Experiment), key=lambda one: one.id)
    return [one for one in every if (one.change_ids, one.candidate_id) == on]


def open_on(workspace: Workspace, same: Experiment) -> list[Experiment]:
    """Return those of them that decided nothing yet and stand, oldest first."""
    closed = {*withdrawals(workspace), *_ended(workspace)}
    return [one for one in on_the_same(workspace, same) if one.id not in closed]


def _ended(workspace: Workspace) -> set[str]:
    """Return the experiments on which something was decided, or that a person has ended."""
    decisions = workspace.ledger.latest(Decision)
    return {one.experiment_id for one in decisions if one.decision in FINAL or one.ended_as}


def check_stands(workspace: Workspace, experiment: Experiment) -> None:
    """Check that an experiment was not withdrawn.

    Raises
    ------
    GateError
        If it was.
    """
    withdrawal = withdrawals(workspace).get(experiment.id)
    if withdrawal is not None:
        raise GateError(f"it was withdrawn: {withdrawal.reason}", where=experiment.id, fix="plan another experiment")


def require_adapter(experiment: Experiment, adapter: str) -> None:
    """Check that the app is run as it was frozen that it would be.

    Raises
    ------
    GateError
        If it is another way, or none that can be told.
    """
    if experiment.adapter and adapter != experiment.adapter:
        said = f"it was frozen to be run by {experiment.adapter}, this is {adapter or 'another way'}"
        raise GateError(said, where=experiment.id, fix="name no app: the frozen one is run, or plan another experiment")


def _tested(
    workspace: Workspace, changes: tuple[Change, ...], candidate: ReleaseCandidate | None, *, base: str, commit: str
) -> Tested:
    arms = (Arm("baseline", base), Arm("candidate", commit))
    return Tested(changes, candidate, arms, tuple(issues_of(workspace, changes)))
