"""An experiment on live traffic is planned: its flag, the share of users who meet the candidate, users and looks.

It is frozen as any other; the app then assigns users by the flag (`experiments.assign`), and no arm is run by the
workbench.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from workbench.errors import ConfigError, GateError
from workbench.experiments.assign import HALF
from workbench.experiments.metric import UNITS, Metric
from workbench.experiments.outlook import cannot_ship, outlook
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan, from_json
from workbench.loop.exposures.values import check_live
from workbench.loop.scoring.detected import detectors_for, versioned
from workbench.loop.scoring.scorers import check_metrics
from workbench.loop.validate.finding import find_tested
from workbench.loop.validate.metrics import of_issues
from workbench.loop.validate.planning import Planned
from workbench.records import Experiment
from workbench.store import Workspace


def plan_live(
    workspace: Workspace,
    name: str,
    *,
    flag: str,
    metrics: Sequence[Metric],
    n_users: int,
    looks: Sequence[float] = (),
    candidate_share: float = HALF,
    variants: tuple[str, str] = ARMS,
    own: Collection[str] = (),
    deadline_at: datetime | None = None,
    deviations: Mapping[str, float] | None = None,
) -> Planned:
    """Return the plan of an experiment on live traffic with what it can show; nothing is written.

    Metrics that were meant for cases are taken over by users: what is of traces is averaged by user, since users are
    assigned.

    Parameters
    ----------
    workspace
        Where the change or candidate is.
    name
        What is tested: a change by its id, or a candidate by its id or name.
    flag
        The key of the feature flag, which no other experiment may have.
    metrics
        What is measured, a target among it.
    n_users
        Users of both arms together.
    looks
        Shares of the users at which it may be decided before the end.
    candidate_share
        The share of users whom the flag gives the candidate.
    variants
        What the flag calls baseline and candidate.
    own
        Names of metrics that the app's own scorers measure.
    deadline_at
        When "inconclusive" becomes a decision of a person; None once all users came.
    deviations
        By metric the standard deviation of a user's gain in an earlier experiment (`Estimate.deviation`).

    Raises
    ------
    ConfigError
        If there is no such change, candidate or metric, live traffic cannot tell a metric, or the plan is none.
    GateError
        If the change has no commit, the candidate is not frozen, or the flag had another experiment.
    """
    tested = find_tested(workspace, name)
    for one in workspace.ledger.latest(Experiment):
        if from_json(one.plan).flag == flag:
            said = "users in its arms would be in the same arms again, and what they met before would count"
            raise GateError(f"flag == {flag!r} had an experiment: {said}", where=one.id, fix="name another flag")
    metrics = of_issues(metrics, tested.issues)
    detectors = detectors_for(workspace, metrics)
    metrics = versioned(metrics, detectors)
    check_metrics(metrics, own=own, detectors=detectors)
    try:
        of_users = tuple(map(by_user, metrics))
        check_live(of_users)
        plan = Plan(
            metrics=of_users,
            n_cases=n_users,
            looks=tuple(sorted({*looks, 1.0})),
            flag=flag,
            candidate_share=candidate_share,
            variants=variants,
            deadline_at=deadline_at,
            max_cases=n_users if deadline_at is None else None,
        )
    except ValueError as error:
        raise ConfigError(str(error), where="plan") from error
    return Planned(plan, tested, outlook(plan, deviations=deviations), cannot_ship(plan), 0)


def by_user(metric: Metric) -> Metric:
    """Return a metric as it is of users of live traffic; one that says itself that users are assigned stays as it is.

    Examples
    --------
    >>> from workbench.experiments.metric import Amount
    >>> by_user(Metric(name="right", role="target", mwe=Amount(0.0))).unit_chain
    ('trace', 'user')
    """
    if metric.randomised_by == "user":
        return metric
    chain = tuple(unit for unit in UNITS if unit in (*metric.unit_chain, "user"))
    return replace(metric, unit_chain=chain, randomised_by="user")
