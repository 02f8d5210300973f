"""A frozen experiment withdrawn by a person: its issues are open to change again, and what was seen stays counted.

A plan cannot be edited, so that a mistake in one would stand for ever. What withdrawing must not do is let somebody see
answers and try again as if nothing had been: a use of a holdout is given back only where no question was answered, and
what is not to ship stays decided. Where all that came back are errors, of both versions, there was nothing to see.
"""

from datetime import datetime
from typing import NamedTuple

from workbench.backlog import move
from workbench.counted import counted
from workbench.errors import ConfigError, GateError
from workbench.experiments.journal import read_journal
from workbench.ids import content_id
from workbench.loop.holdouts import uses_of
from workbench.loop.people import a_person
from workbench.loop.signatures import lacking, signatures
from workbench.loop.validate.deciding import waiting_issues
from workbench.loop.validate.examining import examine_experiment
from workbench.loop.validate.finding import find_experiment, open_on
from workbench.loop.validate.run_records import journal_of
from workbench.loop.withdrawals import withdrawals
from workbench.records import Decision, Experiment, Identity, Issue, Withdrawal
from workbench.store import Workspace


class Withdrawn(NamedTuple):
    """What became of an experiment that was withdrawn."""

    withdrawal: Withdrawal
    """Its record."""
    issues: tuple[Issue, ...]
    """Issues that moved."""
    notes: tuple[str, ...]
    """What becomes of its holdouts, a sentence each."""


def withdraw_experiment(
    workspace: Workspace, experiment_id: str, *, reason: str, author: str, identity: Identity, now: datetime
) -> Withdrawn:
    """Withdraw an experiment on which nothing rests, and return what became of it; done again, it changes nothing.

    One that would ship is among these until it is signed as need is; what is not to ship stays decided.

    Parameters
    ----------
    workspace, experiment_id
        Where the experiment is, and which.
    reason
        Why, in a sentence.
    author, identity
        The person, and how the name was obtained.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If there is no such experiment, or no reason.
    GateError
        If it does not ship, or ships and is signed, or a program withdraws it.
    """
    actor = a_person(author, identity)
    if not reason.strip():
        raise ConfigError("reason is empty", fix="say in a sentence why it is withdrawn")
    with workspace.writing():
        experiment, head = find_experiment(workspace, experiment_id), workspace.ledger.head()
        before = withdrawals(workspace).get(experiment.id)
        if before is not None:
            return Withdrawn(before, (), ())
        _check_undecided(workspace, experiment, now=now)
        withdrawal = Withdrawal(
            id=content_id("wdr", experiment.id),
            at=now,
            experiment_id=experiment.id,
            reason=reason.strip(),
            n_answers=_n_answers(workspace, experiment),
            author=actor.name,
            identity=identity,
        )
        issues = _given_back(workspace, experiment)
        workspace.ledger.append([withdrawal, *issues], now=now, actor=actor, after=head)
    return Withdrawn(withdrawal, tuple(issues), tuple(_notes(experiment, withdrawal)))


def _check_undecided(workspace: Workspace, experiment: Experiment, *, now: datetime) -> None:
    """Raise if something rests on its decision, or that is not to ship, or would be if somebody had asked for it."""
    recorded = [one for one in workspace.ledger.latest(Decision) if one.experiment_id == experiment.id]
    found = [one.decision for one in recorded if one.decision == "dont_ship" or _is_signed(workspace, one)]
    ruled = examine_experiment(workspace, experiment, now=now).ruling.decision
    if found or ruled == "dont_ship":
        fix = f"`workbench experiment show {experiment.id}`"
        raise GateError(f"it is decided: {[*found, ruled][0]}", where=experiment.id, fix=fix)


def _is_signed(workspace: Workspace, decision: Decision) -> bool:
    """Return whether a decision is to ship, and has the signatures that it needs."""
    signers = {one.signer for one in signatures(workspace, decision)}
    return decision.decision == "ship" and not lacking(workspace, decision, signers)


def _n_answers(workspace: Workspace, experiment: Experiment) -> int | None:
    """Return how many answers may have been seen: what was asked and not finished may have been, too."""
    journal = journal_of(workspace, experiment)
    if journal.exists():
        held = read_journal(journal)
        has_seen = held.interrupted or any(one.answer.status == "ok" for one in held.finished.values())
        return len(held.finished) + len(held.interrupted) if has_seen else 0
    holdouts = [one for one in (experiment.holdout_id, experiment.targeted_id) if one]
    is_used = any(use.experiment_id == experiment.id for one in holdouts for use in uses_of(workspace, one))
    return None if is_used or not holdouts else 0


def _given_back(workspace: Workspace, experiment: Experiment) -> list[Issue]:
    """Return the issues that wait for it as another experiment's on the same, the candidate's, or open to change."""
    others = [one for one in open_on(workspace, experiment) if one.id != experiment.id]
    on = others[-1].id if others else experiment.candidate_id
    reason = "the experiment on its change was withdrawn"
    return [
        move(issue, "validating" if on else "changing", evidence=[on or experiment.id], reason=reason, by="program")
        for issue in waiting_issues(workspace, experiment)
        if experiment.id in issue.evidence
    ]


def _notes(experiment: Experiment, withdrawal: Withdrawal) -> list[str]:
    held = " and ".join(one for one in (experiment.holdout_id, experiment.targeted_id) if one)
    if not held:
        return []
    if withdrawal.n_answers == 0:
        return [f"no answer was seen: it is no use of {held}"]
    seen = "answers may" if withdrawal.n_answers is None else f"{counted(withdrawal.n_answers, 'answer')} may"
    return [f"{seen} have been seen: it stays a use of {held}"]
