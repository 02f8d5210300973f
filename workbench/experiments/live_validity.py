"""Whether live traffic may decide anything: each user in one arm, all of them there, and few without a value."""

import polars as pl

from workbench.counted import counted
from workbench.experiments.metric import Metric
from workbench.experiments.pairs import ARMS
from workbench.stats.missing import missing_units_differ
from workbench.stats.sample_ratio import THRESHOLD

MAX_MISSING_SHARE = 0.02
"""Of pairs, or users, without a value: with more than one in fifty, what is missing may be what matters."""
MAX_MIXED_SHARE = 0.02
"""Of users seen in both arms, likewise: who comes often is seen in both sooner, so that leaving them out selects."""


def users_differ(
    results: pl.DataFrame, *, n_assigned: tuple[int, int], n_mixed: int, n_planned: int | None
) -> list[str]:
    """Return what is wrong with who is in the results, a sentence a fault.

    Parameters
    ----------
    results
        schemas.RESULTS; every user who is not left out has a row of each metric, if need be a `missing` one.
    n_assigned
        Users of each arm by their first exposure.
    n_mixed
        Users of these who were seen in both arms, and are left out.
    n_planned
        Users at the planned look; None between looks.
    """
    faults = []
    n_users = sum(n_assigned)
    if n_planned is not None and n_users != n_planned:
        faults.append(f"{counted(n_users, 'user was', 'users were')} exposed, the look is planned at {n_planned:,}")
    if n_users and not 0 <= n_mixed / n_users <= MAX_MIXED_SHARE:
        faults.append(
            f"{n_mixed:,} of {counted(n_users, 'user was', 'users were')} seen in both arms ({n_mixed / n_users:.1%}), "
            f"more than {MAX_MIXED_SHARE:.0%}"
        )
    n_unknown = results["user_key"].null_count()
    if n_unknown:
        faults.append(f"{counted(n_unknown, 'row')} of the results: of no known user")
    users = results.filter(pl.col("user_key").is_not_null()).group_by("user_key").agg(pl.col("arm").n_unique())
    n_both = users.filter(pl.col("arm") > 1).height
    if n_both:
        faults.append(f"{counted(n_both, 'user has', 'users have')} results in both arms")
    if users.height != n_users - n_mixed:
        faults.append(
            f"{counted(users.height, 'user has', 'users have')} results, {n_users - n_mixed:,} were exposed to one arm"
        )
    return faults


def too_many_users_missing(results: pl.DataFrame, metric: Metric) -> list[str]:
    """Return a fault if too many users have no value of a metric, and one if one arm misses more than the other.

    Parameters
    ----------
    results
        schemas.RESULTS, each user in one arm.
    metric
        The metric; of one whose missing values are failures, nobody is missing.
    """
    if metric.missing == "fail":
        return []
    rows = results.filter(pl.col("metric") == metric.name)
    is_known = (pl.col("status") == "error") | ((pl.col("status") == "ok") & pl.col("value").is_finite())
    users = rows.group_by("arm", "user_key").agg(is_known.any().fill_null(value=False).alias("is_known"))
    everybody = results.select("arm", "user_key").unique().join(users, on=["arm", "user_key"], how="left")
    counts = {
        arm: (part.height, part.height - int(part["is_known"].fill_null(value=False).sum()))
        for arm in ARMS
        for part in (everybody.filter(pl.col("arm") == arm),)
    }
    n, n_missing = (tuple(counts[arm][place] for arm in ARMS) for place in (0, 1))
    faults = []
    if sum(n) and sum(n_missing) / sum(n) > MAX_MISSING_SHARE:
        faults.append(
            f"{metric.name}: {sum(n_missing):,} of {counted(sum(n), 'user')} without "
            f"a value ({sum(n_missing) / sum(n):.1%}), "
            f"more than {MAX_MISSING_SHARE:.0%}"
        )
    if missing_units_differ((n_missing[0], n_missing[1]), (n[0], n[1])) < THRESHOLD:
        faults.append(
            f"{metric.name}: {counted(n_missing[0], 'user')} of the baseline "
            f"without a value, {n_missing[1]:,} of the other"
        )
    return faults
