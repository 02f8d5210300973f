"""An experiment's use of a holdout, in the ledger before the first run; of those there is a budget.

Who tries one variant after another on the same cases finds one that looks better by chance.
"""

from collections.abc import Iterable
from datetime import datetime

from workbench.errors import GateError
from workbench.experiments.case import Case
from workbench.ids import content_id
from workbench.loop.holdouts.files import find_holdout, held_cases
from workbench.loop.settle import MAX_ATTEMPTS
from workbench.loop.withdrawals import unseen
from workbench.records import Actor, Holdout, HoldoutUse, Identity, actor_of
from workbench.store import Workspace
from workbench.store.ledger import MovedError


def use_holdout(
    workspace: Workspace, holdout_id: str, *, experiment_id: str, author: str, identity: Identity, now: datetime
) -> tuple[Case, ...]:
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
        _count(workspace, holdout, experiment_id, now=now, actor=actor_of(author, identity=identity))
    return cases


def uses_of(workspace: Workspace, holdout_id: str) -> list[HoldoutUse]:
    """Return the uses of a holdout, oldest first, but for those of experiments withdrawn before anything was seen."""
    uses = [one for one in workspace.ledger.latest(HoldoutUse) if one.holdout_id == holdout_id]
    gone = unseen(workspace) if uses else frozenset()
    return [one for one in uses if one.experiment_id not in gone]


def check_left(holdout: Holdout, n_used: int) -> None:
    """Check that a holdout may be used once more.

    Raises
    ------
    GateError
        If its uses are spent.
    """
    if n_used >= holdout.n_uses:
        said = f"its allowed uses are spent: {n_used} of {holdout.n_uses}"
        raise GateError(said, where=holdout.id, fix=make_anew(holdout.kind, holdout.issue_ids))


def make_anew(kind: str, issue_ids: Iterable[str]) -> str:
    """Return what to do where a holdout of a kind, for some issues, can be used no more."""
    of_issues = "".join(f" --issue {one}" for one in dict.fromkeys(issue_ids))
    return f"make a fresh holdout: `workbench holdout make {kind}{of_issues}`"


def _count(workspace: Workspace, holdout: Holdout, experiment_id: str, *, now: datetime, actor: Actor) -> None:
    """Put the experiment's use into the ledger, at the head at which it was counted, unless it is there."""
    attempt = 0
    while True:
        attempt += 1
        head, uses = workspace.ledger.head(), uses_of(workspace, holdout.id)
        if experiment_id in {one.experiment_id for one in uses}:
            return
        check_left(holdout, len(uses))
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
            return
