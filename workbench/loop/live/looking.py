"""A look at an experiment on live traffic: at the next planned one it is decided, between two only harm is looked for.

Who looks daily at what may be decided finds something sooner or later. Here that costs nothing: before the planned
users came, a look tells how many there are, and stops a candidate that hurts.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from workbench.errors import ConfigError, GateError, InsufficientDataError
from workbench.experiments.exposures import Exposed
from workbench.experiments.live_results import live_results
from workbench.experiments.plan import Plan, from_json
from workbench.experiments.result_rows import Scorer
from workbench.loop.exposures.looked import keep_look, looks_of, make_look
from workbench.loop.exposures.outcome import LiveOutcome, outcome_of
from workbench.loop.exposures.traffic import read_traffic
from workbench.loop.exposures.values import live_values
from workbench.loop.validate.deciding import Decided, decide_experiment
from workbench.loop.validate.finding import check_stands, find_experiment, tested_by
from workbench.loop.validate.planning import still_tested
from workbench.records import FINAL, Experiment, Identity, LiveLook
from workbench.store import Workspace


class Seen(NamedTuple):
    """What a look saw."""

    plan: Plan
    """The plan."""
    exposed: Exposed
    """Who was exposed so far."""
    n_next: int
    """Users at the next planned look, or at the one that was taken."""
    look: LiveLook | None
    """The record of the look; None where nothing was decided: it was between looks, and no harm is shown."""
    outcome: LiveOutcome
    """What it comes to."""
    decided: Decided | None
    """The decision on the experiment; None as above."""

    @property
    def n_users(self) -> int:
        """How many users were exposed so far."""
        return self.exposed.exposures.height


def take_look(
    workspace: Workspace,
    experiment_id: str,
    *,
    author: str,
    identity: Identity,
    now: datetime,
    own: Mapping[str, Scorer] = {},
) -> Seen:
    """Take the next look that is due and decide, or look for harm; a look that was taken stays as it was.

    Parameters
    ----------
    workspace
        Where the experiment and the traffic are.
    experiment_id
        The experiment.
    author, identity
        Who looks, and how that name was obtained.
    now
        The time, UTC.
    own
        Scorers of the app's own, by the metric's name.

    Raises
    ------
    ConfigError
        If there is no such experiment, it is not of live traffic, or nothing measures a metric.
    GateError
        If it has ended or was withdrawn, or what it tests is another version by now.
    InsufficientDataError
        If nobody was exposed yet.
    """
    experiment = find_experiment(workspace, experiment_id)
    check_stands(workspace, experiment)
    plan = from_json(experiment.plan)
    if not plan.is_live:
        raise ConfigError("it is not of live traffic", where=experiment.id, fix="`workbench experiment run` runs it")
    _check_goes_on(workspace, experiment, now=now)
    head, erasures = workspace.ledger.head(), workspace.erasures.all()
    next_ = _next_look(workspace, experiment, plan)
    still_tested(workspace, tested_by(workspace, experiment)._replace(arms=experiment.arms), now=now)
    traffic = read_traffic(workspace, plan)
    exposed = traffic.exposed
    if exposed.exposures.is_empty():
        fix = f"let the app record feature_flag.key == {plan.flag!r} and the variant where it assigns, then ingest"
        raise InsufficientDataError("nobody was exposed yet", where=experiment.id, fix=fix)
    n_next = plan.n_cases_at(next_)
    look = next_ if exposed.exposures.height >= n_next else None
    values = live_values(workspace, experiment, plan.metrics, traffic, own=own, now=now)
    found = live_results(plan, values, exposed, experiment_id=experiment.id, look=look)
    looked = make_look(experiment, found, exposed, look=look, author=author, identity=identity, now=now)
    outcome = outcome_of(experiment, plan, looked, faults=(), frozen_at=experiment.frozen_at, now=now)
    if look is None and outcome.ruling.decision != "dont_ship":
        return Seen(plan, exposed, n_next, None, outcome, None)
    keep_look(workspace, looked, after=head, erasures=erasures)
    decided = decide_experiment(workspace, experiment.id, now=now)
    return Seen(plan, exposed, n_next, looked.look, outcome, decided)


def _check_goes_on(workspace: Workspace, experiment: Experiment, *, now: datetime) -> None:
    """Check that the newest look left it open; a decision that a kill prevented is made now.

    Raises
    ------
    GateError
        If it did not.
    """
    decided = decide_experiment(workspace, experiment.id, now=now) if looks_of(workspace, experiment) else None
    if decided is not None and decided.ruling.decision in FINAL:
        fix = f"`workbench experiment show {experiment.id}`"
        raise GateError(f"it has ended: {decided.ruling.decision}", where=experiment.id, fix=fix)


def _next_look(workspace: Workspace, experiment: Experiment, plan: Plan) -> float:
    """Return the next planned look.

    Raises
    ------
    GateError
        If all were taken.
    """
    taken = {one.look for one in looks_of(workspace, experiment)}
    left = [share for share in plan.looks if share not in taken]
    if not left:
        raise GateError("all its looks were taken", where=experiment.id, fix="plan another experiment")
    return left[0]
