"""The cases that an experiment is judged on: which of its holdouts, in which order, and up to which look.

The order is that in which they were drawn, as the ledger has it: nobody picks the cases of an early look.
"""

from collections.abc import Sequence

from workbench.counted import counted
from workbench.errors import GateError
from workbench.experiments.judging import Judging
from workbench.experiments.plan import Plan
from workbench.loop.holdouts import check_leakage, check_left, find_holdout, make_anew, uses_of
from workbench.loop.named import find_change
from workbench.records import Holdout
from workbench.store import Workspace


def holdouts_of(workspace: Workspace, plan: Plan) -> list[Holdout]:
    """Return the holdouts of a plan: that of all, or the random and the targeted one.

    Raises
    ------
    ConfigError
        If one is not there.
    """
    return [find_holdout(workspace, one) for one in (plan.holdout_id, plan.targeted_id) if one]


def judging(workspace: Workspace, plan: Plan, *, look: float) -> Judging:
    """Return the cases that are to be run by a look; those that were erased have gone.

    Raises
    ------
    ConfigError
        If a holdout is not there.
    """
    first, *others = holdouts_of(workspace, plan)
    targeted = [_first(one, plan.n_targeted_at(look)) for one in others]
    return Judging(_first(first, plan.n_cases_at(look)), targeted[0] if targeted else frozenset())


def n_uses_left(workspace: Workspace, plan: Plan, experiment_id: str) -> int | None:
    """Return how often its holdouts might still be used before an experiment, the less of two; None without a use."""
    left = []
    for holdout in holdouts_of(workspace, plan):
        numbers = [use.number for use in uses_of(workspace, holdout.id) if use.experiment_id == experiment_id]
        if not numbers:
            return None
        left.append(holdout.n_uses - numbers[0] + 1)
    return min(left)


def check_uses(workspace: Workspace, plan: Plan, experiment_id: str = "") -> None:
    """Check that an experiment may use all its holdouts, so that none is used up where another is spent.

    One that is only planned has no id, and has used none.

    Raises
    ------
    GateError
        If the uses of one are spent.
    """
    for holdout in holdouts_of(workspace, plan):
        uses = uses_of(workspace, holdout.id)
        if experiment_id not in {use.experiment_id for use in uses}:
            check_left(holdout, len(uses))


def check_leaks(workspace: Workspace, holdout: Holdout, *, change_ids: Sequence[str]) -> None:
    """Check that changes have seen no case of a holdout; it reads texts, and takes seconds.

    Raises
    ------
    GateError
        If they have, or nobody can say.
    """
    leaks = check_leakage(workspace, holdout.id, change_ids=change_ids)
    if leaks.n_overlap != 0:
        said = (
            "nobody can say what leaks into it"
            if leaks.n_overlap is None
            else f"{counted(leaks.n_overlap, 'case leaks', 'cases leak')}"
        )
        of_issues = [issue for change in change_ids for issue in find_change(workspace, change).issue_ids]
        raise GateError(said, where=holdout.id, fix=make_anew(holdout.kind, of_issues))


def _first(holdout: Holdout, n: int) -> frozenset[str]:
    staying = [one.case_id for one in holdout.cases if one.case_id not in holdout.erased]
    return frozenset(staying[:n])
