"""How often the whole decision errs, from the table of results on, in worlds whose truth is known.

Usage, from the root of a checkout::

    python -m tests.benchmarks.calibration_decision                       # all; a quarter of an hour
    python -m tests.benchmarks.calibration_decision --runs 200 --seed 7   # shorter, other draws

Each run makes a frozen plan's table of results and decides on it. `same`: the candidate is the same, and there is one
target and no guardrail, which is when it ships most easily. `harmful`: the target truly gains fifteen points, and a
guardrail loses exactly its margin: five points, or a tenth of the time. `good`: the target gains five points where one
case in ten changes. What the tests do by themselves is told, with more runs, by `tests.benchmarks.calibration`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.benchmarks.calibration import MARGIN, SIZES, SLOWER, Figure, measure, rate
from tests.benchmarks.calibration_worlds import HARMS, TAILS, Both, Cases, Harm, passes, times
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.schemas import RESULTS

Numbers = NDArray[np.float64]

RUNS = 500
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHT = Metric(name="right", role="target", mwe=Amount(0.0))
TIME = Metric(name="time", role="target", kind="positive", direction=-1, mwe=Amount(0.0, is_relative=True))
TONE = Metric(name="tone", role="guardrail", margin=Amount(MARGIN))
SPEED = Metric(
    name="speed", role="guardrail", kind="positive", direction=-1, margin=Amount(SLOWER - 1, is_relative=True)
)
USUAL, SPARSE = Cases(0.8, 2.0), Cases(0.95, 0.3)


def same(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a candidate that is the same ships."""
    rng = np.random.default_rng(seed)
    for n in SIZES:
        for cases in (USUAL, SPARSE):
            for trials in (1, 3, 5):
                drawn = (table_of(_trials(rng, n, cases=cases, trials=trials), metric="right") for _ in range(runs))
                yield rate(f"{n} cases, {cases}, {trials} trials", [_ships(one, RIGHT) for one in drawn], high=0.055)
        for tail in TAILS[::2]:
            drawn = (table_of([times(rng, (1, n), tail=tail)], metric="time") for _ in range(runs))
            yield rate(f"{n} times, {tail}", [_ships(one, TIME) for one in drawn], high=0.055)
        for cases_a_user in (3, 10):
            users = rng.integers(0, max(n // cases_a_user, 2), n)
            drawn = (table_of([_liked(rng, users)], metric="right", users=users) for _ in range(runs))
            world = f"{n} cases, {cases_a_user} a user"
            yield rate(world, [_ships(one, RIGHT) for one in drawn], high=0.055)


def harmful(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a candidate ships that loses exactly the margin of a guardrail."""
    rng = np.random.default_rng(seed)
    for n in SIZES:
        for trials, most in ((1, 0.055), (3, 0.075)):
            for kind in HARMS:
                ships = []
                for _ in range(runs):
                    tone = _trials(rng, n, cases=USUAL, trials=trials, loss=MARGIN, kind=kind)
                    frame = pl.concat([_better(rng, n, trials=trials), table_of(tone, metric="tone")])
                    ships.append(_ships(frame, RIGHT, TONE))
                yield rate(f"{n} cases, {trials} trials, {kind}", ships, high=most)
        for tail in TAILS[::2]:
            ships = []
            for _ in range(runs):
                speed = table_of([times(rng, (1, n), tail=tail, ratio=SLOWER)], metric="speed")
                ships.append(_ships(pl.concat([_better(rng, n, trials=1), speed]), RIGHT, SPEED))
            yield rate(f"{n} times, {tail}", ships, high=0.075)


def good(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a good candidate ships: 300 cases, one in ten changes, five points better."""
    rng = np.random.default_rng(seed)
    ships = []
    for _ in range(4 * runs):
        change = rng.choice([1.0, -1.0, 0.0], (1, 300), p=[0.075, 0.025, 0.9])
        ships.append(_ships(table_of([Both(_numbers(change < 0), _numbers(change > 0))], metric="right"), RIGHT))
    yield rate("300 cases, five points better", ships, low=0.84)


def _ships(frame: pl.DataFrame, *metrics: Metric) -> bool:
    plan = Plan(metrics=metrics, n_cases=frame["case_id"].n_unique(), holdout_id="hold_1", max_cases=1_000)
    ruling = decide(plan, analyse(plan, frame), faults=(), now=NOON)
    if ruling.decision == "invalid":
        raise AssertionError(ruling.reasons)
    return ruling.decision == "ship"


def _better(rng: np.random.Generator, n: int, *, trials: int) -> pl.DataFrame:
    """Return results of a target that gains fifteen points."""
    worse = _trials(rng, n, cases=USUAL, trials=trials, loss=0.15)
    return table_of([Both(one.candidate, one.baseline) for one in worse], metric="right")


def _trials(
    rng: np.random.Generator, n: int, *, cases: Cases, trials: int, loss: float = 0.0, kind: Harm = "everywhere"
) -> list[Both]:
    """Return each trial of the same cases: the trials passed, dealt out in order, since their order tells nothing."""
    both = passes(rng, (1, n), cases=cases, trials=trials, loss=loss, harm=kind)
    done = [np.round(arm * trials) for arm in both]
    return [Both(*(_numbers(arm > trial) for arm in done)) for trial in range(trials)]


def _liked(rng: np.random.Generator, users: NDArray[np.int64]) -> Both:
    """Return passes of users who each like one arm better."""
    chance = rng.beta(3, 1, users.max() + 1)
    liked = [np.clip(chance + rng.normal(0, 0.1, chance.size), 0, 1)[users] for _ in range(2)]
    return Both(*(_numbers(rng.random((1, users.size)) < one) for one in liked))


def _numbers(is_so: NDArray[np.bool_]) -> Numbers:
    return is_so.astype(np.float64)


def table_of(trials: list[Both], *, metric: str, users: NDArray[np.int64] | None = None) -> pl.DataFrame:
    """Return schemas.RESULTS of one run of a world."""
    n = trials[0].baseline.shape[1]
    case = pl.Series(np.arange(n)).cast(pl.String)
    parts = [
        pl.DataFrame({"case_id": case, "value": values[0]}).with_columns(
            arm=pl.lit(arm),
            trial=pl.lit(trial),
            user_key=pl.lit(None) if users is None else pl.Series(users).cast(pl.String),
        )
        for trial, both in enumerate(trials)
        for arm, values in zip(("baseline", "candidate"), both, strict=True)
    ]
    whole = pl.concat(parts).with_columns(
        experiment_id=pl.lit("exp_1"), metric=pl.lit(metric), status=pl.lit("ok"), day=pl.lit(date(2026, 3, 1))
    )
    columns = [
        (pl.col(name) if name in whole.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in RESULTS.schema.items()
    ]
    return whole.select(columns)


if __name__ == "__main__":
    measure(same, harmful, good, doc=__doc__, runs=RUNS)
