"""Who signed a decision, and which signature it lacks: what every gate asks before a decision to ship counts.

It lies below the steps that decide and that release, so that both hold a decision to the same. A record that says
"ship" is nothing by itself: what counts is a person's own entry in the ledger, on what the rules came to.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from workbench.ids import content_id
from workbench.records import Actor, Change, Decision, Experiment, ReleaseCandidate
from workbench.store import Workspace
from workbench.store.ledger import Appended


def decision_id(experiment: Experiment, *, results: str, decision: str, reasons: Sequence[str]) -> str:
    """Return the id of a decision, which follows from what was decided, on which plan and by which results."""
    return content_id("dec", experiment.id, experiment.plan_digest, results, decision, *reasons)


def changes_of(workspace: Workspace, experiment: Experiment) -> list[Change]:
    """Return the changes that an experiment tests, in whatever state."""
    ids = set(experiment.change_ids)
    if experiment.candidate_id is not None:
        every = workspace.ledger.latest(ReleaseCandidate)
        ids |= {one for candidate in every if candidate.id == experiment.candidate_id for one in candidate.change_ids}
    return [change for change in workspace.ledger.latest(Change) if change.id in ids]


def authors_of(workspace: Workspace, decision: Decision) -> set[str]:
    """Return who wrote the changes that a decision is on."""
    frozen = workspace.ledger.history(Experiment, decision.experiment_id)[:1]
    return {change.author for experiment in frozen for change in changes_of(workspace, experiment)}


def signatures(workspace: Workspace, decision: Decision) -> list[Decision]:
    """Return the revisions in which people signed a decision, oldest first.

    A signature counts if the person whom it names put it into the ledger, and what was signed is this decision.
    """
    return [one.record for one in _signed(workspace, decision)]


def is_of(decision: Decision, revision: Decision) -> bool:
    """Return whether a revision says what was decided: its id follows from that, and somebody may have written it."""
    names = ("id", "experiment_id", "decision", "reasons", "plan_digest", "result_digest")
    return all(getattr(decision, name) == getattr(revision, name) for name in names)


def lacking(
    workspace: Workspace, decision: Decision, signers: Collection[str], *, until: datetime | None = None
) -> str:
    """Return which signature a decision to ship lacks: a person's, and another than the author's where there is one.

    Parameters
    ----------
    workspace, decision
        Where the decision is, and which.
    signers
        Who has signed it.
    until
        Who came later was not there to sign; None is now.
    """
    if decision.decision != "ship":
        return ""
    if not signers:
        return "nobody has signed it"
    authors = authors_of(workspace, decision)
    entries = (one for one in workspace.ledger.entries() if until is None or datetime.fromisoformat(one.at) <= until)
    actors = (msgspec.json.decode(entry.actor, type=Actor) for entry in entries)
    others = {one.name for one in actors if one.kind == "HUMAN"} - authors
    is_own = set(signers) <= authors
    return f"only who wrote it has signed it, and not {' or '.join(sorted(others))}" if is_own and others else ""


def shipping(workspace: Workspace) -> list[Experiment]:
    """Return the experiments that are decided to ship: by the rules, on their frozen plan, and signed as need was.

    A record whose id does not follow from what it says, or that is of another plan than was frozen, decides nothing.
    """
    frozen: dict[str, Experiment] = {}
    for revision in workspace.ledger.revisions(Experiment):
        frozen.setdefault(revision.id, revision)
    found = dict[str, Experiment]()
    for decision in workspace.ledger.latest(Decision):
        experiment = frozen.get(decision.experiment_id)
        if experiment is not None and decision.decision == "ship" and _follows(decision, experiment):
            signed = _signed(workspace, decision)
            if any(
                not lacking(workspace, decision, {one.actor.name for one in signed[:n]}, until=signed[n - 1].at)
                for n in range(1, len(signed) + 1)
            ):
                found[experiment.id] = experiment
    return list(found.values())


def _signed(workspace: Workspace, decision: Decision) -> list[Appended[Decision]]:
    return [
        one
        for one in workspace.ledger.appended(Decision)
        if one.record.signer == one.actor.name and one.actor.kind == "HUMAN" and is_of(decision, one.record)
    ]


def _follows(decision: Decision, experiment: Experiment) -> bool:
    said, results = decision.decision, decision.result_digest
    its_id = decision_id(experiment, results=results, decision=said, reasons=decision.reasons)
    return decision.plan_digest == experiment.plan_digest and decision.id == its_id
