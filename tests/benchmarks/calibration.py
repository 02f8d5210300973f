"""How often the statistics of the ship decision err, on worlds whose truth is known.

Usage, from the root of a checkout::

    python -m tests.benchmarks.calibration                        # all; some minutes
    python -m tests.benchmarks.calibration harm coverage          # some of: ships harm coverage power gain
    python -m tests.benchmarks.calibration --runs 2000 --seed 7   # shorter, other draws

`ships`: how often a candidate that is the same passes the test of superiority. `harm`: how often one that is worse by
exactly the margin (five points, a tenth slower) passes the test of non-inferiority. `coverage`: of 95 % intervals.
`power`: 300 cases, of which one in ten changes, five points better; with and without planned looks. `gain`: bias of
what is reported of changes that shipped, in points. Each line has the figure, what it must lie within, and its standard
error; the exit code is 1 where one misses by more than three of them.

Where fewer than five cases are expected to change, fewer than twenty users are there, or a quantile is that of arms
which are nearly the same (`workbench/stats/quantiles.py` says why), an interval can only be too wide, and its coverage
is held from below alone.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import multinomial

from tests.benchmarks.calibration_worlds import CASES, HARMS, TAILS, means_of_users, passes, times, won_and_lost
from tests.benchmarks.exact_power import power_of_mid_p, power_of_tango
from workbench.stats.intervals import Interval
from workbench.stats.judged import prediction_powered
from workbench.stats.looks import plan_looks
from workbench.stats.means import t_interval, t_test, with_pseudo_cases
from workbench.stats.paired import mcnemar_mid_p, tango_interval
from workbench.stats.quantiles import compare_quantiles
from workbench.stats.reported_gain import gain_given_shipped
from workbench.stats.user_ratios import FEW_USERS, Sums, ratio_difference, ratio_difference_test
from workbench.stats.welch import Arms, Difference, cuped, difference_interval, difference_test, welch

Numbers = NDArray[np.float64]

RUNS = 20_000
SLOW_RUNS = 20
"""Runs are fewer by this for what is resampled in each run."""
LUCKY = 0.01
"""A true gain of so few points ships once in seven times, by luck; no estimator has then a mean without bias."""
SIZES = (30, 100, 300)
ALPHA = 0.05
MARGIN = 0.05
CHANGED = (0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9)
"""Shares of cases that change: pairs of one trial are wins, losses and the rest, so nothing else of a world counts."""
SLOWER = 1.1
ALIKE = 0.03
"""Deviation of the logarithm of a time from that of the same case in the other arm, where both are nearly the same."""
LOOKS = (0.4, 0.6, 0.8, 1.0)


class Figure(NamedTuple):
    """One measured figure and what it must lie within."""

    world: str
    value: float
    low: float
    high: float
    error: float
    """Standard error of the simulation."""

    def is_met(self) -> bool:
        """Return whether it lies within, or misses by no more than chance explains."""
        return self.low - 3 * self.error <= self.value <= self.high + 3 * self.error

    def line(self) -> str:
        """Return it in words."""
        within = f"within {self.low:.3f} to {self.high:.3f}"
        return f"{self.value:8.4f} ± {self.error:.4f}  {within}  {'' if self.is_met() else 'MISSED  '}{self.world}"


def rate(world: str, happened: ArrayLike, *, low: float = 0.0, high: float = 1.0) -> Figure:
    """Return how often something happened, and what that must lie within."""
    share = np.asarray(happened, np.float64)
    value = float(share.mean())
    away = (share.sum() + 2) / (share.size + 4)  # so that a rate of 0 or 1 has an error too
    return Figure(world, value, low, high, float(np.sqrt(away * (1 - away) / share.size)))


Section = Callable[[int, int], Iterator[Figure]]


def measure(*sections: Section, doc: str | None, runs: int) -> None:
    """Print the sections that the command line asks for, by their functions' names, and end as badly as they do."""
    named = {section.__name__: section for section in sections}
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("section", nargs="*", help=" ".join(named))
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    missed = [report(name, named[name](given.runs, given.seed)) for name in given.section or named]
    sys.exit(1 if sum(missed) else 0)


def report(name: str, figures: Iterator[Figure]) -> int:
    """Print the figures of a section, and return how many miss their goal."""
    print(f"\n{name}")  # noqa: T201
    seen = []
    for figure in figures:
        print(figure.line(), flush=True)  # noqa: T201
        seen.append(figure)
    values = [figure.value for figure in seen]
    print(f"{name}: {min(values):.4f} to {max(values):.4f}, mean {np.mean(values):.4f}")  # noqa: T201
    return sum(not figure.is_met() for figure in seen)


def ships(runs: int, seed: int) -> Iterator[Figure]:
    """Give the share of equal candidates that pass as superior."""
    rng = np.random.default_rng(seed)
    for n in SIZES:
        worst = max(power_of_mid_p(n, 0.0, changed_share=share) for share in CHANGED)
        yield Figure(f"{n} cases, one trial, exact, the worst share of changed cases", worst, 0.0, 0.055, 0.0)
        for cases in CASES:
            for trials in (3, 5):
                both = passes(rng, (runs, n), cases=cases, trials=trials)
                p = t_test(both.candidate - both.baseline)
                yield rate(f"{n} cases, {cases}, {trials} trials", p <= ALPHA, high=0.055)
        for tail in TAILS:
            p = t_test(-times(rng, (runs, n), tail=tail).log_ratios)
            yield rate(f"{n} times, {tail}", p <= ALPHA, high=0.055)
        for cases_a_user in (3, 10):
            p = t_test(means_of_users(rng, (runs // 4, n), cases_a_user=cases_a_user))
            yield rate(f"{n} cases, {cases_a_user} a user", p <= ALPHA, high=0.055)
        yield rate(
            f"{n} users an arm, CUPED", [difference_test(one) <= ALPHA for one in _live(rng, runs // 4, n)], high=0.055
        )
        few = runs // (4 if n >= FEW_USERS else SLOW_RUNS)
        pairs = [(_traces(rng, n), _traces(rng, n)) for _ in range(few)]
        passed = [ratio_difference_test(*pair, seed=at) <= ALPHA for at, pair in enumerate(pairs)]
        yield rate(f"{n} users an arm, ratio of sums", passed, high=0.055)


def harm(runs: int, seed: int) -> Iterator[Figure]:
    """Give the share of candidates worse by the margin that pass as not worse than that."""
    rng = np.random.default_rng(seed)
    for n in SIZES:
        worst = max(power_of_tango(n, -MARGIN, changed_share=share, than=-MARGIN) for share in CHANGED)
        yield Figure(f"{n} cases, one trial, exact, the worst share of changed cases", worst, 0.0, 0.055, 0.0)
        for cases in CASES:
            for kind in HARMS:
                for trials in (3, 5):
                    both = passes(rng, (runs, n), cases=cases, trials=trials, loss=MARGIN, harm=kind)
                    p = t_test(with_pseudo_cases(both.candidate - both.baseline, largest=1), than=-MARGIN)
                    yield rate(f"{n} cases, {cases}, {trials} trials, {kind}", p <= ALPHA, high=0.075)
        for tail in TAILS:
            p = t_test(-times(rng, (runs, n), tail=tail, ratio=SLOWER).log_ratios, than=-np.log(SLOWER))
            yield rate(f"{n} times, {tail}", p <= ALPHA, high=0.075)
        for cases_a_user in (3, 10):
            means = means_of_users(rng, (runs // 4, n), cases_a_user=cases_a_user, loss=MARGIN)
            p = t_test(with_pseudo_cases(means, largest=1), than=-MARGIN)
            yield rate(f"{n} cases, {cases_a_user} a user", p <= ALPHA, high=0.075)


def coverage(runs: int, seed: int) -> Iterator[Figure]:
    """Give the share of 95 % intervals that hold the truth."""
    rng = np.random.default_rng(seed)
    for n in SIZES:
        low, high = (0.925, 1.0) if n < 100 else (0.93, 0.97)
        for cases in CASES:
            most = high if n * cases.changed() >= 5 else 1.0
            wins, losses = won_and_lost(passes(rng, (runs, n), cases=cases, trials=1))
            yield rate(f"{n} cases, {cases}, Tango", _holds(tango_interval(wins, losses, n=n), 0), low=low, high=most)
            both = passes(rng, (runs, n), cases=cases, trials=3)
            ends = t_interval(both.candidate - both.baseline)
            yield rate(f"{n} cases, {cases}, three trials", _holds(ends, 0), low=low, high=most)
        for tail in TAILS:
            ends = t_interval(times(rng, (runs, n), tail=tail).log_ratios)
            yield rate(f"{n} times, {tail}, geometric ratio", _holds(ends, 0), low=low, high=high)
        for cases_a_user in (3, 10):
            means = means_of_users(rng, (runs // 4, n), cases_a_user=cases_a_user)
            most = high if means.shape[1] >= 20 else 1.0
            yield rate(f"{n} cases, {cases_a_user} a user", _holds(t_interval(means), 0), low=low, high=most)
        ends_of = [difference_interval(one) for one in _live(rng, runs // 4, n)]
        yield rate(f"{n} users an arm, CUPED", [_holds(one, 0) for one in ends_of], low=low, high=high)
        ratios = [ratio_difference(_traces(rng, n), _traces(rng, n)) for _ in range(runs // 4)]
        yield rate(
            f"{n} users an arm, ratio of sums",
            [_holds(difference_interval(one), 0) for one in ratios],
            low=low,
            high=high,
        )
        judged = [_labelled(rng, n) for _ in range(runs // 4)]
        yield rate(f"{n} labels, judge of 1,000", [_holds(one, 0.05) for one in judged], low=low, high=high)
        for ratio in (1.0, 1.3):
            pairs = [times(rng, (1, n), tail="normal", ratio=ratio) for _ in range(runs // SLOW_RUNS)]
            found = [compare_quantiles(a[0], b[0], n_resamples=1000, seed=at).ratio for at, (a, b) in enumerate(pairs)]
            held = [one.low <= ratio <= one.high for one in found]
            yield rate(f"{n} times, p95 times {ratio}", held, low=low, high=high)
        pairs = [times(rng, (1, n), tail="normal", unlike=ALIKE) for _ in range(runs // SLOW_RUNS)]
        found = [compare_quantiles(a[0], b[0], n_resamples=1000, seed=at).ratio for at, (a, b) in enumerate(pairs)]
        world = f"{n} times, p95 of arms that are nearly the same"
        yield rate(world, [one.low <= 1 <= one.high for one in found], low=low)


def power(runs: int, seed: int) -> Iterator[Figure]:
    """Give the power of 300 cases, one in ten changed, five points better; and what planned looks cost and save."""
    n, fixed = 300, power_of_mid_p(300, 0.05, changed_share=0.1)
    yield Figure("power of 300 cases, exact", fixed, 0.84, 1.0, 0.0)
    wins, losses = _won_and_lost_in_time(runs, n, gain=0.05, seed=seed)
    yield rate("the same, simulated", mcnemar_mid_p(wins[:, -1], losses[:, -1]) <= ALPHA, low=0.84)
    crossed, seen = _watched(wins, losses)
    error = float(np.sqrt(crossed.mean() * (1 - crossed.mean()) / runs)) / fixed
    yield Figure("power with looks at .4, .6, .8 and 1, of the fixed", float(crossed.mean()) / fixed, 0.98, 1.1, error)
    yield Figure("cases saved by looks", float(1 - seen.mean()), 0.15, 1.0, float(seen.std() / np.sqrt(runs)))
    crossed, _ = _watched(*_won_and_lost_in_time(runs, n, gain=0.0, seed=seed + 1))
    yield rate("equal candidates that cross at some look", crossed, high=0.055)


def gain(runs: int, seed: int) -> Iterator[Figure]:
    """Give the bias, in points, of the gain reported of changes that shipped: exact, summed over every outcome."""
    n, changed = 300, 0.1
    pairs = np.array([(won, lost) for won in range(100) for lost in range(100)])
    shipping = pairs[mcnemar_mid_p(pairs[:, 0], pairs[:, 1]) <= ALPHA]
    raw = (shipping[:, 0] - shipping[:, 1]) / n
    errors = np.sqrt(shipping.sum(axis=1) / n - raw**2) / np.sqrt(n)
    reported = np.array([_reported(*pair) for pair in zip(raw, errors, strict=True)])
    for truth in (0.01, 0.02, 0.03, 0.05, 0.08):
        shares = [(changed + truth) / 2, (changed - truth) / 2, 1 - changed]
        chance = multinomial.pmf(np.column_stack([shipping, n - shipping.sum(axis=1)]), n, shares)
        chance /= chance.sum()
        order = np.argsort(reported)
        median = reported[order][np.searchsorted(chance[order].cumsum(), 0.5)]
        held = 0.5 if truth > LUCKY else 100.0
        world = f"true gain of {100 * truth:.0f} points"
        yield Figure(f"{world}: mean bias, raw", float(100 * (chance @ raw - truth)), -100.0, 100.0, 0.0)
        yield Figure(f"{world}: mean bias, reported", float(100 * (chance @ reported - truth)), -held, held, 0.0)
        yield Figure(f"{world}: median bias, reported", float(100 * (median - truth)), -0.5, 0.5, 0.0)


def _reported(raw: float, error: float) -> float:
    return gain_given_shipped(raw, error, least=min(raw, 1.6449 * error)).value


def _won_and_lost_in_time(runs: int, n: int, *, gain: float, seed: int) -> tuple[Numbers, Numbers]:
    """Return wins and losses up to each look, (runs, looks)."""
    rng = np.random.default_rng(seed)
    steps = np.diff(np.round(np.array(LOOKS) * n), prepend=0).astype(int)
    draws = np.stack(
        [rng.multinomial(step, [0.05 + gain / 2, 0.05 - gain / 2, 0.9], size=runs) for step in steps], axis=1
    )
    return draws[:, :, 0].cumsum(axis=1).astype(float), draws[:, :, 1].cumsum(axis=1).astype(float)


def _watched(wins: Numbers, losses: Numbers) -> tuple[NDArray[np.bool_], Numbers]:
    """Return whether each run crosses, and the share of cases that it took."""
    is_over = np.asarray(mcnemar_mid_p(wins, losses) <= plan_looks(LOOKS).alphas)
    crossed = np.asarray(is_over.any(axis=1))
    return crossed, np.where(crossed, np.array(LOOKS)[is_over.argmax(axis=1)], 1.0)


def _live(rng: np.random.Generator, runs: int, n: int) -> Iterator[Difference]:
    """Give differences of equal arms of n users whose values are skewed and known in part from before."""
    for _ in range(runs):
        before = rng.lognormal(size=(2, n))
        after = before * rng.lognormal(0, 0.5, (2, n))
        yield welch(*cuped(Arms(*after), Arms(*before)))


def _traces(rng: np.random.Generator, n: int) -> Sums:
    """Return failed traces and traces of n users, who come unevenly often and fail unevenly often."""
    traces = 1 + rng.negative_binomial(1, 0.15, n)
    return Sums(rng.binomial(traces, rng.beta(1.2, 2.8, n)), traces)


def _labelled(rng: np.random.Generator, n: int) -> Interval:
    """Return the interval from n labels and a kind judge of 1,000 cases; the true mean difference is .05."""
    truth = rng.choice([-1.0, 0.0, 1.0], 1000, p=[0.1, 0.75, 0.15])
    judged = np.where(rng.random(1000) < 0.8, truth, rng.choice([0.0, 1.0], 1000))
    return difference_interval(prediction_powered(truth[:n], judged[:n], judged_only=judged[n:]))


def _holds(ends: Interval, truth: float) -> NDArray[np.bool_]:
    return np.asarray((ends.low <= truth) & (truth <= ends.high))


if __name__ == "__main__":
    measure(ships, harm, coverage, power, gain, doc=__doc__, runs=RUNS)
