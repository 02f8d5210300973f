"""A sample whose every member has a known chance of being in it, and what it says of all.

Reviewers can read a few of many traces. What they find holds for the rest only if each trace had a known chance to be
shown; then it does, whether the sample was even or leaned to where a look tells most.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

_PRIOR = 0.5
"""Jeffreys' prior of a share."""
_HALVINGS = 100
"""More than a double has bits."""


def inclusion_probabilities(sizes: ArrayLike, n: float) -> Numbers:
    """Return each unit's chance to be in a sample of n, proportional to its size and at most 1; they sum to n.

    Parameters
    ----------
    sizes
        (units,) positive numbers; equal ones give every unit the same chance.
    n
        Units to be drawn, on average if it is no whole number; beyond the number of units, all.

    Raises
    ------
    ValueError
        If a size is not positive, or n is negative.

    Examples
    --------
    >>> inclusion_probabilities([1, 1, 2, 16], 2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    size = np.asarray(sizes, dtype=np.float64)
    if n < 0:
        raise ValueError(f"n == {n}, must be 0 or more")
    if not (np.isfinite(size).all() and (size > 0).all()):
        raise ValueError("a size is not positive")
    if n >= len(size):
        return np.ones(len(size))
    is_certain = np.zeros(len(size), dtype=bool)
    while True:
        left = n - int(is_certain.sum())
        chances = np.where(is_certain, 1.0, left * size / max(size[~is_certain].sum(), np.finfo(float).tiny))
        if not (chances[~is_certain] >= 1.0).any():
            return chances
        is_certain |= chances >= 1.0


def shares_of(n: float, *, weights: ArrayLike, most: ArrayLike) -> Numbers:
    """Return how many of n units each stratum gets: in proportion to its weight, at least one and at most all it has.

    Where n is less than the number of strata none is sure of one. The shares sum to n, or to all units there are.

    Parameters
    ----------
    n
        Units to be drawn.
    weights
        (strata,) positive numbers.
    most
        (strata,) units of each, at least 1.

    Examples
    --------
    >>> shares_of(10, weights=[1, 5, 20], most=[9, 9, 6]).round(3).tolist()
    [1.0, 3.0, 6.0]
    """
    weight, top = np.asarray(weights, dtype=np.float64), np.asarray(most, dtype=np.float64)
    if n >= top.sum():
        return top
    least = 1.0 if n >= len(top) else 0.0
    low, high = 0.0, float((top / weight).max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * weight, least, top).sum() < n else (low, middle)
    return np.clip(high * weight, least, top)


def draw_systematically(probabilities: ArrayLike, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of the units drawn, in order, each with just its probability: a random start and equal steps.

    Neighbours are rarely drawn together, so that the order stratifies: units sorted by cluster and week are drawn from
    every cluster and week in proportion. Where the probabilities sum to a whole number, so many are drawn.

    Parameters
    ----------
    probabilities
        (units,) from 0 to 1.
    rng
        Gives the start.

    Notes
    -----
    Madow (1949), On the theory of systematic sampling II.
    """
    reached = np.cumsum(np.asarray(probabilities, dtype=np.float64))
    # Sums of many parts miss a whole number by their last bits, which must not cost or add a unit.
    steps = np.floor(np.round(reached, 9) - rng.random())
    return np.flatnonzero(np.diff(steps, prepend=-1.0 if len(steps) else 0.0) > 0).astype(np.int64)


def draw_totals(
    is_hit: ArrayLike,
    weights: ArrayLike,
    *,
    n_population: int,
    n_draws: int,
    rng: np.random.Generator,
    n_alike: ArrayLike = 1,
) -> Numbers:
    """Return draws of how many units of a population are hits, given those of a sample, (n_draws,) float64.

    What was looked at is known; of the rest each draw takes a share from the posterior of the weighted share, under
    Jeffreys' prior, and then so many units by that share. So a population that was looked at whole has no uncertainty,
    and one of which nothing was seen has all of it.

    Parameters
    ----------
    is_hit
        (sample,) whether each unit of the sample is a hit.
    weights
        (sample,) how many units of the population each stands for: one over its inclusion probability.
    n_population
        Units in the population, at least as many as in the sample.
    n_draws
        How many draws.
    rng
        What they follow from.
    n_alike
        (sample,) or one number: the units of the population that are copies of a unit of the sample, itself included;
        what is seen of one is known of all of them.

    Raises
    ------
    ValueError
        If the shapes differ, a weight is below 1 or the number alike, or the population is smaller than the sample.

    Notes
    -----
    Horvitz, Thompson (1952), A generalization of sampling without replacement from a finite universe; the posterior has
    the effective number of units of Kish (1965), Survey sampling: the squared sum of weights over the sum of squares.
    """
    hits, weight = np.asarray(is_hit, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if hits.shape != weight.shape or hits.ndim != 1:
        raise ValueError(f"is_hit has shape {hits.shape} and weights {weight.shape}, must be one row of numbers each")
    seen = np.broadcast_to(np.asarray(n_alike, dtype=np.float64), hits.shape)
    if (weight < np.maximum(seen, 1) - 1e-9).any():
        raise ValueError("a weight is below 1 or the number alike: no unit stands for less than itself")
    n_seen = round(float(seen.sum()))
    if n_population < n_seen:
        raise ValueError(f"n_population == {n_population}, must be at least the {n_seen} of the sample")
    n_unseen = n_population - n_seen
    unseen = np.maximum(weight - seen, 0)
    n_effective = unseen.sum() ** 2 / (unseen**2).sum() if unseen.any() else 0.0
    share = (unseen * hits).sum() / unseen.sum() if unseen.any() else 0.0
    shares = rng.beta(_PRIOR + n_effective * share, _PRIOR + n_effective * (1 - share), size=n_draws)
    # Copies are hits together or not at all: of so many units there are fewer that can differ.
    n_together = unseen.sum() / (unseen / seen).sum() if unseen.any() else 1.0
    n_differing = max(round(n_unseen / n_together), min(n_unseen, 1))
    drawn = rng.binomial(n_differing, shares) * (n_unseen / max(n_differing, 1))
    return np.asarray((hits * seen).sum() + drawn, dtype=np.float64)
