"""The values of both arms, case by case: what every method starts from.

The case is the unit: its trials are averaged. A run that broke counts as the worst that can happen, never as nothing;
otherwise the arm that breaks on its hard cases would look better for it.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.experiments.metric import Metric
from workbench.experiments.valued import valued

Numbers = NDArray[np.float64]
ARMS = ("baseline", "candidate")
STATUSES = ("ok", "error", "missing")


class Pairs(NamedTuple):
    """Cases with a value in both arms; arrays of shape (cases,), in the order of `case_ids`."""

    case_ids: tuple[str, ...]
    """Sorted."""
    baseline: Numbers
    """Mean of the case's trials; of a geometric ratio the mean of their logarithms."""
    candidate: Numbers
    """The same of the candidate."""
    units: NDArray[np.int64]
    """Number of the user that each case is of, from 0; of a case without a user, one of its own."""
    n_trials: int
    """The most trials that any case has in an arm."""
    within: float | None
    """Variance of a case's difference that comes of its few trials, averaged; None without repeated trials."""
    n_failed: int
    """Runs that count as failures because they broke, or have no value where that is a failure."""


def pairs_of(results: pl.DataFrame, metric: Metric) -> Pairs:
    """Return the paired values of one metric.

    Parameters
    ----------
    results
        schemas.RESULTS.
    metric
        The metric; its rows are those of its name.

    Raises
    ------
    ValueError
        If a value lies outside of what the metric can have, or there is none from which to tell how bad a failure is.
    """
    values, worst, n_failed = valued(results, metric)
    by_case = _by_case(values, worst=worst if metric.missing == "fail" else None)
    n_absent = int(by_case["n_absent"].sum())
    return Pairs(
        tuple(by_case["case_id"]),
        by_case["baseline"].to_numpy(),
        by_case["candidate"].to_numpy(),
        by_case["unit"].to_numpy(),
        int(by_case.select(pl.max_horizontal("n_baseline", "n_candidate").max()).item() or 0),
        _within(by_case),
        n_failed + n_absent,
    )


def _by_case(values: pl.DataFrame, *, worst: float | None) -> pl.DataFrame:
    """Return one row a case that has a value in both arms, by its id; with `worst`, of all that have one in either."""
    arms = (
        values.group_by("case_id", "arm")
        .agg(
            pl.col("scored").mean().alias("mean"),
            pl.col("scored").count().alias("n"),
            pl.col("scored").var().alias("variance"),
        )
        .filter(pl.col("n") > 0)
    )
    one, other = (
        arms.filter(pl.col("arm") == arm).select("case_id", pl.col("mean", "n", "variance").name.suffix(f"_{arm}"))
        for arm in ARMS
    )
    users = values.group_by("case_id").agg(pl.col("user_key").drop_nulls().min())
    both = one.join(other, on="case_id", how="full", coalesce=True).join(users, on="case_id", how="left")
    means = [pl.col(f"mean_{arm}") for arm in ARMS]
    if worst is not None:
        filled = [mean.fill_null(worst) for mean in means]
        both = both.with_columns(*filled, pl.sum_horizontal(mean.is_null() for mean in means).alias("n_absent"))
    else:
        both = both.drop_nulls([f"mean_{arm}" for arm in ARMS]).with_columns(pl.lit(0).alias("n_absent"))
    unit = pl.coalesce(pl.concat_str(pl.lit("user "), "user_key"), pl.concat_str(pl.lit("case "), "case_id"))
    return (
        both.sort("case_id")
        .with_columns(unit.rank("dense").cast(pl.Int64).sub(1).alias("unit"))
        .rename({f"mean_{arm}": arm for arm in ARMS})
        .with_columns(pl.col(f"n_{arm}").fill_null(0) for arm in ARMS)
    )


def _within(by_case: pl.DataFrame) -> float | None:
    repeated = by_case.filter((pl.col("n_baseline") > 1) & (pl.col("n_candidate") > 1))
    if repeated.is_empty():
        return None
    parts = [pl.col(f"variance_{arm}") / pl.col(f"n_{arm}") for arm in ARMS]
    return float(repeated.select((parts[0] + parts[1]).mean()).item())
