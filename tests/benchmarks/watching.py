"""How often a watch errs after a ship, and how soon it finds what is back, in worlds with good and bad days.

Usage, from the root of a checkout::

    python -m tests.benchmarks.watching                        # all
    python -m tests.benchmarks.watching designs --runs 400     # one section, fewer draws

Days have their own log odds, one normal number each, of which neighbours share a part, and weekdays have one too; a
weekend has little traffic. `designs`: nothing changed at the ship, and how often a design says it did; the plain z test
of two shares is shown beside them, and need not keep any goal. `alarms`: half a year of daily sums after a fix that
left a quarter of the problem, or just the half that is accepted. `delays`: days until the alarm, where the fix did
nothing and where the problem comes back after eight weeks. `watches`: weekly looks with thirty blind verdicts each.
`gone`: a year of weekly looks at a problem of which just the half that is accepted is left, and how often one says that
it is gone; the bound of one look, which need not keep any goal, is shown beside it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv

from tests.benchmarks.calibration import Figure, measure, rate
from workbench.watch import Evidence, assess, course_of
from workbench.watch.effect import Effect, against_controls, before_after, held_back

Numbers = NDArray[np.float64]

RUNS = 1_000
GOAL = 0.06
RATIO = 0.5
FAILED = 0.05
"""Share of traces that have the problem before the ship."""
WEEKDAYS = (1.0, 1.1, 1.1, 1.0, 0.85, 0.2, 0.15)
"""Traffic of a weekday; as in the sample."""
MUCH = 60
"""Traces a day from which a return is nearly always found in half a year: ten have the problem every other day."""
MONDAY = date(2026, 1, 5)
_Z = 1.959964


class World(NamedTuple):
    """Days before and after a ship."""

    name: str
    n: int
    """Traces on a Monday."""
    sd: float
    """Of the log odds of a day."""
    alike: float
    """Autocorrelation of neighbouring days."""
    weekday: float
    """Of the log odds of a weekday."""


WORLDS = (
    World("10 traces a day, days differ by a third and neighbours are alike", 10, 0.3, 0.5, 0.2),
    World("60 traces a day, days differ by a third and neighbours are alike", 60, 0.3, 0.5, 0.2),
    World("800 traces a day, days differ by a third", 800, 0.3, 0.0, 0.0),
    World("800 traces a day, days differ by a third and neighbours are alike", 800, 0.3, 0.5, 0.2),
)
SPANS = ((8, 4), (12, 8))
"""Weeks before and after."""


def days_of(
    rng: np.random.Generator, world: World, *, before: int, after: list[float], controls: float = 0.06
) -> pl.DataFrame:
    """Return one row a day, as of `watch.by_day`; controls live through the same days.

    `after` says of each week after the ship how common the problem is, of what it was.
    """
    n_days = 7 * (before + len(after))
    own = rng.normal(size=n_days)
    for day in range(1, n_days):
        own[day] = world.alike * own[day - 1] + np.sqrt(1 - world.alike**2) * own[day]
    day_odds = world.sd * own + np.tile(rng.normal(scale=world.weekday or 1e-9, size=7), n_days // 7)
    n = np.maximum((world.n * np.tile(WEEKDAYS, n_days // 7)).astype(int), 1)
    left = np.repeat([1.0] * before + after, 7)
    found = rng.binomial(n, _share(FAILED, day_odds) * left)
    return pl.DataFrame(
        {
            "day": [MONDAY + timedelta(days=day) for day in range(n_days)],
            "is_after": np.arange(n_days) >= 7 * before,
            "n": n,
            "n_found": found,
            "n_controls": rng.binomial(n, _share(controls, day_odds)),
        }
    )


def weeks_of(days: pl.DataFrame) -> pl.DataFrame:
    """Return the weeks of some days, as of `watch.by_week`."""
    week = pl.int_range(pl.len()) // 7
    sums = pl.col("n", "n_found", "n_controls").sum()
    return days.group_by(week.alias("week"), "is_after").agg(sums).sort("week")


def designs(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often each design says that something changed where nothing did."""
    rng = np.random.default_rng(seed)
    for world in WORLDS:
        for before, after in SPANS:
            worlds = [weeks_of(days_of(rng, world, before=before, after=[1.0] * after)) for _ in range(runs)]
            named = f"{world.name}, {before} and {after} weeks"
            yield rate(f"z test of two shares: {named}", [_by_z(one) for one in worlds])
            yield rate(f"before/after: {named}", [_moved(before_after(one)) for one in worlds], high=GOAL)
            yield rate(f"control issues: {named}", [_moved(against_controls(one)) for one in worlds], high=GOAL)
    for n_users in (40, 400):
        users = [_users(rng, n_users) for _ in range(runs)]
        yield rate(f"hold-back: {n_users} users an arm", [_moved(held_back(one)) for one in users], high=GOAL)


def alarms(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often half a year has a false alarm."""
    rng = np.random.default_rng(seed)
    for world in WORLDS:
        for left in (0.25, RATIO):
            said = [_alarm(days_of(rng, world, before=12, after=[left] * 26)) is not None for _ in range(runs)]
            yield rate(f"{left:.0%} of the problem is left: {world.name}", said, high=GOAL)


def delays(runs: int, seed: int) -> Iterator[Figure]:
    """Give days from when the problem is as common as it was until the alarm, and how often it comes in half a year."""
    rng = np.random.default_rng(seed)
    for world in WORLDS:
        for named, quiet in (("the fix did nothing", 0), ("it is back after eight weeks", 8)):
            after = [0.1] * quiet + [1.0] * 26
            found = [_alarm(days_of(rng, world, before=12, after=after)) for _ in range(runs)]
            least, most = (0.9, 60.0) if world.n >= MUCH else (0.75, 90.0)
            yield rate(f"found, {named}: {world.name}", [one is not None for one in found], low=least)
            waited = np.array([one - 7 * quiet for one in found if one is not None], np.float64)
            yield Figure(f"days, median, {named}: {world.name}", float(np.median(waited)), 0.0, most, 0.0)


def watches(runs: int, seed: int) -> Iterator[Figure]:
    """Give what twelve weekly looks come to, each with thirty blind verdicts on random traces and as many on found."""
    rng = np.random.default_rng(seed)
    world = WORLDS[1]
    for left, high in ((0.1, GOAL), (0.25, GOAL)):
        ends = [_watched(rng, world, left) for _ in range(runs)]
        yield rate(f"reopened, {left:.0%} is left", [one == "reopened" for one in ends], high=high)
        yield rate(f"gone, {left:.0%} is left", [one == "gone" for one in ends])
    ends = [_watched(rng, world, 1.0) for _ in range(runs)]
    yield rate("reopened, the fix did nothing", [one == "reopened" for one in ends], low=0.9)
    yield rate("gone, the fix did nothing", [one == "gone" for one in ends], high=0.05)


def gone(runs: int, seed: int) -> Iterator[Figure]:
    """Give how often a year of weekly looks, thirty verdicts each, says that what is just at the target is gone."""
    rng = np.random.default_rng(seed)
    target = RATIO * FAILED
    for sd in (0.0, 0.3):
        shares = _share(target, rng.normal(scale=sd or 1e-9, size=(runs, 52)))
        confirmed = rng.binomial(30, shares / shares.mean() * target).cumsum(axis=1)
        judged = 30 * np.arange(1, 53)
        said = [
            any(
                assess(Evidence(10**6, int(n), int(k), 0, has_alarm=False, target=target)).state == "gone"
                for k, n in zip(row, judged, strict=True)
            )
            for row in confirmed
        ]
        once = betaincinv(confirmed + 1, judged - confirmed, 0.95) < target
        yield rate(f"gone, just at the target, weeks differ by {sd}", said, high=0.05)
        yield rate(f"the bound of one look, weeks differ by {sd}", list(once.any(axis=1)))


def _share(share: float, odds: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-(np.log(share / (1 - share)) + odds))))


def _users(rng: np.random.Generator, n: int) -> pl.DataFrame:
    """Return users of two arms who differ in how often they come and in how often they meet the problem."""
    traces = 1 + rng.poisson(rng.gamma(2.0, 5.0, size=2 * n))
    shares = rng.beta(1.0, 1 / FAILED - 1, size=2 * n)
    return pl.DataFrame({"is_changed": np.arange(2 * n) < n, "n": traces, "n_found": rng.binomial(traces, shares)})


def _moved(effect: Effect | None) -> bool:
    return effect is not None and not effect.low < 1 < effect.high


def _by_z(weeks: pl.DataFrame) -> bool:
    """Return whether two shares differ as if each trace were a coin."""
    sides = weeks.group_by("is_after").agg(pl.col("n", "n_found").sum()).sort("is_after")
    (n_old, n_new), (old, new) = sides["n"].to_list(), sides["n_found"].to_list()
    share = (old + new) / (n_old + n_new)
    error = np.sqrt(share * (1 - share) * (1 / n_old + 1 / n_new))
    return bool(abs(new / n_new - old / n_old) > _Z * error)


def _alarm(days: pl.DataFrame) -> int | None:
    """Return the day after the ship, from 1, of the first alarm."""
    course = course_of(days, weeks_of(days), ratio=RATIO)
    return None if course.alarm is None else (course.alarm - course.days["day"][0]).days + 1


def _watched(rng: np.random.Generator, world: World, left: float) -> str:
    """Return what a watch comes to first, gone or reopened, in twelve weeks; else what it is then."""
    days = days_of(rng, world, before=12, after=[left] * 12)
    judged, confirmed, state = 0, 0, "watching"
    hits: list[int] = []
    for week in range(12):
        seen = days.slice(0, 7 * (12 + week + 1))
        course = course_of(seen, weeks_of(seen), ratio=RATIO)
        n, found = course.days.tail(7).select("n", "n_found").sum().row(0)
        drawn = int(rng.hypergeometric(found, n - found, 30))
        judged, confirmed, hits = judged + 30, confirmed + drawn, [*hits, min(found, drawn + 30)]
        of_rise = 0 if course.since is None else sum(hits[(course.since - course.days["day"][0]).days // 7 :])
        has_alarm = course.alarm is not None
        state = assess(Evidence(n * (week + 1), judged, confirmed, of_rise, has_alarm, RATIO * FAILED)).state
        if state in ("gone", "reopened"):
            break
    return state


if __name__ == "__main__":
    measure(designs, alarms, delays, watches, gone, doc=__doc__, runs=RUNS)
