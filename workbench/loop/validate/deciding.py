"""The decision on an experiment, worked out anew and appended; and the gate that a change passes or does not.

A change that is not to be shipped sends its issues back at once. To ship them takes a person: see `signing`.
"""

from datetime import datetime
from typing import NamedTuple

from workbench.backlog import move
from workbench.experiments.decision import Ruling
from workbench.experiments.validity import results_digest
from workbench.loop.release.finding import issues_of
from workbench.loop.signatures import authors_of, changes_of, decision_id, is_of, lacking, signatures
from workbench.loop.validate.examining import Examined, examine_experiment
from workbench.loop.validate.finding import experiments_of, find_experiment
from workbench.loop.withdrawals import unseen, withdrawals
from workbench.records import Decision, Experiment, Issue
from workbench.store import Workspace

NO_EXPERIMENT = "no experiment on it was frozen"


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
    """Experiments on the same change or candidate, this one included, and those that were withdrawn once answers may
    have been seen: who tries often finds something by chance."""
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
    """Return the decision on a change or candidate: that of its newest experiment that stands; else it is invalid.

    Raises
    ------
    ConfigError
        If there is no such change or candidate.
    """
    found, gone = experiments_of(workspace, name), withdrawals(workspace)
    standing = [one.id for one in found if one.id not in gone]
    n = len({one.id for one in found} - unseen(workspace))
    if not standing:
        why = f"its experiment was withdrawn: {gone[found[-1].id].reason}" if found else NO_EXPERIMENT
        return Decided(Ruling("invalid", (why,)), None, None, is_own=False, n_experiments=n)
    return _decide(workspace, find_experiment(workspace, standing[-1]), now=now)._replace(n_experiments=n)


def waiting_issues(workspace: Workspace, experiment: Experiment) -> list[Issue]:
    """Return the issues that are being validated by this very experiment, or in its candidate."""
    waited_for = {experiment.id, experiment.candidate_id}
    issues = issues_of(workspace, changes_of(workspace, experiment))
    return [issue for issue in issues if issue.state == "validating" and waited_for & set(issue.evidence)]


def _decide(workspace: Workspace, experiment: Experiment, *, now: datetime) -> Decided:
    examined = examine_experiment(workspace, experiment, now=now)
    ruling, results = examined.ruling, results_digest(examined.results)
    made = Decision(
        id=decision_id(experiment, results=results, decision=ruling.decision, reasons=ruling.reasons),
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
        decision = (signed or [one for one in before if is_of(made, one) and not one.signer] or [made])[-1]
        moved = _sent_back(workspace, experiment, decision) if decision.decision == "dont_ship" else []
        workspace.ledger.append([*([] if before else [made]), *moved], now=now)
    signers = {one.signer for one in signed}
    is_own = bool(signers) and signers <= authors_of(workspace, decision)
    unsigned = lacking(workspace, decision, signers)
    return Decided(ruling, decision, examined, is_own, n_experiments=1, unsigned=unsigned)


def _sent_back(workspace: Workspace, experiment: Experiment, decision: Decision) -> list[Issue]:
    """Return the issues that wait for this very experiment as they go on being changed."""
    return [
        move(issue, "changing", evidence=[decision.id], reason="its change does not ship", by="program")
        for issue in waiting_issues(workspace, experiment)
    ]
