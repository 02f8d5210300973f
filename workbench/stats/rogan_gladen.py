"""The true difference behind an imperfect judge's: what it found, put right by how often it is right.

A second read beside `judged`: it needs only the judge's rates on some labelled set, which may be another, and it is as
good as those rates hold here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.stats.bootstrap import percentile_interval

Numbers = NDArray[np.float64]

N_DRAWS = 10_000
"""The ends of a 95 % interval then vary by some hundredth of its length from seed to seed."""
_PRIOR = 0.5
"""Jeffreys' prior of a share: ten right of ten do not make a judge that never errs."""


class JudgeRates(NamedTuple):
    """How a judge did on labelled cases."""

    n_yes_found: int
    """Cases with the property that the judge said have it."""
    n_yes: int
    """Labelled cases with the property, at least 1."""
    n_no_cleared: int
    """Cases without it that the judge said have it not."""
    n_no: int
    """Labelled cases without it, at least 1."""


class Corrected(NamedTuple):
    """A figure put right."""

    value: float
    """NaN where the judge is no better than chance."""
    low: float
    """Lower end of the interval; NaN likewise."""
    high: float


def rogan_gladen_difference(
    wins: int, losses: int, *, n: int, rates: JudgeRates, level: float = 0.95, seed: int = 0
) -> Corrected:
    """Return the true difference of shares of two arms on the same cases, -1 to 1; deterministic given seed.

    Both samples are resampled, the labelled one too. The judge must err alike in both arms.

    Parameters
    ----------
    wins
        Cases of which the judge says yes in the candidate alone.
    losses
        Cases of which it says yes in the baseline alone.
    n
        Cases in all, at least 1.
    rates
        What is known of the judge.
    level
        Coverage, above 0 and below 1.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If a count is impossible or `level` is no coverage.

    Notes
    -----
    Rogan, Gladen (1978), Estimating prevalence from the results of a screening test. Shares are drawn from their
    posteriors under Jeffreys' prior, a resampling that keeps its spread where a judge made no error.

    Examples
    --------
    A judge that finds 9 of 10 and calls 1 of 10 wrongly:

    >>> rates = JudgeRates(n_yes_found=90, n_yes=100, n_no_cleared=90, n_no=100)
    >>> round(rogan_gladen_difference(12, 4, n=100, rates=rates).value, 3)
    0.1
    """
    sensitivity, specificity = _rates(rates)
    if min(wins, losses) < 0 or wins + losses > n or n < 1:
        raise ValueError("wins and losses must be 0 or more, and together at most n, which is at least 1")
    better = sensitivity + specificity - 1
    if better <= 0:
        return Corrected(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.array([wins, losses, n - wins - losses]) + _PRIOR, N_DRAWS)
    drawn_rates = _drawn_rates(rates, rng=rng)
    drawn = _put_right(shares[:, 0] - shares[:, 1], drawn_rates[0] + drawn_rates[1] - 1)
    low, high = percentile_interval(np.clip(drawn, -1, 1), level=level)
    return Corrected(float(np.clip((wins - losses) / n / better, -1, 1)), float(low), float(high))


def _put_right(apparent: Numbers, better: Numbers) -> Numbers:
    """Return apparent over better; a draw with a judge no better than chance says nothing, and so anything."""
    return np.where(better > 0, apparent / np.where(better > 0, better, 1.0), np.sign(apparent) * np.inf)


def _rates(rates: JudgeRates) -> tuple[float, float]:
    if not (0 <= rates.n_yes_found <= rates.n_yes and 0 <= rates.n_no_cleared <= rates.n_no):
        raise ValueError("counts of right judgements must be from 0 to the labelled cases")
    if rates.n_yes < 1 or rates.n_no < 1:
        raise ValueError("rates need a labelled case with the property and one without")
    return rates.n_yes_found / rates.n_yes, rates.n_no_cleared / rates.n_no


def _drawn_rates(rates: JudgeRates, *, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    return (
        rng.beta(_PRIOR + rates.n_yes_found, _PRIOR + rates.n_yes - rates.n_yes_found, N_DRAWS),
        rng.beta(_PRIOR + rates.n_no_cleared, _PRIOR + rates.n_no - rates.n_no_cleared, N_DRAWS),
    )
