"""The tests of one metric by the kind of its values: wins and losses, or means over units.

Both answer the same questions of gains, where more is better: better, worse, not worse by the margin, worse by more
than the margin, and not better by what is worthwhile.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.stats.means import sign_flip_test, t_interval, t_test, with_pseudo_cases
from workbench.stats.paired import mcnemar_mid_p, tango_interval, tango_test
from workbench.stats.sign import sign_test

Numbers = NDArray[np.float64]
FEW_CHANGED = 13
"""Below so many units that differ, all sign flips are counted: the t test needs more to find its variance."""
_LARGEST_SHARE = 0.999999
"""A bound of a share lies below 1, where the score test is defined."""


class Bounds(NamedTuple):
    """What the tests are held against, on the scale of the gain."""

    margin: float | None
    """The accepted loss, above 0; None for none."""
    mwe: float | None
    """The minimum worthwhile effect, from 0; None for none."""
    level: float
    """Of the interval."""


class GainTests(NamedTuple):
    """What the tests say; fields as of `Estimate`."""

    method: str
    gain: float
    low: float
    high: float
    p: float
    p_superior: float
    p_worse: float
    p_non_inferior: float | None
    p_beyond: float | None
    p_useless: float | None
    shown_margin: float
    deviation: float


def of_wins(gains: Numbers, bounds: Bounds) -> GainTests:
    """Return the tests of cases that each pass or fail once: mid-p McNemar for a gain, Tango's score for the bounds.

    Parameters
    ----------
    gains
        1, 0 or -1, one a case.
    bounds
        What they are held against.
    """
    wins, losses, n = int((gains > 0).sum()), int((gains < 0).sum()), gains.size
    low, high = (float(end) for end in tango_interval(wins, losses, n=n, level=bounds.level))
    margin, mwe = (None if one is None else min(one, _LARGEST_SHARE) for one in (bounds.margin, bounds.mwe))
    return GainTests(
        "share of cases: Tango's score interval, mid-p McNemar test",
        (wins - losses) / n,
        low,
        high,
        float(sign_test(wins, losses)),
        float(mcnemar_mid_p(wins, losses)),
        float(mcnemar_mid_p(losses, wins)),
        None if margin is None else float(tango_test(wins, losses, n=n, than=-margin)),
        None if margin is None else float(tango_test(losses, wins, n=n, than=margin)),
        None if mwe is None else float(tango_test(losses, wins, n=n, than=-mwe)),
        -low,
        float(gains.std(ddof=1)),
    )


def of_means(gains: Numbers, bounds: Bounds, *, of: str, largest: float | None) -> GainTests:
    """Return the tests of units that each have a number: Student's t, or sign flips where few units differ.

    What is to be excluded (a loss beyond the margin, a worthwhile gain) is tested with two pseudo-cases at the ends of
    the range, where there is one.

    Parameters
    ----------
    gains
        One a unit, at least two.
    bounds
        What they are held against.
    of
        What the units are, in words.
    largest
        The largest gain that a unit can have; None where there is no bound: then no pseudo-cases are added.
    """
    is_few = int((gains != 0).sum()) < FEW_CHANGED
    up, down = (sign_flip_test(sign * gains) if is_few else float(t_test(sign * gains)) for sign in (1, -1))
    low, high = (float(end) for end in t_interval(gains, level=bounds.level))
    held = gains if largest is None else with_pseudo_cases(gains, largest=largest)
    margin, mwe = bounds.margin, bounds.mwe
    return GainTests(
        f"mean over {of}: t interval, {'sign flips' if is_few else 't test'}",
        float(gains.mean()),
        low,
        high,
        min(1.0, 2 * min(up, down)),
        up,
        down,
        None if margin is None else float(t_test(held, than=-margin)),
        None if margin is None else float(t_test(-gains, than=margin)),
        None if mwe is None else float(t_test(-held, than=-mwe)),
        -float(t_interval(held, level=bounds.level).low),
        float(gains.std(ddof=1)),
    )
