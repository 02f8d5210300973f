"""How often the decision errs where targets are judged on targeted cases and harm on random ones; and with looks.

Usage, from the root of a checkout::

    python -m tests.benchmarks.calibration_targeted                       # all; some minutes
    python -m tests.benchmarks.calibration_targeted --runs 200 --seed 7   # shorter, other draws

Each run makes a frozen plan's results and decides on them: of the random cases one in five has the issue, of the
targeted ones all; ten of the cases are of both. `same`: neither arm is better. `elsewhere`: the candidate mends the
issue and breaks other random cases, so that the target gains where it was looked for and loses twenty points of all
traffic; a hundred random cases are too few to be held to that. `harmful`: it mends the issue, and a guardrail loses
exactly its margin of random cases. `relative`: a cost rises by exactly the tenth that is allowed, alike for all cases
or by a tenth of each. `looks`: as `same`, decided at half of the cases or at the end. `good`: it mends half of the
issue and breaks nothing. `told`: by how many points the gain on random cases is off among what ships, where the two
holdouts share no case and where they share ten.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from tests.benchmarks.calibration import Figure, measure, rate
from tests.benchmarks.calibration_decision import NOON, Numbers
from tests.benchmarks.calibration_decision import table_of as table
from tests.benchmarks.calibration_worlds import Both
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.judging import Judging, of_cases
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import Plan
from workbench.stats.paired import mcnemar_mid_p

RUNS = 1_000
Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((30, 100), (100, 300))
"""Targeted and random cases."""
OF_BOTH = 10
ISSUE_SHARE = 0.2
"""Of random cases, those that have the issue."""
MARGIN = 0.05
RIGHT = Metric(name="right", role="target", mwe=Amount(0.0))
TONE = Metric(name="tone", role="guardrail", margin=Amount(MARGIN))
COST = Metric(
    name="cost",
    role="guardrail",
    direction=-1,
    kind="positive",
    estimand="mean_difference",
    margin=Amount(0.1, is_relative=True),
)


class World(NamedTuple):
    """One draw of cases."""

    cases: Judging
    """Which are of which holdout."""
    has_issue: Numbers
    """1 for a case of the issue, shape (cases,)."""


def same(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate that is the same ships."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        ships = [_ships(world, target(rng, world), size) for world in _worlds(rng, size, runs)]
        yield rate(f"{size[0]} targeted and {size[1]} random cases", ships, high=0.055)


def elsewhere(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate ships that mends its issue and loses twenty points of all traffic."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        drawn = _worlds(rng, size, runs)
        ships = [_ships(world, target(rng, world, mended=0.5, broken=0.4), size) for world in drawn]
        yield rate(f"{size[0]} targeted and {size[1]} random cases", ships, high=1.0 if size[1] < 300 else 0.055)


def harmful(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate ships that mends its issue and loses exactly the margin of a guardrail."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        ships = []
        for world in _worlds(rng, size, runs):
            kept = (rng.random(world.has_issue.size) < 0.9).astype(float)
            tone = Both(kept[None], (kept * (rng.random(kept.size) < 1 - MARGIN / 0.9))[None])
            frame = pl.concat([target(rng, world, mended=0.6), table([tone], metric="tone")])
            ships.append(_ships(world, frame, size, RIGHT, TONE))
        yield rate(f"{size[0]} targeted and {size[1]} random cases", ships, high=0.055)


def relative(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate ships that mends its issue and costs exactly the tenth more that is its margin."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        for rise in ("alike", "each"):
            ships = []
            for world in _worlds(rng, size, runs):
                case = rng.lognormal(0, 1, world.has_issue.size)
                one, other = (case * rng.lognormal(0, 0.02, case.size) for _ in range(2))
                more = 0.1 * np.exp(0.5 + 0.02**2 / 2) if rise == "alike" else 0.1 * other
                cost = table([Both(one[None], (other + more)[None])], metric="cost")
                frame = pl.concat([target(rng, world, mended=0.6), cost])
                ships.append(_ships(world, frame, size, RIGHT, COST))
            yield rate(f"{size[0]} targeted and {size[1]} random cases, dearer {rise}", ships, high=0.075)


def looks(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate that is the same ships at one of two looks."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        ships = [
            any(_ships(world, frame, size, look=look) for look in (0.5, 1.0))
            for world in _worlds(rng, size, runs)
            for frame in [target(rng, world)]
        ]
        yield rate(f"{size[0]} targeted and {size[1]} random cases, two looks", ships, high=0.055)


def good(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give how often a candidate ships that mends half of the issue and breaks nothing."""
    rng = np.random.default_rng(seed)
    for size in sizes:
        ships = [_ships(world, target(rng, world, mended=0.5), size) for world in _worlds(rng, size, runs)]
        yield rate(f"{size[0]} targeted and {size[1]} random cases", ships, low=0.84)


def told(runs: int, seed: int, *, sizes: Sequence[Size] = SIZES) -> Iterator[Figure]:
    """Give the bias, in points, of the gain on random cases among what ships; of twenty times as many runs."""
    rng = np.random.default_rng(seed)
    for n_targeted, n_random in sizes:
        for n_shared in (0, OF_BOTH):
            for mended in (0.0, 0.1, 0.3, 0.5):
                off = np.concatenate(
                    [_off(rng, (n_targeted, n_random), n_shared, mended=mended, runs=runs) for _ in range(20)]
                )
                most = 0.5 if n_shared == 0 else 100.0
                error = float(off.std() / np.sqrt(off.size))
                world = f"{n_targeted} targeted and {n_random} random cases, {n_shared} of both, {mended:.0%} mended"
                yield Figure(world, float(off.mean()), -most, most, error)


def _off(rng: np.random.Generator, size: Size, n_shared: int, *, mended: float, runs: int) -> Numbers:
    """Return by how many points the gain on random cases is off, of each run that ships."""
    has_issue = rng.random((runs, sum(size) - n_shared)) < ISSUE_SHARE
    has_issue[:, size[1] - n_shared :] = True
    fails = np.where(has_issue, 0.8, 0.05)
    before, after = (rng.random(fails.shape) >= fails for _ in range(2))
    after |= has_issue & (rng.random(fails.shape) < mended)
    change = after.astype(int) - before
    random, targeted = change[:, : size[1]], change[:, size[1] - n_shared :]
    ships = mcnemar_mid_p((targeted > 0).sum(axis=1), (targeted < 0).sum(axis=1)) <= 0.05
    ships &= mcnemar_mid_p((random < 0).sum(axis=1), (random > 0).sum(axis=1)) > 0.025  # of two targets shown worse
    truth = 0.8 * mended * has_issue[:, : size[1]].mean(axis=1)
    return np.asarray(100 * (random.mean(axis=1) - truth)[ships])


def target(rng: np.random.Generator, world: World, *, mended: float = 0.0, broken: float = 0.0) -> pl.DataFrame:
    """Return results of the target: cases of the issue fail four times in five, others once in twenty."""
    fails = np.where(world.has_issue > 0, 0.8, 0.05)
    before, after = (rng.random(fails.size) >= fails for _ in range(2))
    is_mended = (world.has_issue > 0) & (rng.random(fails.size) < mended)
    is_broken = (world.has_issue == 0) & (rng.random(fails.size) < broken)
    after = (after | is_mended) & ~is_broken
    return table([Both(before.astype(float)[None], after.astype(float)[None])], metric="right")


def _worlds(rng: np.random.Generator, size: Size, runs: int) -> Iterator[World]:
    """Give draws: first the cases that are random alone, then those of both, then those that are targeted alone."""
    n_targeted, n_random = size
    n = n_targeted + n_random - OF_BOTH
    ids = [str(number) for number in range(n)]
    cases = Judging(frozenset(ids[:n_random]), frozenset(ids[n_random - OF_BOTH :]))
    for _ in range(runs):
        issue = (rng.random(n) < ISSUE_SHARE).astype(float)
        issue[n_random - OF_BOTH :] = 1.0
        yield World(cases, issue)


def _ships(world: World, frame: pl.DataFrame, size: Size, *metrics: Metric, look: float | None = None) -> bool:
    plan = Plan(
        metrics=metrics or (RIGHT,),
        n_cases=size[1],
        n_targeted=size[0],
        holdout_id="hold_r",
        targeted_id="hold_t",
        looks=(1.0,) if look is None else (0.5, 1.0),
        max_cases=1_000,
    )
    at = look or 1.0
    seen = [
        frozenset(sorted(ids, key=_mixed)[:n])
        for ids, n in ((world.cases.case_ids, plan.n_cases_at(at)), (world.cases.targeted, plan.n_targeted_at(at)))
    ]
    rows = of_cases(frame, seen[0] | seen[1])
    analysis = analyse(plan, rows, look=at, random=seen[0], targeted=seen[1])
    ruling = decide(plan, analysis, faults=(), now=NOON, look=at)
    if ruling.decision == "invalid":
        raise AssertionError(ruling.reasons)
    return ruling.decision == "ship"


def _mixed(case_id: str) -> str:
    return case_id[::-1]  # an order that has nothing to do with which holdout a case is of


if __name__ == "__main__":
    measure(same, elsewhere, harmful, relative, looks, good, told, doc=__doc__, runs=RUNS)
