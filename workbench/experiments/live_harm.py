"""Harm between the planned looks: a bound that holds at every moment, so that live traffic may be watched daily.

It stops a candidate that hurts, and nothing else: a gain waits for its look, where fewer users show it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.counted import counted
from workbench.experiments.decision import Ruling, Told
from workbench.experiments.live_users import users_of_arms
from workbench.experiments.metric import Metric
from workbench.experiments.plan import Plan
from workbench.experiments.scale import loss
from workbench.experiments.written import number, signed
from workbench.stats.watching import assigned_effects, upper_sequence

FEWEST_USERS = 100
FEWEST_UNLIKE = 20
"""Before so many users have a value, and so many of them another than the usual one, nothing is stopped: the bound is
asymptotic. Of 600 to 1,000 made experiments without an effect at most 1.5 % are then stopped, with failures of 1 to 5 %
of users or a skewed cost; by 100 users alone 16 % where failures are 1 %, and 54 % from the first user on."""


class Harm(NamedTuple):
    """What the users so far say of harm by one metric."""

    metric: str
    """Its name."""
    n_users: int
    """Users with a value."""
    gain: float
    """The mean effect on users so far, more is better; of a geometric ratio its logarithm."""
    upper: float
    """The upper bound of it, which holds at all times together; with the error of the share of the baseline that is
    allowed, where one is."""
    allowed: float
    """The loss that is allowed: 0, or the margin of a guardrail of which a loss inside it is a known cost."""
    is_harm: bool
    """Whether the bound has ever fallen below what is allowed."""


def harms_so_far(plan: Plan, results: pl.DataFrame, exposures: pl.DataFrame) -> tuple[Harm, ...]:
    """Return what the users so far say of harm, one a metric that can be told yet, in the order of the plan.

    Each user counts once, whatever the metric's unit chain. The level is the plan's, shared by its metrics
    (Bonferroni): in a plan's whole life at most alpha is stopped wrongly, beside what its looks may err.

    Parameters
    ----------
    plan
        The plan, of live traffic.
    results
        schemas.RESULTS so far, as of `live_results` between looks.
    exposures
        schemas.EXPOSURES: users are taken in the order in which they came.

    Raises
    ------
    ValueError
        If a value lies outside of what its metric can have.
    """
    place = {key: number for number, key in enumerate(exposures.sort("first_at", "user_key")["user_key"])}
    alpha = plan.alpha / len(plan.metrics)
    return tuple(
        _harm(metric, results, place, plan=plan, alpha=alpha) for metric in plan.metrics if _has_enough(results, metric)
    )


def rule_between_looks(harms: Sequence[Harm], *, plan: Plan, faults: Sequence[str]) -> Ruling:
    """Return `dont_ship` where harm is shown, else `inconclusive`: between looks nothing ships.

    Parameters
    ----------
    harms
        As of `harms_so_far`.
    plan
        The plan.
    faults
        What is wrong with the experiment, as of `validity.faults_of` between looks: with any, it is `invalid`.
    """
    if faults:
        return Ruling("invalid", tuple(faults))
    found = [one for one in harms if one.is_harm]
    if found:
        worse: frozenset[Told] = frozenset((one.metric, "") for one in found)
        return Ruling("dont_ship", tuple(_words(one) for one in found), worse=worse)
    return Ruling(
        "inconclusive",
        (f"no harm is shown so far; the plan goes on: {counted(plan.n_cases, 'user is', 'users are')} planned",),
    )


def _has_enough(results: pl.DataFrame, metric: Metric) -> bool:
    rows = results.filter(pl.col("metric") == metric.name, pl.col("status") != "missing")
    users = rows.group_by("arm").agg(pl.col("user_key").n_unique())
    return users.height == 2 and int(users["user_key"].sum()) >= FEWEST_USERS and int(users["user_key"].min()) >= 2  # type: ignore[arg-type]


def _harm(metric: Metric, results: pl.DataFrame, place: dict[str, int], *, plan: Plan, alpha: float) -> Harm:
    users = users_of_arms(results, metric)
    keys = [key for arm in users.keys for key in arm]
    order = np.argsort([place[key] for key in keys], kind="stable")
    is_candidate = np.repeat([False, True], [len(arm) for arm in users.keys])[order]
    values = np.concatenate(users.means)[order]
    gains = metric.direction * values
    allowed = _allowed(metric, float(users.means.baseline.mean()))
    held = np.where(is_candidate, gains, allowed.times * values)
    bounds = upper_sequence(
        assigned_effects(held, is_candidate, share=plan.candidate_share), tuned_for=plan.n_cases, alpha=alpha
    )
    gain = float(assigned_effects(gains, is_candidate, share=plan.candidate_share).mean())
    is_harm = bool(((bounds < -allowed.fixed) & _is_trusted(gains)).any())
    return Harm(metric.name, len(keys), gain, float(bounds[-1]) - allowed.of_baseline, allowed.whole, is_harm)


def _is_trusted(gains: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return after which users the bound may be believed, shape (users,)."""
    different, counts = np.unique(gains, return_counts=True)
    n_unlike = np.cumsum(gains != different[counts.argmax()])
    return np.asarray((np.arange(1, gains.size + 1) >= FEWEST_USERS) & (n_unlike >= FEWEST_UNLIKE))


class _Allowed(NamedTuple):
    """The loss that is allowed, in the unit in which users are compared."""

    fixed: float
    """The part that is a number."""
    times: float
    """What each of the baseline's values counts as, so that the other part, a share of the baseline, errs as they do
    (Fieller 1954): the metric's direction where there is none."""
    of_baseline: float
    """What that share is, by the baseline so far."""

    @property
    def whole(self) -> float:
        return self.fixed + self.of_baseline


def _allowed(metric: Metric, baseline: float) -> _Allowed:
    way = float(metric.direction)
    if metric.on_worse != "allow_within_margin" or metric.margin is None:
        return _Allowed(0.0, way, 0.0)
    if metric.estimated in ("ratio_of_means", "quantile"):  # a logarithm is the margin, and users are compared by means
        times = way * float(np.exp(-way * (loss(metric, baseline) or 0.0)))
    elif metric.margin.is_relative and not metric.is_ratio:
        times = way - metric.margin.value * (-1.0 if baseline < 0 else 1.0)
    else:  # of a geometric ratio the values are logarithms, and so is its margin
        return _Allowed(loss(metric, baseline) or 0.0, way, 0.0)
    return _Allowed(0.0, times, abs((times - way) * baseline))


def _words(harm: Harm) -> str:
    beyond = f" by more than {number(harm.allowed)}" if harm.allowed else ""
    return (
        f"{harm.metric}: shown worse{beyond} before the next look: "
        f"{counted(harm.n_users, 'user')}, gain {signed(harm.gain)}, "
        f"at most {signed(harm.upper)} at all times together"
    )
