"""The command that plans an experiment, with the ids of holdouts that are there; else the one that makes a holdout."""

from collections.abc import Collection, Sequence

from workbench.loop.holdouts import uses_of
from workbench.loop.sample_app.app import is_sample_app
from workbench.records import Holdout, HoldoutKind
from workbench.store import Workspace


def plan_command(
    workspace: Workspace,
    name: str,
    *,
    issue_ids: Sequence[str],
    seen: Collection[str] = (),
    needs: HoldoutKind = "random",
) -> str:
    """Return the command that plans an experiment on the newest holdouts that may be used; read-only.

    Where the holdout that it needs is not there, it is the one that makes it: no change is judged without random cases.

    Parameters
    ----------
    workspace
        Where the holdouts are.
    name
        What is to be tested: a change or a candidate.
    issue_ids
        The issues that it is for.
    seen
        Ids of holdouts that are not to be used again.
    needs
        What it cannot do without: random cases, or targeted ones beside them.
    """
    usable = [one for one in workspace.ledger.latest(Holdout) if one.id not in seen and _is_for(one, issue_ids)]
    random, targeted = _newest(workspace, usable, "random"), _newest(workspace, usable, "targeted")
    if targeted is None and needs == "targeted":
        return f"workbench holdout make targeted --issue {issue_ids[0]} --unjudged"
    if random is None:
        return f"workbench holdout make random --issue {issue_ids[0]}"
    of_random, of_targeted = ({case.case_id for case in one.cases} if one else set() for one in (random, targeted))
    of_issue = f" --targeted {targeted.id}" if targeted and of_random.isdisjoint(of_targeted) else ""
    return f"workbench experiment plan {name} --holdout {random.id}{of_issue} --freeze{option_of_app(workspace)}"


def option_of_app(workspace: Workspace) -> str:
    """Return the option that says how the app is run, where it is the sample's and nothing else says it; else none."""
    return " --sample-app" if not workspace.app_run.said and is_sample_app(workspace.app) else ""


def _is_for(holdout: Holdout, issue_ids: Sequence[str]) -> bool:
    return not holdout.issue_ids or not set(issue_ids).isdisjoint(holdout.issue_ids)


def _newest(workspace: Workspace, holdouts: Sequence[Holdout], kind: HoldoutKind) -> Holdout | None:
    """Return the newest holdout of a kind that still has cases, and uses."""
    for one in sorted(holdouts, key=lambda one: one.id, reverse=True):
        if one.kind == kind and len(one.cases) > len(one.erased) and len(uses_of(workspace, one.id)) < one.n_uses:
            return one
    return None
