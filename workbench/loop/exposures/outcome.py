"""What an experiment on live traffic comes to at its newest look, worked out anew from the ledger and the tables.

Between looks nothing is decided but harm, and nothing that was not written down at a look counts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl
from polars.exceptions import PolarsError

from workbench.errors import WorkbenchError, first_line
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.decision import Ruling, decide
from workbench.experiments.live_harm import Harm, harms_so_far, rule_between_looks
from workbench.experiments.plan import Plan
from workbench.experiments.validity import Conduct, faults_of
from workbench.loop.exposures.looked import Looked, exposures_digest, newest_look
from workbench.records import Experiment
from workbench.schemas import RESULTS
from workbench.store import Workspace

UNREADABLE = (WorkbenchError, ValueError, OSError, PolarsError)
"""What a record, a file or a table raises that cannot be read: nothing is decided on it, and no report breaks."""
NO_LOOK = "no look was taken: `workbench experiment look`"


class LiveOutcome(NamedTuple):
    """What a look comes to."""

    looked: Looked | None
    """The look; None before the first, or where it cannot be read."""
    results: pl.DataFrame
    """schemas.RESULTS of it."""
    analysis: Analysis
    """What they come to; empty for a look between looks."""
    ruling: Ruling
    """The decision by the rules."""
    harms: tuple[Harm, ...] = ()
    """Of a look between looks: what it says of harm, one a metric that can be told yet."""


def live_outcome(
    workspace: Workspace,
    experiment: Experiment,
    plan: Plan,
    *,
    faults: Sequence[str],
    frozen_at: datetime | None,
    now: datetime,
) -> LiveOutcome:
    """Return what an experiment comes to at its newest look; read-only, and what is wrong is in the ruling's reasons.

    Parameters
    ----------
    workspace, experiment, plan
        The experiment, and its plan, of live traffic.
    faults
        What is wrong with the record of it.
    frozen_at
        When the ledger got it.
    now
        The time, UTC, for the plan's deadline.
    """
    try:
        looked = newest_look(workspace, experiment, flag=plan.flag)
    except UNREADABLE as error:
        return _invalid((*faults, f"the look cannot be read: {first_line(error)}"))
    if looked is None:
        return _invalid((*faults, NO_LOOK))
    return outcome_of(experiment, plan, looked, faults=faults, frozen_at=frozen_at, now=now)


def outcome_of(
    experiment: Experiment,
    plan: Plan,
    looked: Looked,
    *,
    faults: Sequence[str],
    frozen_at: datetime | None,
    now: datetime,
) -> LiveOutcome:
    """Return what one look comes to, whether or not it was written down; parameters as of `live_outcome`."""
    look, results = looked.look, looked.results
    conduct = Conduct(
        experiment_id=look.id,
        plan_digest=experiment.plan_digest,
        frozen_at=frozen_at,
        started_at=look.started_at,
        commits={arm.name: arm.commit for arm in experiment.arms},
        holdout_id="",
        n_overlap=None,
        n_uses_left=None,
        n_assigned=look.n_assigned,
        results_digest=look.results_digest,
        look=look.look,
        n_mixed=look.n_mixed,
    )
    wrong = [*faults, *faults_of(plan, conduct, results, before=looked.before)]
    if exposures_digest(looked.exposures) != look.exposures_digest:
        wrong.append("the exposures are not those that the look left")
    every = tuple(dict.fromkeys(wrong))
    if look.look is None:
        harms = () if every else harms_so_far(plan, results, looked.exposures)
        ruling = rule_between_looks(harms, plan=plan, faults=every)
        return LiveOutcome(looked, results, Analysis((), ()), ruling, harms)
    if results.is_empty() or look.look not in plan.looks:
        return LiveOutcome(looked, results, Analysis((), ()), Ruling("invalid", every))
    analysis = analyse(plan, results, look=look.look, before=looked.before)
    return LiveOutcome(looked, results, analysis, decide(plan, analysis, faults=every, now=now, look=look.look))


def _invalid(faults: tuple[str, ...]) -> LiveOutcome:
    return LiveOutcome(None, RESULTS.empty(), Analysis((), ()), Ruling("invalid", faults))
