"""How often a decision on live traffic errs, from the results of users on, in worlds whose truth is known.

Usage, from the root of a checkout::

    python -m tests.benchmarks.calibration_live                          # all; some minutes
    python -m tests.benchmarks.calibration_live harmful same             # some of: same harmful stopped good mismatch
    python -m tests.benchmarks.calibration_live --runs 2000 --seed 7     # longer, other draws

Users come one after the other, are assigned at random, ask some more often than others, and each pass at a rate of
their own, now and in the week before. A plan is looked at when half and when all of its users have come. `same`: how
often a candidate that is the same ships at either look. `harmful`: how often one ships whose guardrail loses exactly
its margin of five points, at the last look, where its target truly gains fifteen. `stopped`: how often the watch for
harm, after every user, stops a candidate that is the same; and one that is worse. `good`: how often a candidate
that is ten points better ships, with looks and without, and which share of the users that takes. `mismatch`: how often
traffic that is split as planned, and in another way, is called a mismatch.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.benchmarks.calibration import MARGIN, Figure, measure, rate
from workbench.experiments.analysis import analyse
from workbench.experiments.decision import decide
from workbench.experiments.live_harm import harms_so_far
from workbench.experiments.metric import Amount, Metric, Unit
from workbench.experiments.plan import Plan
from workbench.schemas import EXPOSURES, RESULTS
from workbench.stats.sample_ratio import THRESHOLD, sample_ratio_p

RUNS = 500
SIZES = (100, 300, 1_000)
"""Users of both arms together."""
LOOKS = (0.5, 1.0)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY_USER: tuple[Unit, ...] = ("trace", "user")
BY_TRACE: tuple[Unit, ...] = ("trace",)
CHAINS = (BY_USER, BY_TRACE)
Chain = tuple[Unit, ...]


class World(NamedTuple):
    """How users are."""

    passes: float
    """Mean rate at which they pass."""
    alike: float
    """The larger, the more alike are their rates: the sum of both parameters of a beta distribution."""
    n_traces: float
    """Mean number of traces a user beyond the first, geometric."""


USUAL, RARE, EVEN = World(0.8, 4.0, 2.0), World(0.98, 20.0, 1.0), World(0.9, 10.0, 0.0)
WORLDS = {"usual": USUAL, "failures are rare": RARE, "one trace a user": EVEN}


class Users(NamedTuple):
    """Those who came, in their order."""

    is_candidate: NDArray[np.bool_]
    rates: NDArray[np.float64]
    n_traces: NDArray[np.int64]


def same(runs: int, seed: int, *, sizes: Sequence[int] = SIZES, chains: Sequence[Chain] = CHAINS) -> Iterator[Figure]:
    """Give how often a candidate that is the same ships at any look."""
    rng = np.random.default_rng(seed)
    for n in sizes:
        for name, world in WORLDS.items():
            for chain in chains:
                ships = [
                    _ships(rng, n, world, chain, has_past=chain is BY_USER) for _ in range(_affordable(runs, chain))
                ]
                yield rate(f"{n:,} users, {name}, counted by {chain[-1]}", ships, high=0.055)


def harmful(
    runs: int, seed: int, *, sizes: Sequence[int] = SIZES, chains: Sequence[Chain] = CHAINS
) -> Iterator[Figure]:
    """Give how often a candidate ships that loses exactly the margin of a guardrail."""
    rng = np.random.default_rng(seed)
    for n in sizes:
        for name, world in WORLDS.items():
            for chain in chains:
                ships = [_ships_harmful(rng, n, world, chain) for _ in range(_affordable(runs, chain))]
                yield rate(f"{n:,} users, {name}, counted by {chain[-1]}", ships, high=0.075)


def stopped(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often the watch for harm stops a candidate that is the same, and one that loses fifteen points."""
    rng = np.random.default_rng(seed)
    for name, world in WORLDS.items():
        found = [_is_stopped(rng, 1_000, world, loss=0.0) for _ in range(runs)]
        yield rate(f"1,000 users, {name}, the same", found, high=0.055)
    found = [_is_stopped(rng, 1_000, USUAL, loss=0.15) for _ in range(runs)]
    yield rate("1,000 users, usual, fifteen points worse", found, low=0.9)


def good(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a candidate that is ten points better ships, and how many users less that takes with a look."""
    rng = np.random.default_rng(seed)
    at, fixed = [], []
    for _ in range(runs):
        users = _users(rng, 1_000, USUAL)
        frame, past = _table(rng, users, gain=0.1), _table(rng, users, is_past=True)
        at.append(_first_look(frame, past, n=1_000, chain=BY_USER))
        fixed.append(_decided(_plan(1_000, (1.0,), _target(BY_USER)), frame, past, look=1.0) == "ship")
    share = np.mean(fixed)
    yield rate("1,000 users, ten points better, one look", fixed, low=0.9)
    yield rate("with a look at half of the users", [one is not None for one in at], low=0.98 * float(share))
    seen = [one or 1.0 for one in at]
    error = float(np.std(seen) / np.sqrt(len(seen)))
    yield Figure("share of the users that takes", float(np.mean(seen)), 0.5, 0.85, error)


def mismatch(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a split is called a mismatch: one as planned, and one that lost .3 of the candidate's users."""
    rng = np.random.default_rng(seed)
    for share, n in ((0.5, 1_000), (0.1, 10_000)):
        for lost, low, high in ((0.0, 0.0, THRESHOLD), (0.3, 0.9, 1.0)):
            drawn = rng.binomial(n, share * (1 - lost) / (1 - share * lost), runs)
            called = [sample_ratio_p(n - int(k), int(k), share=share) < THRESHOLD for k in drawn]
            yield rate(
                f"{n:,} users, {share:.0%} planned, {lost:.0%} of the candidate's lost", called, low=low, high=high
            )


def _affordable(runs: int, chain: Chain) -> int:
    """Return fewer runs for what assigns users anew in each of them."""
    return runs if chain is BY_USER else max(runs // 5, 20)


def _ships(rng: np.random.Generator, n: int, world: World, chain: Chain, *, has_past: bool) -> bool:
    users = _users(rng, n, world)
    past = _table(rng, users, is_past=True) if has_past else None
    return _first_look(_table(rng, users), past, n=n, chain=chain) is not None


def _first_look(frame: pl.DataFrame, past: pl.DataFrame | None, *, n: int, chain: Chain) -> float | None:
    """Return the look at which it ships first; None where it does at none."""
    plan = _plan(n, LOOKS, _target(chain))
    for look in LOOKS:
        part, before = (
            None if one is None else one.filter(pl.col("user_key").cast(pl.Int64) < plan.n_cases_at(look))
            for one in (frame, past)
        )
        assert part is not None
        if _decided(plan, part, before, look=look) == "ship":
            return look
    return None


def _ships_harmful(rng: np.random.Generator, n: int, world: World, chain: Chain) -> bool:
    users = _users(rng, n, world)
    tone = Metric(name="tone", role="guardrail", margin=Amount(MARGIN), unit_chain=chain, randomised_by="user")
    frames = [_table(rng, users, gain=0.15, base=0.5), _table(rng, users, gain=-MARGIN, metric="tone")]
    plan = _plan(n, (1.0,), _target(chain), tone)
    return _decided(plan, pl.concat(frames), None, look=1.0) == "ship"


def _is_stopped(rng: np.random.Generator, n: int, world: World, *, loss: float) -> bool:
    users = _users(rng, n, world)
    plan = _plan(n, LOOKS, _target(BY_USER))
    (found,) = harms_so_far(plan, _table(rng, users, gain=-loss), _exposures(users))
    return found.is_harm  # at any of the users so far


def _decided(plan: Plan, frame: pl.DataFrame, past: pl.DataFrame | None, *, look: float) -> str:
    ruling = decide(plan, analyse(plan, frame, look=look, before=past), faults=(), now=NOON, look=look)
    if ruling.decision == "invalid":
        raise AssertionError(ruling.reasons)
    return ruling.decision


def _target(chain: Chain) -> Metric:
    return Metric(name="right", role="target", mwe=Amount(0.0), unit_chain=chain, randomised_by="user")


def _plan(n: int, looks: tuple[float, ...], *metrics: Metric) -> Plan:
    return Plan(metrics=metrics, n_cases=n, looks=looks, flag="exp", max_cases=n)


def _users(rng: np.random.Generator, n: int, world: World) -> Users:
    rates = rng.beta(world.passes * world.alike, (1 - world.passes) * world.alike, n)
    more = rng.geometric(1 / (1 + world.n_traces), n)
    return Users(rng.random(n) < 0.5, rates, more)


def _table(
    rng: np.random.Generator,
    users: Users,
    *,
    gain: float = 0.0,
    base: float | None = None,
    metric: str = "right",
    is_past: bool = False,
) -> pl.DataFrame:
    """Return schemas.RESULTS of users whose rate with the candidate is another by so much on average.

    A gain takes failures, a loss takes passes, each with the same chance, so that all rates stay between 0 and 1.
    """
    rates = users.rates if base is None else np.full(users.rates.size, base)
    mean = float(rates.mean())
    changed = rates + gain * ((1 - rates) / (1 - mean) if gain > 0 else rates / mean)
    chance = np.where(users.is_candidate & (not is_past), changed, rates)
    who = np.repeat(np.arange(rates.size), users.n_traces)
    frame = pl.DataFrame(
        {
            "case_id": pl.Series(np.arange(who.size)).cast(pl.String),
            "user_key": pl.Series(who).cast(pl.String),
            "arm": pl.Series(np.where(users.is_candidate[who], "candidate", "baseline")),
            "value": (rng.random(who.size) < chance[who]).astype(np.float64),
        }
    ).with_columns(
        experiment_id=pl.lit("exp_1"),
        trial=pl.lit(0),
        metric=pl.lit(metric),
        status=pl.lit("ok"),
        day=pl.lit(date(2026, 3, 1)),
    )
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in RESULTS.schema.items()
    )


def _exposures(users: Users) -> pl.DataFrame:
    n = users.is_candidate.size
    frame = pl.DataFrame(
        {
            "user_key": pl.Series(np.arange(n)).cast(pl.String),
            "arm": pl.Series(np.where(users.is_candidate, "candidate", "baseline")),
            "first_at": [NOON + timedelta(minutes=minute) for minute in range(n)],
        }
    )
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in EXPOSURES.schema.items()
    )


if __name__ == "__main__":
    measure(same, harmful, stopped, good, mismatch, doc=__doc__, runs=RUNS)
