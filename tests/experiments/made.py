"""Small plans and results for experiments: what is not given is usual, so that each test names what it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.schemas import RESULTS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHT = Metric(name="right", role="target", mwe=Amount(0.0))
Values = Sequence[float | str | None]
"""One a case: a number, `error`, `missing`, or None for no row at all."""


def plan(*metrics: Metric, **given: Any) -> Plan:
    usual: dict[str, Any] = {"n_cases": 100, "holdout_id": "hold_1", "max_cases": 1_000}
    return Plan(metrics=metrics or (RIGHT,), **usual | given)


def rows(
    arm: str, values: Values, *, metric: str = "right", trial: int = 0, users: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "experiment_id": "exp_1",
            "case_id": f"c{number:04}",
            "arm": arm,
            "trial": trial,
            "metric": metric,
            "value": None if isinstance(value, str) else value,
            "status": value if isinstance(value, str) else "ok",
            "user_key": users[number] if users else None,
            "commit": f"commit_of_{arm}",
            "day": date(2026, 3, 1),
        }
        for number, value in enumerate(values)
        if value is not None
    ]


def table(*parts: Sequence[dict[str, Any]]) -> pl.DataFrame:
    every = [row for part in parts for row in part]
    return pl.DataFrame([{name: row.get(name) for name in RESULTS.schema} for row in every], schema=RESULTS.schema)


def results(baseline: Values, candidate: Values, *, metric: str = "right", users: Any = None) -> pl.DataFrame:
    return table(
        rows("baseline", baseline, metric=metric, users=users), rows("candidate", candidate, metric=metric, users=users)
    )


def counted(n_fixed: int, n_broken: int, n: int, *, n_right: int = 0) -> pl.DataFrame:
    """Return results of n cases: fixed ones first, then broken ones, then some that both arms have right."""
    n_wrong = n - n_fixed - n_broken - n_right
    return results(
        [0.0] * n_fixed + [1.0] * n_broken + [1.0] * n_right + [0.0] * n_wrong,
        [1.0] * n_fixed + [0.0] * n_broken + [1.0] * n_right + [0.0] * n_wrong,
    )
