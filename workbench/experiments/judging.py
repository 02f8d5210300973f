"""Which cases an experiment judges by: those of its holdout, and of the targeted one beside it where there is one."""

from collections.abc import Collection
from typing import NamedTuple

import polars as pl

from workbench.experiments.metric import Metric


class Judging(NamedTuple):
    """The cases of an experiment; one may be of both holdouts, and is run once."""

    case_ids: frozenset[str]
    """Of the holdout: random ones where there is a targeted one beside it, otherwise all."""
    targeted: frozenset[str] = frozenset()
    """Of the targeted one; empty without one."""

    @property
    def every(self) -> frozenset[str]:
        """All cases that are run."""
        return self.case_ids | self.targeted


def is_measured(results: pl.DataFrame, metric: Metric) -> bool:
    """Return whether enough cases of schemas.RESULTS have a value of a metric to compare anything: two."""
    known = results.filter(pl.col("metric") == metric.name, pl.col("status") == "ok")
    return known["case_id"].n_unique() > 1


def measured(results: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Return those of schemas.RESULTS of a metric that at least one arm has a value of, or broke at.

    What a person expects of cases of one issue is not known of others: no arm is scored there, and that is no fault.
    """
    rows = results.filter(pl.col("metric") == metric.name)
    return rows.filter((pl.col("status") != "missing").any().over("case_id", "trial"))


def of_cases(results: pl.DataFrame, case_ids: Collection[str]) -> pl.DataFrame:
    """Return those of schemas.RESULTS that are of some cases."""
    return results.filter(pl.col("case_id").is_in(list(case_ids)))
