"""Small live traffic: what is not given is usual, so that each test names what it is about."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from tests.experiments.made import NOON, table
from workbench.experiments.exposures import Exposed
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.schemas import EXPOSURES

BY_USER: Mapping[str, Any] = {"unit_chain": ("trace", "user"), "randomised_by": "user"}
BY_TRACE: Mapping[str, Any] = {"unit_chain": ("trace",), "randomised_by": "user"}
RIGHT = Metric(name="right", role="target", mwe=Amount(0.0), **BY_USER)
Users = Sequence[Sequence[float | str]]
"""The values of each user's traces: numbers, `error` or `missing`."""


def live_plan(*metrics: Metric, **given: Any) -> Plan:
    usual: dict[str, Any] = {"n_cases": 100, "flag": "exp", "max_cases": 1_000}
    return Plan(metrics=metrics or (RIGHT,), **usual | given)


def keys(arm: str, n: int) -> list[str]:
    return [f"usr_{arm[0]}{number:04}" for number in range(n)]


def rows(arm: str, users: Users, *, metric: str = "right") -> list[dict[str, Any]]:
    return [
        {
            "experiment_id": "exp_1",
            "case_id": f"{key}-{place}",
            "arm": arm,
            "trial": 0,
            "metric": metric,
            "value": None if isinstance(value, str) else float(value),
            "status": value if isinstance(value, str) else "ok",
            "user_key": key,
            "commit": f"commit_of_{arm}",
            "day": date(2026, 3, 1),
        }
        for key, values in zip(keys(arm, len(users)), users, strict=True)
        for place, value in enumerate(values)
    ]


def traffic(baseline: Users, candidate: Users, *, metric: str = "right") -> pl.DataFrame:
    return table(rows("baseline", baseline, metric=metric), rows("candidate", candidate, metric=metric))


def exposed(n_baseline: int, n_candidate: int, *, mixed: Sequence[str] = ()) -> Exposed:
    """Return users who came one a minute, arms in turn as long as both have users left."""
    pairs = [
        (place, number, arm, key)
        for number, arm in enumerate(("baseline", "candidate"))
        for place, key in enumerate(keys(arm, (n_baseline, n_candidate)[number]))
    ]
    found = [
        {
            "flag": "exp",
            "user_key": key,
            "arm": arm,
            "first_at": NOON + timedelta(minutes=minute),
            "trace_id": f"first-{key}",
            "n_exposures": 1,
            "is_mixed": key in mixed,
        }
        for minute, (_, _, arm, key) in enumerate(sorted(pairs))
    ]
    return Exposed(pl.DataFrame(found, schema=EXPOSURES.schema), 0, 0, {})
