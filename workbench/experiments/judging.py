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
    """Return whether any run of schemas.RESULTS has a value of a metric."""
    return not results.filter(pl.col("metric") == metric.name, pl.col("status") == "ok").is_empty()


def of_cases(results: pl.DataFrame, case_ids: Collection[str]) -> pl.DataFrame:
    """Return those of schemas.RESULTS that are of some cases."""
    return results.filter(pl.col("case_id").is_in(list(case_ids)))
