"""What would settle an inconclusive experiment: how many more cases or trials, or which margin.

"Inconclusive" alone helps nobody; mostly it means that too few cases were run, and how many are needed can be said.
"""

from collections.abc import Iterator
from math import ceil, expm1, floor, log10
from typing import Literal, NamedTuple

from workbench.counted import counted
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.written import bound
from workbench.stats.power import cases_for_floor, cases_needed

MAX_CASES = 1_000_000
"""More cases than this settle nothing in practice."""
_ENOUGH = 0.999
"""Trials settle it only where the spread between cases alone leaves room."""


class Settle(NamedTuple):
    """One thing that would settle one metric."""

    metric: str
    """Its name."""
    what: Literal["cases", "trials", "margin", "mwe"]
    """What has to be larger."""
    value: float
    """How large it has to be: cases in all, trials a case in each arm, or an amount on the scale of the gain."""
    words: str
    """The same as a sentence."""


def settle(estimate: Estimate, *, metric: Metric, alpha: float) -> tuple[Settle, ...]:
    """Return what would settle a target that is not shown better, or a guardrail that is not shown not worse.

    Cases are those that show it nine times in ten, if what was seen is true. A target is settled too by showing that it
    is not better by what is worthwhile; one that has a margin is held to it as well. There is always something.

    Parameters
    ----------
    estimate
        The metric, estimated.
    metric
        The metric as it is planned, for the unit of what is said.
    alpha
        The level that it has to reach.
    """
    if estimate.role != "target":
        return tuple(_of_guardrail(estimate, metric, alpha))
    found = tuple(_of_target(estimate, metric, alpha)) or (_twice(estimate),)
    is_held = estimate.p_non_inferior is None or estimate.p_non_inferior <= alpha
    return found if is_held else (*found, *_of_guardrail(estimate, metric, alpha))


def _of_target(estimate: Estimate, metric: Metric, alpha: float) -> Iterator[Settle]:
    mwe, name = estimate.mwe or 0.0, estimate.metric
    if estimate.gain > 0 and estimate.gain >= mwe:
        yield from _larger(estimate, estimate.gain, alpha=alpha, least=0, words="show the gain that was seen")
        return
    if mwe > 0:
        yield from _larger(estimate, mwe, alpha=alpha, least=0, words="show the minimum worthwhile effect")
    if estimate.gain < mwe:
        least = _floor(estimate, mwe, alpha=alpha)
        words = "exclude that it is worthwhile, if what was seen is true"
        yield from _larger(estimate, mwe - estimate.gain, alpha=alpha, least=least, words=words)
    elif mwe == 0:
        enough = _up(max(estimate.gain_high, 0.0))
        said = _amount(metric, enough, sign=1)
        yield Settle(name, "mwe", enough, f"{name}: if less than {said} is not worth a change, it is settled")


def _of_guardrail(estimate: Estimate, metric: Metric, alpha: float) -> Iterator[Settle]:
    margin = estimate.margin or 0.0
    distance = margin + min(estimate.gain, 0.0)
    if distance > 0:
        least = _floor(estimate, margin, alpha=alpha)
        yield from _larger(estimate, distance, alpha=alpha, least=least, words="exclude a loss beyond the margin")
    shown = _up(max(estimate.shown_margin, 0.0))
    said = f"{estimate.metric}: with a margin of {_amount(metric, shown, sign=-1)} it would be shown already"
    yield Settle(estimate.metric, "margin", shown, said)


def _floor(estimate: Estimate, bound: float, *, alpha: float) -> int:
    """Return the fewest cases that can exclude a difference at all, where wins and losses are counted."""
    is_counted = estimate.method.startswith("share")
    return int(cases_for_floor(bound, alpha=alpha)) if is_counted and 0 < bound < 1 else 0


def _larger(estimate: Estimate, distance: float, *, alpha: float, least: int, words: str) -> Iterator[Settle]:
    variance = estimate.deviation**2
    needed = max(int(cases_needed(variance, distance, alpha=alpha)), least)
    if estimate.n_units < needed <= MAX_CASES:
        more = f"{needed - estimate.n_units:,} more than there are"
        yield Settle(
            estimate.metric,
            "cases",
            needed,
            f"{estimate.metric}: {needed:,} {_units(estimate)}, {more}, would {words} nine times in ten",
        )
    if estimate.within:
        wanted = variance * estimate.n_units / max(needed, 1)
        between = max(variance - estimate.within, 0.0)
        trials = ceil(estimate.n_trials * estimate.within / (wanted - between)) if between < _ENOUGH * wanted else 0
        if trials > estimate.n_trials:
            said = f"{counted(trials, 'trial')} a case in place of {estimate.n_trials} would {words} nine times in ten"
            yield Settle(estimate.metric, "trials", trials, f"{estimate.metric}: {said}")


def _twice(estimate: Estimate) -> Settle:
    """Return what is left where the usual formulas ask for no more than there is: the test wants more than they do."""
    cases = 2 * estimate.n_units
    said = f"{cases:,} {_units(estimate)}, twice as many, to look again: {estimate.n_units:,} are too few for the test"
    return Settle(estimate.metric, "cases", cases, f"{estimate.metric}: {said}")


def _units(estimate: Estimate) -> str:
    if estimate.method.startswith("mean over users"):
        return f"users of {estimate.judged_on} cases" if estimate.judged_on else "users"
    return f"{estimate.judged_on} cases" if estimate.judged_on else "cases"


def _amount(metric: Metric, value: float, *, sign: int) -> str:
    """Return an amount of gain (1) or loss (-1) as plans state it: of a ratio, whose scale is logarithms, a share."""
    stated = abs(expm1(sign * metric.direction * value)) if metric.is_ratio else value
    return bound(metric, Amount(_up(stated), is_relative=metric.is_ratio))


def _up(margin: float) -> float:
    """Return a margin rounded up to three digits, so that what is said to be enough is."""
    if margin == 0:
        return 0.0
    scale = 10.0 ** (2 - floor(log10(margin)))
    return float(ceil(margin * scale - 1e-9) / scale)
