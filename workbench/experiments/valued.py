"""The values of one metric, on the scale on which they are averaged; what broke counts as the worst that can happen.

Otherwise the arm that breaks on its hard cases would look better for it.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from workbench.experiments.metric import Metric
from workbench.schemas import RESULTS, require


class Valued(NamedTuple):
    """Rows of one metric with their values."""

    rows: pl.DataFrame
    """schemas.RESULTS and `scored`: the value, of a geometric ratio its logarithm; null where it is left out."""
    worst: float | None
    """What a failure counts as, on that scale; None where there is no value from which to tell."""
    n_failed: int
    """Rows that count as failures because they broke, or have no value where that is a failure."""


def valued(results: pl.DataFrame, metric: Metric) -> Valued:
    """Return the rows of one metric with their values.

    Parameters
    ----------
    results
        schemas.RESULTS.
    metric
        The metric; its rows are those of its name.

    Raises
    ------
    ValueError
        If a value lies outside of what the metric can have.
    """
    require(results, RESULTS.schema, of="experiments.valued")
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
    return Valued(values, _on_scale(worst, metric), rows.filter(is_failed).height)


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
