"""What a run came to is kept: its results in their table, then its record in the ledger, by which they are known.

A kill may fall between the two. What stands in the table then was a sound run's, unless somebody put it there; it is
taken if it is what the run comes to by what people had said at one moment, and refused otherwise.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import polars as pl

from workbench.errors import GateError
from workbench.experiments.judging import of_cases
from workbench.experiments.plan import from_json
from workbench.experiments.validity import results_digest
from workbench.loop.validate.cases import judging
from workbench.loop.validate.labelling import moments_of
from workbench.loop.validate.run_records import results_of_experiment
from workbench.loop.validate.valuing import Valued
from workbench.records import Actor, Experiment, ExperimentRun
from workbench.schemas import RESULTS
from workbench.store import Workspace

_ANEW = "freeze the plan anew: answers that are in the cache are not asked for again"


def results_before(workspace: Workspace, experiment: Experiment, before: ExperimentRun | None) -> pl.DataFrame:
    """Return the results up to the look before, which must be those that the run left there.

    Raises
    ------
    GateError
        If they are not.
    """
    if before is None:
        return RESULTS.empty()
    cases = judging(workspace, from_json(experiment.plan), look=before.look).every
    rows = of_cases(results_of_experiment(workspace, experiment), cases)
    if results_digest(rows) != before.results_digest:
        fix = "run a sound experiment: this one decides nothing any more"
        raise GateError("the results are not those that the run left", where=experiment.id, fix=fix)
    return rows


def as_left(
    workspace: Workspace,
    experiment: Experiment,
    valued: Valued,
    *,
    seen: Iterable[str],
    at: Callable[[datetime], Valued],
) -> Valued:
    """Return the values of a run, or those that a killed part of it put into the table before people said otherwise.

    Parameters
    ----------
    workspace, experiment
        What was run.
    valued
        The values by what people say now.
    seen
        The cases of looks before.
    at
        Gives the values by what people had said at a moment.

    Raises
    ------
    GateError
        If the table has results that the run comes to at no moment.
    """
    every = results_of_experiment(workspace, experiment)
    left = every.filter(~pl.col("case_id").is_in(list(seen)))
    if left.is_empty() or valued.rows is None:
        return valued
    stored, found = results_digest(left), valued
    for moment in moments_of(workspace, experiment):
        if found.rows is None:
            break
        if results_digest(found.rows) == stored:
            return found
        found = at(moment)
    if found.rows is not None and results_digest(found.rows) == stored:
        return found
    raise GateError("the table has results that are not the run's", where=experiment.id, fix=_ANEW)


def keep(
    workspace: Workspace,
    record: ExperimentRun,
    rows: pl.DataFrame,
    *,
    actor: Actor,
    erasures: Sequence[tuple[str, str]],
) -> bool:
    """Put results into their table, then the record into the ledger, unless a user was erased meanwhile; say whether.

    Done again, it adds nothing.
    """
    with workspace.writing():
        if workspace.erasures.all() != erasures:
            return False
        workspace.telemetry.append(RESULTS, rows, source=f"{record.experiment_id} {record.look}", offset=rows.height)
        workspace.ledger.append([record], now=record.at, actor=actor)
    return True
