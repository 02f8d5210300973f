"""The users of each arm of live traffic, with what they did; and what was known of them before they were assigned.

A trial of a case is averaged before the case is counted, as everywhere; cases are added up by user, because the user
is what was assigned.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.experiments.live_tests import Numbers, Totals
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import ARMS
from workbench.experiments.valued import valued
from workbench.stats.welch import Arms, cuped

FEW_PASTS = 10
"""With fewer users of whom something is known from before, nothing is explained by it."""


class UsersOfArms(NamedTuple):
    """Users who have a value, by arm; each arm in the order of its user keys."""

    keys: tuple[tuple[str, ...], tuple[str, ...]]
    totals: tuple[Totals, Totals]
    n_failed: int
    """Values that count as failures."""

    @property
    def means(self) -> Arms:
        """One mean a user."""
        return Arms(*(arm.sums / arm.n for arm in self.totals))


def users_of_arms(results: pl.DataFrame, metric: Metric) -> UsersOfArms:
    """Return the users of one metric.

    Parameters
    ----------
    results
        schemas.RESULTS, a row with a user each.
    metric
        The metric.

    Raises
    ------
    ValueError
        If a value lies outside of what the metric can have, or an arm has fewer than two users with one.
    """
    rows, _, n_failed = valued(results, metric)
    users = _by_user(rows, "arm", "user_key")
    arms = [users.filter(pl.col("arm") == arm) for arm in ARMS]
    for name, arm in zip(ARMS, arms, strict=True):
        if arm.height < 2:
            raise ValueError(f"{metric.name}: {arm.height} users of the {name} have a value, must be 2")
    keys = tuple(arms[0]["user_key"]), tuple(arms[1]["user_key"])
    return UsersOfArms(keys, (_totals(arms[0]), _totals(arms[1])), n_failed)


class Explained(NamedTuple):
    """Values of users less what their past explains."""

    values: Arms
    n_known: int
    """Users with a past; 0 where it was left alone."""
    past: Arms | None
    """What explained them, one value a user; None where it was left alone."""


def explained(users: UsersOfArms, before: pl.DataFrame, metric: Metric) -> Explained:
    """Return one value a user, less what the user's past explains; as it is where fewer than FEW_PASTS have one.

    Who has no past stands where the mean of the pasts is, so that nothing of it is explained away.

    Parameters
    ----------
    users
        The users.
    before
        schemas.RESULTS of the same metric from before each user's first exposure.
    metric
        The metric.
    """
    pasts = _by_user(valued(before, metric).rows, "user_key")
    known = {key: total / n for key, total, n in pasts.select("user_key", "sum", "n").iter_rows()}
    found = [known[key] for arm in users.keys for key in arm if key in known]
    if len(found) < FEW_PASTS:
        return Explained(users.means, 0, None)
    usual = float(np.mean(found))
    past = Arms(*(np.array([known.get(key, usual) for key in arm]) for arm in users.keys))
    return Explained(cuped(users.means, past), len(found), past)


def _by_user(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Return one row a user with the sum and number of the user's cases."""
    known = rows.filter(pl.col("scored").is_not_null() & pl.col("user_key").is_not_null())
    cases = known.group_by(*by, "case_id").agg(pl.col("scored").sort_by("trial").mean())
    # Sorted before it is added up: floating point sums depend on their order.
    return (
        cases.sort("user_key", "case_id").group_by(*by).agg(pl.col("scored").sum().alias("sum"), pl.len().alias("n"))
    ).sort(*by)


def _totals(arm: pl.DataFrame) -> Totals:
    sums: Numbers = arm["sum"].to_numpy().astype(np.float64)
    return Totals(sums, arm["n"].to_numpy().astype(np.float64))
