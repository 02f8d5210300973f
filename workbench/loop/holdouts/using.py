"""An experiment's use of a holdout, in the ledger before the first run; of those there is a budget.

Who tries one variant after another on the same cases finds one that looks better by chance.
"""

from datetime import datetime
from typing import NamedTuple

from workbench.errors import GateError
from workbench.experiments.case import Case
from workbench.ids import content_id
from workbench.loop.holdouts.files import find_holdout, held_cases
from workbench.loop.review.settle import MAX_ATTEMPTS
from workbench.loop.withdrawals import unseen
from workbench.records import Actor, Holdout, HoldoutUse, Identity
from workbench.store import Workspace
from workbench.store.ledger import MovedError


class Used(NamedTuple):
    """A use of a holdout, which is in the ledger."""

    use: HoldoutUse
    """Its record."""
    cases: tuple[Case, ...]
    """What is to be run."""
    n_left: int
    """How often the holdout might still be used before this experiment, itself counted: what the gate asks."""


def use_holdout(
    workspace: Workspace, holdout_id: str, *, experiment_id: str, author: str, identity: Identity, now: datetime
) -> Used:
    """Count an experiment's use of a holdout, before its first run, and return the cases.

    To ask again for the same experiment is no second use. Check it for leaks before.

    Raises
    ------
    GateError
        If its uses are spent, or it is a change's development, which judges nothing.
    StoreError
        If its cases are not those that were set apart.
    """
    with workspace.writing():
        holdout = find_holdout(workspace, holdout_id)
        if holdout.kind == "development":
            raise GateError("no change is judged on its development", where=holdout.id, fix="use a targeted one")
        cases = held_cases(workspace, holdout)
        if not cases:
            raise GateError("all its cases were erased", where=holdout.id, fix="make another holdout")
        use = _counted(workspace, holdout, experiment_id, now=now, actor=_actor(author, identity))
    return Used(use, cases, holdout.n_uses - use.number + 1)


def uses_of(workspace: Workspace, holdout_id: str) -> list[HoldoutUse]:
    """Return the uses of a holdout, oldest first, but for those of experiments withdrawn before anything was seen."""
    uses = [one for one in workspace.ledger.latest(HoldoutUse) if one.holdout_id == holdout_id]
    gone = unseen(workspace) if uses else frozenset()
    return [one for one in uses if one.experiment_id not in gone]


def _counted(workspace: Workspace, holdout: Holdout, experiment_id: str, *, now: datetime, actor: Actor) -> HoldoutUse:
    """Return the experiment's use, put into the ledger at the head at which it was counted, or as it is there."""
    attempt = 0
    while True:
        attempt += 1
        head, uses = workspace.ledger.head(), uses_of(workspace, holdout.id)
        before = next((one for one in uses if one.experiment_id == experiment_id), None)
        if before is not None:
            return before
        if len(uses) >= holdout.n_uses:
            said = f"its allowed uses are spent: {len(uses)} of {holdout.n_uses}"
            raise GateError(said, where=holdout.id, fix="make a fresh holdout: `workbench holdout make`")
        use = HoldoutUse(
            id=content_id("use", holdout.id, experiment_id),
            at=now,
            holdout_id=holdout.id,
            experiment_id=experiment_id,
            number=len(uses) + 1,
            author=actor.name,
            identity=actor.identity,
        )
        try:
            workspace.ledger.append([use], now=now, actor=actor, after=head)
        except MovedError:
            if attempt == MAX_ATTEMPTS:
                raise
        else:
            return use


def _actor(author: str, identity: Identity) -> Actor:
    return Actor(kind="CODE" if identity == "program" else "HUMAN", name=author, identity=identity)
