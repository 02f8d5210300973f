"""Tasks that every model fails, the strong ones too: a table of them, with the chance that an ordinary task does so.

A benchmark or a set of evaluations has wrong gold answers; no app passes those, and no change of the app will.
"""

import polars as pl

from workbench.schemas import require
from workbench.stats.multiplicity import holm
from workbench.stats.poisson_binomial import MAX_CHANCES, at_least

MIN_MODELS = 3
"""Two models often come of one family and share its weakness; that a third one shares it too is rarer."""
STRONG = 0.5
"""Pass rate, over all its other tasks, of at least one of the models: it passes the most, and not this one."""
MIN_OTHERS = 10
"""Runs of other tasks by which a model's pass rate is known: from 5 of 10 it is at least .24 with 95 % (Wilson)."""
MAX_CHANCE = 0.2
"""That a task of ordinary difficulty fails all its runs: with models that pass half, it takes three runs to get there
(1 / 8), and models that pass a fifth take eight (.8 ^ 8 = .17)."""
MAX_P = 0.1
"""That as many tasks as these fail everywhere by chance: a proposal costs a person one look at a check, so one set of
runs in ten may ask for it without need."""

_RUN = ("trace_id", "scope", "task", "model", "is_failed")


def suspects(runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row a task that failed in every run, by chance, scope and task; read-only, deterministic.

    Parameters
    ----------
    runs
        One row a run: trace_id, scope (within which tasks and models have names of their own; may be null), task, model
        and is_failed, each null where not known.

    Returns
    -------
    DataFrame
        scope, task; n_runs, n_models; best_rate: the pass rate of its best model over its other tasks; chance: that a
        task of ordinary difficulty fails all these runs; n_failing: such tasks of the scope, n_expected: how many would
        be by chance, and p_value: that so many are; is_suspect; reason: why it is not, null where it is.

    Notes
    -----
    A run of an ordinary task fails with 1 less the pass rate of its model, over that model's other tasks, as
    (passed + 1/2) / (runs + 1); a task with the product of that over its runs. How many tasks of a scope fail
    everywhere is Poisson binomial in these chances. A scope's tasks are suspect if so many have p of at most MAX_P, or
    one by itself has with Holm's adjustment. Hard tasks are no ordinary ones: a person has to tell them apart.
    """
    require(runs, _RUN, of="suspects")
    tasks = _chances(runs.select(_RUN).drop_nulls(["task", "is_failed"])).with_columns(reason=_why_not())
    groups = tasks.partition_by("scope", maintain_order=True) or [tasks]
    return (
        pl.concat([_judged(group) for group in groups])
        .filter("is_failing")
        .with_columns(reason=pl.when(~pl.col("is_suspect")).then(pl.coalesce("reason", pl.lit(_BY_CHANCE))))
        .select(_COLUMNS)
        .sort("chance", "scope", "task", nulls_last=True)
    )


_COLUMNS = (
    *("scope", "task", "n_runs", "n_models", "best_rate", "chance"),
    *("n_failing", "n_expected", "p_value", "is_suspect", "reason"),
)
_BY_CHANCE = "no more tasks fail everywhere than chance makes"


def _chances(runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row a task: its runs, models, the best one's pass rate elsewhere, and the chance that all fail."""
    passed, key = (~pl.col("is_failed")).cast(pl.Int64), ["scope", "model"]
    of_model = runs.group_by(key).agg(n=pl.len().cast(pl.Int64), passed=passed.sum())
    of_both = runs.group_by(*key, "task").agg(n_here=pl.len().cast(pl.Int64), passed_here=passed.sum())
    elsewhere = of_both.join(of_model, on=key, nulls_equal=True).with_columns(
        n_others=pl.col("n") - pl.col("n_here"), passed_others=pl.col("passed") - pl.col("passed_here")
    )
    rate = (pl.col("passed_others") + 0.5) / (pl.col("n_others") + 1)
    known = elsewhere.with_columns(
        rate=pl.when(pl.col("model").is_not_null(), pl.col("n_others") >= MIN_OTHERS).then(rate)
    )
    fails = pl.col("n_here") * (1 - pl.col("rate")).log()
    return known.group_by("scope", "task").agg(
        n_runs=pl.col("n_here").sum(),
        n_models=pl.col("rate").count().cast(pl.Int64),
        best_rate=pl.col("rate").max(),
        chance=pl.when(pl.col("rate").count() > 0).then(fails.sum().exp()),
        is_failing=pl.col("passed_here").sum() == 0,
    )


def _why_not() -> pl.Expr:
    """Return why a task could not be suspected, whatever came of its runs; null where it could."""
    return (
        pl.when(pl.col("n_models") < MIN_MODELS)
        .then(pl.lit(f"fewer than {MIN_MODELS} models with {MIN_OTHERS} other runs tried it"))
        .when(pl.col("best_rate") < STRONG)
        .then(pl.lit(f"no model that tried it passes {STRONG:.0%} of its other runs"))
        .when(pl.col("chance") > MAX_CHANCE)
        .then(pl.lit(f"an ordinary task fails so few runs in more than {MAX_CHANCE:.0%} of cases"))
    )


def _judged(tasks: pl.DataFrame) -> pl.DataFrame:
    """Return the tasks of one scope with the numbers that are of all of them, and whether each is suspect."""
    could_be = tasks.filter(pl.col("reason").is_null()).sort("task").head(MAX_CHANCES)
    failing = could_be.filter("is_failing")
    p_value = at_least(failing.height, could_be["chance"].to_numpy())
    alone = holm(failing["chance"].to_numpy(), n_tests=could_be.height)
    suspect = failing.filter(pl.Series(alone <= MAX_P) | (p_value <= MAX_P))
    return tasks.with_columns(
        n_failing=pl.lit(failing.height, pl.Int64),
        n_expected=pl.lit(could_be["chance"].sum(), pl.Float64),
        p_value=pl.lit(p_value),
        is_suspect=pl.col("task").is_in(suspect["task"].to_list()),
    )
