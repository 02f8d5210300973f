"""The decision on an experiment, worked out anew and appended; and the gate that a change passes or does not.

A change that is not to be shipped sends its issues back at once. To ship them takes a person: see `signing`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import msgspec

from workbench.backlog import move
from workbench.experiments.decision import Ruling
from workbench.ids import content_id
from workbench.loop.release.finding import issues_of
from workbench.loop.validate.examining import Examined, examine_experiment, result_digest
from workbench.loop.validate.finding import experiments_of, find_experiment
from workbench.records import Actor, Change, Decision, Experiment, Issue, ReleaseCandidate
from workbench.store import Workspace


class Decided(NamedTuple):
    """A decision, with all that it follows from."""

    ruling: Ruling
    """What was decided, and why."""
    decision: Decision | None
    """Its record; None where there is no experiment to decide on."""
    examined: Examined | None
    """What it follows from; None as above."""
    is_own: bool
    """Whether a person signed it who wrote one of the changes, and nobody else did."""
    n_experiments: int
    """Experiments on the same change or candidate, this one included: who tries often finds something by chance."""
    unsigned: str = ""
    """Of one to ship: which signature it still lacks, a sentence; empty where it has it."""


def decide_experiment(workspace: Workspace, experiment_id: str, *, now: datetime) -> Decided:
    """Decide an experiment by the rules, append that to the ledger, and return it; the same again adds nothing.

    Issues of a change that is not to be shipped are `changing` again.

    Raises
    ------
    ConfigError
        If there is no such experiment.
    """
    return _decide(workspace, find_experiment(workspace, experiment_id), now=now)


def gate(workspace: Workspace, name: str, *, now: datetime) -> Decided:
    """Return the decision on a change or candidate: that of its newest experiment; without one it is invalid.

    Raises
    ------
    ConfigError
        If there is no such change or candidate.
    """
    found = experiments_of(workspace, name)
    if not found:
        return Decided(
            Ruling("invalid", ("no experiment on it was frozen",)), None, None, is_own=False, n_experiments=0
        )
    newest = find_experiment(workspace, found[-1].id)
    return _decide(workspace, newest, now=now)._replace(n_experiments=len(found))


def changes_of(workspace: Workspace, experiment: Experiment) -> list[Change]:
    """Return the changes that an experiment tests, in whatever state."""
    ids = set(experiment.change_ids)
    if experiment.candidate_id is not None:
        every = workspace.ledger.latest(ReleaseCandidate)
        ids |= {one for candidate in every if candidate.id == experiment.candidate_id for one in candidate.change_ids}
    return [change for change in workspace.ledger.latest(Change) if change.id in ids]


def waiting_issues(workspace: Workspace, experiment: Experiment) -> list[Issue]:
    """Return the issues that are being validated by this very experiment, or in its candidate."""
    waited_for = {experiment.id, experiment.candidate_id}
    issues = issues_of(workspace, changes_of(workspace, experiment))
    return [issue for issue in issues if issue.state == "validating" and waited_for & set(issue.evidence)]


def signatures(workspace: Workspace, decision: Decision) -> list[Decision]:
    """Return the revisions in which people signed a decision, oldest first.

    A signature counts if the person whom it names put it into the ledger, and what was signed is this decision.
    """
    return [
        one.record
        for one in workspace.ledger.appended(Decision)
        if one.record.signer == one.actor.name and one.actor.kind == "HUMAN" and _is_of(decision, one.record)
    ]


def lacking(workspace: Workspace, decision: Decision, signers: Collection[str]) -> str:
    """Return which signature a decision to ship lacks: a person's, and another than the author's where there is one.

    Parameters
    ----------
    workspace, decision
        Where the decision is, and which.
    signers
        Who has signed it.
    """
    if decision.decision != "ship":
        return ""
    if not signers:
        return "nobody has signed it"
    authors = authors_of(workspace, decision)
    actors = (msgspec.json.decode(entry.actor, type=Actor) for entry in workspace.ledger.entries())
    others = {one.name for one in actors if one.kind == "HUMAN"} - authors
    is_own = set(signers) <= authors
    return f"only who wrote it has signed it, and not {' or '.join(sorted(others))}" if is_own and others else ""


def authors_of(workspace: Workspace, decision: Decision) -> set[str]:
    """Return who wrote the changes that a decision is on."""
    experiment = find_experiment(workspace, decision.experiment_id)
    return {change.author for change in changes_of(workspace, experiment)}


def _decide(workspace: Workspace, experiment: Experiment, *, now: datetime) -> Decided:
    examined = examine_experiment(workspace, experiment, now=now)
    ruling, results = examined.ruling, result_digest(examined)
    made = Decision(
        id=content_id("dec", experiment.id, experiment.plan_digest, results, ruling.decision, *ruling.reasons),
        at=now,
        experiment_id=experiment.id,
        decision=ruling.decision,
        reasons=ruling.reasons,
        settle=tuple(one.words for one in ruling.settle),
        known_costs=ruling.known_costs,
        plan_digest=experiment.plan_digest,
        result_digest=results,
        identity="program",
    )
    with workspace.writing():
        before = workspace.ledger.history(Decision, made.id)
        signed = signatures(workspace, made)
        decision = (signed or [one for one in before if _is_of(made, one) and not one.signer] or [made])[-1]
        moved = _sent_back(workspace, experiment, decision) if decision.decision == "dont_ship" else []
        workspace.ledger.append([*([] if before else [made]), *moved], now=now)
    signers = {one.signer for one in signed}
    is_own = bool(signers) and signers <= authors_of(workspace, decision)
    unsigned = lacking(workspace, decision, signers)
    return Decided(ruling, decision, examined, is_own, n_experiments=1, unsigned=unsigned)


def _is_of(decision: Decision, revision: Decision) -> bool:
    """Return whether a revision says what was decided: its id follows from that, and somebody may have written it."""
    names = ("id", "experiment_id", "decision", "reasons", "plan_digest", "result_digest")
    return all(getattr(decision, name) == getattr(revision, name) for name in names)


def _sent_back(workspace: Workspace, experiment: Experiment, decision: Decision) -> list[Issue]:
    """Return the issues that wait for this very experiment as they go on being changed."""
    return [
        move(issue, "changing", evidence=[decision.id], reason="its change does not ship", by="program")
        for issue in waiting_issues(workspace, experiment)
    ]
