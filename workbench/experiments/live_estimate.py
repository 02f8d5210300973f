"""The estimate of one metric on live traffic, where each user is in one arm."""

import numpy as np
import polars as pl

from workbench.counted import counted
from workbench.experiments.estimate import Estimate
from workbench.experiments.estimating import Counted, estimate_of
from workbench.experiments.live_relative import means_against_baseline, ratios_against_baseline
from workbench.experiments.live_tests import of_user_means, of_user_ratios
from workbench.experiments.live_users import Explained, explained, users_of_arms
from workbench.experiments.metric import Metric
from workbench.experiments.scale import bounds_of

COUNTS_USERS = "user"
"""The end of the unit chain of a metric that counts each user once."""


def live_estimate(metric: Metric, results: pl.DataFrame, before: pl.DataFrame | None, *, alpha: float) -> Estimate:
    """Return the estimate of one metric; deterministic, and the same in whatever order the rows stand.

    Cases and units are the users who have a value, of both arms together. None is fixed or broken: no case ran in both
    arms.

    Parameters
    ----------
    metric
        The metric.
    results
        schemas.RESULTS, of each user in one arm.
    before
        The same from before the users were assigned; only a metric that counts each user once is adjusted by it.
    alpha
        The one-sided level.

    Raises
    ------
    ValueError
        If it cannot be estimated.
    """
    users = users_of_arms(results, metric)
    n_users = sum(map(len, users.keys))
    counts = Counted(n_users, n_users, 1, 0, 0, users.n_failed, None)
    level = 1 - 2 * alpha
    if metric.unit_chain[-1] != COUNTS_USERS:
        centres = _on_own_scale(metric, *(float(arm.sums.sum() / arm.n.sum()) for arm in users.totals))
        bounds = bounds_of(metric, centres[0], level=level)
        tested = of_user_ratios(*users.totals, metric, bounds)
        tested = ratios_against_baseline(tested, users.totals, metric, level=level)
        return estimate_of(metric, tested, bounds, centres=centres, counts=counts)
    values, n_known, past = Explained(users.means, 0, None) if before is None else explained(users, before, metric)
    centres = _on_own_scale(metric, *(float(arm.mean()) for arm in values))
    bounds = bounds_of(metric, centres[0], level=level)
    words = f", less what the past of {n_known:,} of {counted(n_users, 'user')} explains (CUPED)" if n_known else ""
    tested = of_user_means(values, metric, bounds, words=words)
    tested = means_against_baseline(tested, users.means, metric, past=past, level=level)
    return estimate_of(metric, tested, bounds, centres=centres, counts=counts)


def _on_own_scale(metric: Metric, baseline: float, candidate: float) -> tuple[float, float]:
    is_logarithm = metric.estimated == "geometric_ratio"
    return (float(np.exp(baseline)), float(np.exp(candidate))) if is_logarithm else (baseline, candidate)
