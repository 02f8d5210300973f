"""Shares of many groups from few looks at each: what a group does not tell of itself, groups like it tell.

Ten verdicts on a cluster say little. That most clusters of its detector hold nine real problems in ten says much; so
each share is drawn towards those of its kind, the more so the less is known of it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

BORROWED = 0.2
"""What a group of another kind weighs beside one of the same: a fifth. Kinds differ, and where a kind has one group
alone the others are all there is (Ibrahim, Chen (2000), Power prior distributions for regression models)."""
N_MEANS, N_SPREADS = 60, 30
"""Points of the grid: with twice as many the draws' quantiles move by less than a hundredth."""
_LEAST_SPREAD, _GREATEST_SPREAD = 0.05, 1.5
"""Of (a + b) ** -0.5: as much as 400 looks, and less than one."""


def draw_shares(hits: ArrayLike, n: ArrayLike, *, kinds: ArrayLike, n_draws: int, rng: np.random.Generator) -> Numbers:
    """Return draws of each group's share given all of them, (n_draws, groups) float64, above 0 and below 1.

    Parameters
    ----------
    hits, n
        (groups,) hits and looks, both 0 for a group that nobody looked at; of a weighted sample the effective numbers,
        which need not be whole.
    kinds
        (groups,) what each group is of: groups of one kind tell of each other, those of others BORROWED as much.
    n_draws
        How many draws.
    rng
        What they follow from.

    Raises
    ------
    ValueError
        If the shapes differ, or hits are not from 0 to n.

    Notes
    -----
    Shares of a kind are Beta(a, b); mean and spread (a + b) ** -0.5 are uniform beforehand (Gelman et al. (2013),
    Bayesian data analysis, section 5.3) and drawn from a grid, once a draw and kind. So the prior is estimated, as in
    empirical Bayes, and that it is only estimated shows: plain empirical Bayes gives intervals that are too short.
    """
    hit, looks, kind = np.asarray(hits, np.float64), np.asarray(n, np.float64), np.asarray(kinds)
    if not hit.shape == looks.shape == kind.shape or hit.ndim != 1:
        raise ValueError(
            f"hits, n and kinds have shapes {hit.shape}, {looks.shape}, {kind.shape}, must be one row each"
        )
    if not ((hit >= 0) & (hit <= looks)).all():
        raise ValueError("hits must be from 0 to n")
    a, b = _grid()
    likelihood = _log_likelihood(hit, looks, a, b)
    draws = np.empty((n_draws, len(hit)))
    for one in np.unique(kind):
        is_one = kind == one
        log_weight = likelihood[is_one].sum(axis=0) + BORROWED * likelihood[~is_one].sum(axis=0)
        weight = np.exp(log_weight - log_weight.max())
        at = rng.choice(len(weight), size=n_draws, p=weight / weight.sum())[:, None]
        draws[:, is_one] = rng.beta(a[at] + hit[is_one], b[at] + (looks - hit)[is_one])
    return draws


def _grid() -> tuple[Numbers, Numbers]:
    """Return a and b of every mean and spread, at the middles of equal steps."""
    means = (np.arange(N_MEANS) + 0.5) / N_MEANS
    steps = (np.arange(N_SPREADS) + 0.5) / N_SPREADS
    spreads = _LEAST_SPREAD + (_GREATEST_SPREAD - _LEAST_SPREAD) * steps
    mean, total = np.meshgrid(means, spreads**-2.0, indexing="ij")
    return (mean * total).ravel(), ((1 - mean) * total).ravel()


def _log_likelihood(hits: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Return the log likelihood of each group at each point of the grid, (groups, points), up to a constant a group."""
    from scipy.special import betaln

    return np.asarray(betaln(a + hits[:, None], b + (n - hits)[:, None]) - betaln(a, b))
