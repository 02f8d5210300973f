"""What of a holdout leaks into a change: looked for before a run, in its development traces and in its prompts."""

from collections.abc import Sequence

from workbench import clustering
from workbench.clustering import Embed
from workbench.experiments.leakage import Leakage, leakage
from workbench.loop.holdouts.developed import changes_for, development_of, examples_of
from workbench.loop.holdouts.files import find_holdout, held_cases
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.loop.named import find_change
from workbench.store import Workspace


def check_leakage(
    workspace: Workspace,
    holdout_id: str,
    *,
    change_ids: Sequence[str] | None = None,
    embed: Embed = clustering.embed,
) -> Leakage:
    """Return which cases of a holdout changes have seen, each beside what gives it away; read-only.

    Parameters
    ----------
    workspace
        Where holdout, changes and the app are.
    holdout_id
        The holdout.
    change_ids
        The changes that are to be judged on it; None is all for its issues, or all there are where it is for none.
    embed
        What tells near-duplicates.

    Raises
    ------
    ConfigError
        If there is no such holdout or change.
    StoreError
        If its cases are not those that were set apart.
    RepositoryError
        If the app's repository cannot be read.
    """
    holdout = find_holdout(workspace, holdout_id)
    if change_ids is None:
        changes = changes_for(workspace, holdout.issue_ids)
    else:
        changes = [find_change(workspace, one) for one in change_ids]
    developed = development_of(changes)
    told = cases_of(workspace, developed.traces)
    return leakage(
        held_cases(workspace, holdout),
        development=told.cases,
        examples=tuple(examples_of(workspace, changes)),
        embed=embed,
        n_unknown=len(told.without),
    )
