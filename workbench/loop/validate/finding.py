"""What an experiment is of: changes, or a release candidate, by id or the beginning of one; and the other way round."""

from typing import NamedTuple

from workbench.errors import ConfigError, GateError
from workbench.loop.change_records import find_change
from workbench.loop.release.finding import find_candidate, issues_of
from workbench.records import Arm, Change, Experiment, Issue, ReleaseCandidate
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
            fix = "commit it: `workbench change commit`"
            raise GateError(f"it is {change.state}, only what is committed can be tested", where=change.id, fix=fix)
        return _tested(workspace, (change,), None, base=change.base, commit=change.commit)
    candidate = find_candidate(workspace, name)
    if candidate.state != "frozen" or candidate.commit is None:
        fix = f"`workbench candidate freeze {candidate.name}`"
        raise GateError(f"it is {candidate.state}, only what is frozen can be tested", where=candidate.id, fix=fix)
    changes = tuple(find_change(workspace, one) for one in candidate.change_ids)
    return _tested(workspace, changes, candidate, base=candidate.base, commit=candidate.commit)


def tested_by(workspace: Workspace, experiment: Experiment) -> Tested:
    """Return what an experiment tests, as it is now; as `find_tested`."""
    return find_tested(workspace, experiment.candidate_id or experiment.change_ids[0])


def find_experiment(workspace: Workspace, experiment_id: str) -> Experiment:
    """Return an experiment as it was frozen, by its id or a beginning of it that no other has.

    Raises
    ------
    ConfigError
        If there is no such experiment, or several begin so.
    """
    every = {one.id for one in workspace.ledger.latest(Experiment)}
    found = {experiment_id} & every or {one for one in every if experiment_id and one.startswith(experiment_id)}
    if len(found) != 1:
        said = "there is no such experiment" if not found else f"{len(found)} experiments begin so"
        raise ConfigError(f"experiment == {experiment_id!r}, {said}", fix="`workbench experiment list` lists them")
    return workspace.ledger.history(Experiment, found.pop())[0]


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
