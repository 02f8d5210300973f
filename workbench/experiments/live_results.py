"""From what happened to whom to results: values from after each user's first exposure, in that exposure's arm.

What a user did before is kept apart: it says nothing of the arms, and takes out noise.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from workbench.experiments.exposures import Exposed
from workbench.experiments.metric import Metric, Unit
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import Plan
from workbench.schemas import RESULTS, require

ID_OF: Mapping[Unit, str] = {
    "turn": "span_id",
    "trace": "trace_id",
    "session": "session_id",
    "user": "user_key",
}
"""Where the id of each unit stands in the values."""
COLUMNS = ("metric", "value", "status", *ID_OF.values(), "at", "commit", "judge")


class LiveResults(NamedTuple):
    """What an experiment on live traffic left, as far as a look goes."""

    results: pl.DataFrame
    """schemas.RESULTS, from the first exposure on; who has no value of a metric has a `missing` row of it."""
    before: pl.DataFrame
    """The same from before it."""
    n_assigned: tuple[int, int]
    """Users of each arm by their first exposure: baseline, candidate."""
    n_mixed: int
    """Users of these who were seen in both arms: they are left out."""
    n_without_time: int
    """Values at no known time: nobody knows whether they are from before or after, and they are left out."""


def live_results(
    plan: Plan, values: pl.DataFrame, exposed: Exposed, *, experiment_id: str, look: float | None = 1.0
) -> LiveResults:
    """Return the results of live traffic.

    At a planned look these are of the users who were exposed first, as many as were planned: whoever came later is for
    the next look. The trace in which a user was first exposed is from after it.

    Parameters
    ----------
    plan
        The plan, of live traffic.
    values
        One row a metric and the smallest unit of its chain, `COLUMNS`: `status` as of schemas.RESULTS, `at` UTC,
        `span_id` where the unit is a turn.
    exposed
        Who was exposed to the plan's flag.
    experiment_id
        The experiment.
    look
        The planned look; None between looks, for all who were exposed.
    """
    require(values, COLUMNS, of="experiments.live_results")
    everybody = exposed.exposures.sort("first_at", "user_key")
    users = everybody if look is None else everybody.head(plan.n_cases_at(look))
    arms = users.filter(~pl.col("is_mixed")).select(
        "user_key", "arm", "first_at", pl.col("trace_id").alias("first_trace_id")
    )
    ours = values.join(arms, on="user_key", how="inner").with_columns(pl.lit(experiment_id).alias("experiment_id"))
    is_first = (pl.col("trace_id") == pl.col("first_trace_id")).fill_null(value=False)
    is_after = (pl.col("at") >= pl.col("first_at")) | is_first
    known = ours.filter(is_after.is_not_null())
    parts = [_rows(known.filter(is_after), plan), _rows(known.filter(~is_after), plan)]
    baseline, candidate = (int((users["arm"] == arm).sum()) for arm in ARMS)
    return LiveResults(
        pl.concat([parts[0], _missing(parts[0], arms, plan, experiment_id)]),
        parts[1],
        (baseline, candidate),
        int(users["is_mixed"].sum()),
        ours.height - known.height,
    )


def _rows(values: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return the values as results: a metric's largest unit below the user is its case, a smaller one a trial of it."""
    parts = [_of_metric(values.filter(pl.col("metric") == metric.name), metric) for metric in plan.metrics]
    return pl.concat([RESULTS.empty(), *parts])


def _of_metric(values: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    below = tuple(unit for unit in metric.unit_chain if unit != "user")
    units: tuple[Unit, ...] = below or ("user",)
    part, case = pl.col(ID_OF[units[0]]), pl.col(ID_OF[units[-1]])
    # A unit that is there twice is the same trial twice: the gate finds it.
    trial = part.rank("dense").over("arm", case) - 1 if len(units) > 1 else pl.lit(0)
    return _as_results(values.with_columns(case.alias("case_id"), trial.cast(pl.Int64).alias("trial")))


def _missing(results: pl.DataFrame, arms: pl.DataFrame, plan: Plan, experiment_id: str) -> pl.DataFrame:
    """Return a `missing` row for each user and metric without any, said to be of the version that the arm ran."""
    metrics = pl.DataFrame({"metric": [metric.name for metric in plan.metrics]}, schema={"metric": pl.String})
    lacking = arms.join(metrics, how="cross").join(results, on=["user_key", "metric"], how="anti")
    ran = results.group_by("arm").agg(pl.col("commit").unique())
    only = {arm: commits[0] for arm, commits in ran.iter_rows() if len(commits) == 1}
    return _as_results(
        lacking.with_columns(
            pl.lit(experiment_id).alias("experiment_id"),
            pl.col("user_key").alias("case_id"),
            pl.lit(0, pl.Int64).alias("trial"),
            pl.lit("missing").alias("status"),
            pl.col("arm").replace_strict(only, default=None, return_dtype=pl.String).alias("commit"),
            pl.col("first_at").alias("at"),
        )
    )


def _as_results(rows: pl.DataFrame) -> pl.DataFrame:
    at = pl.coalesce("at", "first_at")
    return RESULTS.fitted(rows.with_columns(at.dt.date().alias("day")))
