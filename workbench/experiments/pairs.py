"""The values of both arms, case by case: what every method starts from.

The case is the unit: its trials are averaged. A run that broke counts as the worst that can happen, never as nothing;
otherwise the arm that breaks on its hard cases would look better for it.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.experiments.metric import Metric
from workbench.schemas import RESULTS, require

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
    require(results, RESULTS.schema, of="experiments.pairs")
    rows = results.filter(pl.col("metric") == metric.name)
    is_scored = (pl.col("status") == "ok") & pl.col("value").is_finite().fill_null(value=False)
    scored = rows.filter(is_scored)
    _check_values(scored["value"], metric)
    worst = _worst(scored["value"], metric)
    is_failed = (pl.col("status") == "error") | (pl.lit(metric.missing == "fail") & ~is_scored)
    values = rows.with_columns(
        pl.when(is_scored).then(pl.col("value")).when(is_failed).then(pl.lit(worst, pl.Float64)).alias("scored")
    )
    if metric.estimated == "geometric_ratio":
        values = values.with_columns(pl.col("scored").log())
    by_case = _by_case(values, worst=_on_scale(worst, metric) if metric.missing == "fail" else None)
    n_absent = int(by_case["n_absent"].sum())
    return Pairs(
        tuple(by_case["case_id"]),
        by_case["baseline"].to_numpy(),
        by_case["candidate"].to_numpy(),
        by_case["unit"].to_numpy(),
        int(by_case.select(pl.max_horizontal("n_baseline", "n_candidate").max()).item() or 0),
        _within(by_case),
        rows.filter(is_failed).height + n_absent,
    )


def _check_values(values: pl.Series, metric: Metric) -> None:
    if metric.estimated in ("geometric_ratio", "quantile") and (values <= 0).any():
        raise ValueError(f"{metric.name}: a value is not above 0, must be")
    if metric.kind in ("count", "positive", "ratio") and (values < 0).any():
        raise ValueError(f"{metric.name}: a value is below 0, must be at least 0")
    if metric.kind == "binary" and not values.is_in([0.0, 1.0]).all():
        raise ValueError(f"{metric.name}: a value is neither 0 nor 1, must be one of them")
    if metric.range is not None and not values.is_between(*metric.range).all():
        raise ValueError(f"{metric.name}: a value is outside of {metric.range[0]:g} to {metric.range[1]:g}")


def _worst(values: pl.Series, metric: Metric) -> float | None:
    """Return what a failure counts as: the bad end of the range, or the worst that was seen in either arm."""
    if metric.bounds is not None:
        return metric.bounds[0] if metric.direction == 1 else metric.bounds[1]
    if values.is_empty():
        return None
    seen = values.min() if metric.direction == 1 else values.max()
    return float(seen)  # type: ignore[arg-type]


def _on_scale(worst: float | None, metric: Metric) -> float | None:
    is_logarithm = metric.estimated == "geometric_ratio" and worst is not None
    return float(np.log(worst)) if is_logarithm else worst  # type: ignore[arg-type]


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
