"""A person signs a decision: what is shipped is then recorded as shipped, and what stays open gets an end.

The decision is worked out anew first. Who signs should not be who wrote the change; where nobody else was there, that
is said.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from workbench.backlog import move
from workbench.errors import ConfigError, GateError
from workbench.loop.people import a_person
from workbench.loop.signatures import authors_of, lacking, signatures
from workbench.loop.validate.deciding import decide_experiment, waiting_issues
from workbench.loop.validate.finding import find_experiment
from workbench.loop.withdrawals import withdrawals
from workbench.records import Decision, Experiment, Identity, Issue
from workbench.store import Workspace

End = Literal["dropped", "extended", "accepted"]
"""What becomes of an experiment that ends inconclusive: given up, gone on with in another one, or left as it is."""
MEANS: Mapping[End, str] = {
    "dropped": "it is given up: its issues go on being changed, and nothing ships by it",
    "extended": "another experiment goes on with it: plan one on the same, on more cases",
    "accepted": "it stays as it is: nothing ships by it, and nobody is asked for it again",
}
"""What each end means, and what comes of it."""
OWN = "the signer wrote the change, and nobody else has signed"


class Signed(NamedTuple):
    """A signed decision."""

    decision: Decision
    """Its record."""
    issues: tuple[Issue, ...]
    """Issues that moved."""
    notes: tuple[str, ...]
    """What to know of it, a sentence each."""


def sign_decision(
    workspace: Workspace,
    experiment_id: str,
    *,
    signer: str,
    identity: Identity,
    now: datetime,
    ended_as: End | None = None,
) -> Signed:
    """Sign the decision on an experiment, and return it; issues of what ships are `shipped` from then on.

    Where somebody else could sign, the signature of who wrote the change ships nothing by itself.

    Parameters
    ----------
    workspace, experiment_id
        Where the experiment is, and which.
    signer, identity
        The person, and how the name was obtained.
    now
        The time, UTC.
    ended_as
        Of an inconclusive one whose plan has ended: what becomes of it, said once. Issues of a dropped one go on being
        changed. None keeps the end that somebody gave it.

    Raises
    ------
    GateError
        If it is invalid, or a program signs, or a plan that has not ended is to be ended, or one that was ended is to
        get another end, or what would ship was decided not to by a later experiment.
    ConfigError
        If there is no such experiment, or one that is decided is to be ended otherwise.
    """
    actor = a_person(signer, identity)
    decided = decide_experiment(workspace, experiment_id, now=now)
    experiment, decision = find_experiment(workspace, experiment_id), decided.decision
    assert decision is not None
    if decision.decision == "invalid":
        raise GateError(f"it is invalid: {decision.reasons[0]}", where=experiment.id, fix="run a sound experiment")
    if decision.decision == "ship":
        _check_not_overtaken(workspace, experiment)
    if ended_as is not None and decision.decision != "inconclusive":
        raise ConfigError(f"ended_as == {ended_as!r}, it is {decision.decision}", where=experiment.id)
    if ended_as is not None and not decided.ruling.is_due:
        raise GateError("its plan has not ended", where=experiment.id, fix="run more cases, or wait for its deadline")
    with workspace.writing():
        ended_as = _its_end(workspace, experiment, ended_as) if decision.decision == "inconclusive" else None
        signed = replace(decision, signer=actor.name, identity=identity, ended_as=ended_as, at=now)
        waiting = waiting_issues(workspace, experiment)
        signers = {actor.name, *(one.signer for one in signatures(workspace, decision))}
        lacks = lacking(workspace, decision, signers)
        moved: list[Issue] = []
        if decision.decision == "ship" and not lacks:
            reason = f"the decision to ship is signed by {actor.name}"
            moved = [move(one, "shipped", evidence=[decision.id], reason=reason, by="person") for one in waiting]
        elif ended_as == "dropped":
            reason = "its experiment was inconclusive and dropped"
            moved = [move(one, "changing", evidence=[decision.id], reason=reason, by="person") for one in waiting]
        # After a signature that is none, its own words must stand last: what says the same is passed over.
        plain = replace(decision, signer="", identity="program", ended_as=None)
        newest = workspace.ledger.history(Decision, decision.id)[-1]
        before = [] if newest in (decision, plain) else [plain]
        workspace.ledger.append([*before, signed, *moved], now=now, actor=actor)
    is_own = signers <= authors_of(workspace, decision)
    notes = [f"it may not ship yet: {lacks}"] if lacks else [OWN] if is_own else []
    return Signed(signed, tuple(moved), tuple(notes))


def _its_end(workspace: Workspace, experiment: Experiment, ended_as: End | None) -> End | None:
    """Return the end of an experiment: the first that a person gave it, which whoever signs later cannot change.

    Raises
    ------
    GateError
        If it is to get another.
    """
    for one in workspace.ledger.appended(Decision):
        said, is_by_person = one.record, one.actor.kind == "HUMAN" and one.actor.name == one.record.signer
        if said.experiment_id == experiment.id and said.ended_as is not None and is_by_person:
            if ended_as not in (None, said.ended_as):
                what = f"{said.signer} ended it as {said.ended_as} on {one.at:%Y-%m-%d %H:%M}, and it has one end"
                raise GateError(
                    what, where=experiment.id, fix="sign it without another end, or plan another experiment"
                )
            return said.ended_as
    return ended_as


def _check_not_overtaken(workspace: Workspace, experiment: Experiment) -> None:
    """Raise if a later experiment on the same has decided not to ship it: nobody picks the decision that suits."""
    gone, later = withdrawals(workspace), (experiment.frozen_at, experiment.id)
    refused = {one.experiment_id for one in workspace.ledger.latest(Decision) if one.decision == "dont_ship"}
    for other in workspace.ledger.latest(Experiment):
        is_same = (other.change_ids, other.candidate_id) == (experiment.change_ids, experiment.candidate_id)
        if is_same and (other.frozen_at, other.id) > later and other.id in refused - gone.keys():
            said = f"{other.id}, a later experiment on the same, has decided not to ship it"
            raise GateError(said, where=experiment.id, fix=f"`workbench experiment show {other.id}` says why")
