"""What would settle an inconclusive experiment: how many more cases or trials, or which margin.

"Inconclusive" alone helps nobody; mostly it means that too few cases were run, and how many are needed can be said.
"""

from collections.abc import Iterator
from math import ceil, floor, log10
from typing import Literal, NamedTuple

from workbench.experiments.estimate import Estimate
from workbench.stats.power import cases_for_floor, cases_needed

MAX_CASES = 1_000_000
"""More cases than this settle nothing in practice."""
_ENOUGH = 0.999
"""Trials settle it only where the spread between cases alone leaves room."""


class Settle(NamedTuple):
    """One thing that would settle one metric."""

    metric: str
    """Its name."""
    what: Literal["cases", "trials", "margin"]
    """What has to be larger."""
    value: float
    """How large it has to be: cases in all, trials a case in each arm, or the margin on the scale of the gain."""
    words: str
    """The same as a sentence."""


def settle(estimate: Estimate, *, alpha: float) -> tuple[Settle, ...]:
    """Return what would settle a target that is not shown better, or a guardrail that is not shown not worse.

    Cases are those that show it nine times in ten. Of a target the gain that was seen is believed in where it is
    worthwhile, and the minimum worthwhile effect where it is not; of a guardrail the loss that was seen, or none.

    Parameters
    ----------
    estimate
        The metric.
    alpha
        The level that it has to reach.
    """
    return tuple(_of_target(estimate, alpha) if estimate.role == "target" else _of_guardrail(estimate, alpha))


def _of_target(estimate: Estimate, alpha: float) -> Iterator[Settle]:
    mwe = estimate.mwe or 0.0
    is_seen = estimate.gain > 0 and estimate.gain >= mwe
    distance = estimate.gain if is_seen else mwe
    if distance > 0:
        believed = "the gain that was seen" if is_seen else "the minimum worthwhile effect"
        yield from _larger(estimate, distance, alpha=alpha, least=0, words=f"show {believed}")


def _of_guardrail(estimate: Estimate, alpha: float) -> Iterator[Settle]:
    margin = estimate.margin or 0.0
    distance = margin + min(estimate.gain, 0.0)
    is_counted = estimate.method.startswith("share")
    least = int(cases_for_floor(margin, alpha=alpha)) if is_counted and 0 < margin < 1 else 0
    if distance > 0:
        yield from _larger(estimate, distance, alpha=alpha, least=least, words="exclude a loss beyond the margin")
    shown = _up(max(estimate.shown_margin, 0.0))
    yield Settle(
        estimate.metric, "margin", shown, f"{estimate.metric}: with a margin of {shown:g} it would be shown already"
    )


def _larger(estimate: Estimate, distance: float, *, alpha: float, least: int, words: str) -> Iterator[Settle]:
    variance = estimate.deviation**2
    needed = max(int(cases_needed(variance, distance, alpha=alpha)), least)
    of = "users" if estimate.method.startswith("mean over users") else "cases"
    if variance > 0 and estimate.n_units < needed <= MAX_CASES:
        more = needed - estimate.n_units
        yield Settle(
            estimate.metric,
            "cases",
            needed,
            f"{estimate.metric}: {needed:,} {of}, {more:,} more than there are, would {words} nine times in ten",
        )
    if estimate.within:
        wanted = variance * estimate.n_units / max(needed, 1)
        between = max(variance - estimate.within, 0.0)
        trials = ceil(estimate.n_trials * estimate.within / (wanted - between)) if between < _ENOUGH * wanted else 0
        if trials > estimate.n_trials:
            said = f"{trials} trials a case in place of {estimate.n_trials} would {words} nine times in ten"
            yield Settle(estimate.metric, "trials", trials, f"{estimate.metric}: {said}")


def _up(margin: float) -> float:
    """Return a margin rounded up to three digits, so that what is said to be enough is."""
    if margin == 0:
        return 0.0
    scale = 10.0 ** (2 - floor(log10(margin)))
    return float(ceil(margin * scale - 1e-9) / scale)
