"""The tests of one metric on live traffic, each user in one arm: of means over users, or of ratios over their cases.

Which one follows from the metric's unit chain: one that ends at the user counts each user once, one that ends below
counts each case once, and users who come often weigh more. Either way users are what is independent.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.experiments.metric import Metric
from workbench.experiments.tested import Bounds, GainTests
from workbench.stats.user_ratios import FEW_USERS, Sums, ratio_difference, ratio_difference_test
from workbench.stats.welch import (
    ArmMean,
    Arms,
    Difference,
    difference_interval,
    difference_of_arms,
    difference_test,
    welch,
)

Numbers = NDArray[np.float64]
ExceedTest = Callable[[int, float], float]
"""From a sign and a bound to the one-sided p of "the sign's gain is not above the bound"."""


class Totals(NamedTuple):
    """What each user of an arm did, of shape (users,)."""

    sums: Numbers
    """Of the values of the user's cases."""
    n: Numbers
    """Cases, 1 or more."""


def of_user_means(arms: Arms, metric: Metric, bounds: Bounds, *, words: str = "") -> GainTests:
    """Return the tests of two arms of users who each have a number: Welch's t.

    What of a binary metric is to be excluded (a loss beyond the margin, a worthwhile gain) is tested with two
    pseudo-users an arm, one who passes and one who fails: fifty users who all passed do not prove that nobody ever
    fails, and no spread at all can be no reason never to ship.

    Parameters
    ----------
    arms
        One value a user, at least two users in each; of a geometric ratio its logarithm.
    metric
        The metric: its direction, and whether the ratio of the means is estimated, whose error then follows from those
        of the means.
    bounds
        What the gain is held against.
    words
        Of the method, what was done to the values before.

    Raises
    ------
    ValueError
        If a mean of which a ratio is to be estimated is not above 0.

    Notes
    -----
    The idea of the pseudo-users is that of Agresti, Caffo (2000), Simple and effective confidence intervals for
    proportions and differences of proportions, who add a success and a failure to each sample.
    """
    found = welch(*arms)
    if metric.estimated == "ratio_of_means":
        found = difference_of_arms(*(_logarithm(arm, metric) for arm in arms))
    ends = ends_of(metric)
    held = found if ends is None else welch(*(np.concatenate([arm, ends]) for arm in arms))
    told, than_held = (_signed(one, metric.direction) for one in (found, held))
    n_users = arms.baseline.size + arms.candidate.size
    tests = _Tests(
        lambda sign, than: difference_test(_signed(told, sign), than=than),
        lambda sign, than: difference_test(_signed(than_held, sign), than=than),
    )
    return _tests(f"mean over users: Welch's t test{words}", told, than_held, tests, bounds, n_users)


def of_user_ratios(baseline: Totals, candidate: Totals, metric: Metric, bounds: Bounds) -> GainTests:
    """Return the tests of two arms of users who each have some cases: the jackknife over users.

    Where an arm has fewer than 200 users, p comes of assigning users to the arms anew. Parameters and errors as of
    `of_user_means`.
    """
    arms = baseline, candidate
    if metric.estimated == "ratio_of_means":
        ratios = [float(arm.sums.sum() / arm.n.sum()) for arm in arms]
        if min(ratios) <= 0:
            raise ValueError(f"{metric.name}: a mean is 0, a ratio of means has none")
        even = (Sums(arm.sums / ratio, arm.n) for arm, ratio in zip(arms, ratios, strict=True))
        found = ratio_difference(*even)._replace(value=float(np.log(ratios[1] / ratios[0])))
    else:
        found = ratio_difference(Sums(*baseline), Sums(*candidate))

    held = with_ends(baseline, ends_of(metric)), with_ends(candidate, ends_of(metric))
    held_found = found if ends_of(metric) is None else ratio_difference(*(Sums(*arm) for arm in held))

    def exceeds(old: Totals, new: Totals, sign: int, than: float) -> float:
        way = sign * metric.direction
        if metric.estimated == "ratio_of_means":  # above a bound of the logarithm is above a share of the other mean
            return ratio_difference_test(Sums(way * old.sums, old.n), Sums(way * new.sums * np.exp(-way * than), new.n))
        return ratio_difference_test(Sums(way * old.sums, old.n), Sums(way * new.sums, new.n), than=than)

    is_few = min(baseline.n.size, candidate.n.size) < FEW_USERS
    method = f"mean over users' cases: jackknife over users, {'permutation of users' if is_few else 't test'}"
    told, than_held = (_signed(one, metric.direction) for one in (found, held_found))
    tests = _Tests(partial(exceeds, *arms), partial(exceeds, *held))
    return _tests(method, told, than_held, tests, bounds, sum(arm.n.size for arm in arms))


class _Tests(NamedTuple):
    """What tests a gain against a bound."""

    plain: ExceedTest
    """Of the users alone."""
    held: ExceedTest
    """With pseudo-users."""


def _tests(method: str, gain: Difference, held: Difference, tests: _Tests, bounds: Bounds, n_users: int) -> GainTests:
    exceeds = tests.plain
    low, high = (float(end) for end in difference_interval(gain, level=bounds.level))
    up, down = exceeds(1, 0.0), exceeds(-1, 0.0)
    margin, mwe = bounds.margin, bounds.mwe
    return GainTests(
        method,
        gain.value,
        low,
        high,
        min(1.0, 2 * min(up, down)),
        up,
        down,
        None if margin is None else tests.held(1, -margin),
        None if margin is None else exceeds(-1, margin),
        None if mwe is None else tests.held(-1, -mwe),
        -float(difference_interval(held, level=bounds.level).low),
        gain.error * float(np.sqrt(n_users)),
    )


def ends_of(metric: Metric) -> Numbers | None:
    """Return what pseudo-users have: of a binary metric 0 and 1; None of others, whose values seldom are all alike."""
    return np.array([0.0, 1.0]) if metric.kind == "binary" else None


def with_ends(arm: Totals, ends: Numbers | None) -> Totals:
    """Return an arm with two users more, each with as many cases as a user has on average."""
    if ends is None:
        return arm
    usual = float(arm.n.mean())
    return Totals(np.concatenate([arm.sums, ends * usual]), np.concatenate([arm.n, np.full(ends.size, usual)]))


def _signed(difference: Difference, sign: int) -> Difference:
    return difference._replace(value=sign * difference.value)


def _logarithm(arm: Numbers, metric: Metric) -> ArmMean:
    """Return the logarithm of an arm's mean, with the variance that follows from the mean's."""
    mean = float(arm.mean())
    if mean <= 0:
        raise ValueError(f"{metric.name}: a mean is 0, a ratio of means has none")
    return ArmMean(float(np.log(mean)), float(arm.var(ddof=1)) / arm.size / mean**2, arm.size)
