"""How far annotators agree beyond chance, each figure with its interval: no single one can be trusted alone.

Where nine labels in ten are the same, two people who agree on 90 % of the items may have a kappa below zero and an AC1
of .89; so the raw share, the share within each label, alpha, kappa and AC1 are computed side by side.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

N_RESAMPLES = 2_000
"""Of the bootstrap: the ends of a 95 % interval then vary by some hundredth of its length from seed to seed."""
LEVEL = 0.95
_AT_A_TIME = 4_000_000
"""Weights of items held at once, 8 bytes each."""


class Estimate(NamedTuple):
    """One figure of agreement."""

    value: float
    """At most 1, which is perfect agreement; 0 is what chance gives, save for raw shares; NaN where it is undefined."""
    low: float
    """Lower end of the 95 % interval; NaN where the figure is undefined, or in too many resamples."""
    high: float
    """Upper end."""


class Agreement(NamedTuple):
    """How far the annotators of a set of items agree."""

    n_items: int
    """Items with a label."""
    n_compared: int
    """Items with two labels or more: only they tell of agreement."""
    n_labels: int
    """Labels in all."""
    raw: Estimate
    """Share of pairs of labels of one item that are the same, averaged over items."""
    by_label: tuple[Estimate, ...]
    """Share of the other labels of an item that are this one too, where one is; in the order of the labels."""
    alpha: Estimate
    """Krippendorff's alpha, nominal."""
    kappa: Estimate
    """Conger's kappa: of two annotators Cohen's."""
    ac1: Estimate
    """Gwet's AC1."""


def agreement(
    labels: ArrayLike, *, n_labels: int | None = None, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Agreement:
    """Return the figures of agreement with 95 % percentile bootstrap intervals over items; deterministic given seed.

    Parameters
    ----------
    labels
        (items, annotators) int, from 0 up; -1 where an annotator did not label an item. Any number of annotators.
    n_labels
        How many different labels there are to choose from, at least 2 and more than the greatest; None is as many as
        occur. Only AC1 depends on it.
    n_resamples
        Resamples of the bootstrap.
    seed
        Seed of the bootstrap.

    Raises
    ------
    ValueError
        If the labels are no table of such numbers, or `n_labels` does not count them.

    Notes
    -----
    Krippendorff (2011), Computing Krippendorff's alpha-reliability. Conger (1980), Integration and generalization of
    kappas for multiple raters. Gwet (2008), Computing inter-rater reliability and its variance in the presence of high
    agreement; with missing labels as Gwet (2014), Handbook of inter-rater reliability. By label: specific agreement of
    Cicchetti, Feinstein (1990), High agreement but low kappa II. Items are the units that are resampled, because labels
    of one item are not independent (Efron, Tibshirani 1993, An introduction to the bootstrap).

    Examples
    --------
    >>> same = agreement([[0, 0], [1, 1], [0, 1], [1, 1]])
    >>> print(f"{same.raw.value:.2f} {same.kappa.value:.2f}")
    0.75 0.50
    """
    table = _checked(labels)
    n_chosen = int(max(table.max(initial=-1) + 1, 2))
    if n_labels is not None and n_labels < n_chosen:
        raise ValueError(f"n_labels == {n_labels}, must be at least {n_chosen}")
    labelled = table[(table >= 0).any(axis=1)]
    sums = _Sums.of(labelled, n_chosen)
    whole = _figures(sums.added(np.ones((1, len(labelled)))), n_labels=n_labels or n_chosen)[0]
    drawn = np.concatenate(
        [
            _figures(sums.added(weights), n_labels=n_labels or n_chosen)
            for weights in _weights(labelled, n_resamples, seed)
        ]
        or [np.empty((0, len(whole)))]
    )
    raw, alpha, kappa, ac1, *by_label = (
        _estimate(value, resampled) for value, resampled in zip(whole, drawn.T, strict=True)
    )
    n_each = (labelled >= 0).sum(axis=1)
    return Agreement(len(labelled), int((n_each > 1).sum()), int(n_each.sum()), raw, tuple(by_label), alpha, kappa, ac1)


class _Sums(NamedTuple):
    """What the figures are functions of: each is a sum over items, so that a resample is a weighted sum."""

    columns: Numbers
    """(items, columns) float64."""
    n_labels: int
    n_annotators: int

    @classmethod
    def of(cls, table: NDArray[np.int64], n_labels: int) -> "_Sums":
        given = table[:, :, None] == np.arange(n_labels)
        counts = given.sum(axis=1).astype(np.float64)
        n_each = counts.sum(axis=1, keepdims=True)
        is_compared = n_each > 1
        pairs = np.where(is_compared, counts * (counts - 1), 0.0)
        others = np.where(is_compared, counts * (n_each - 1), 0.0)
        per_pair = np.divide(1.0, n_each * (n_each - 1), where=is_compared, out=np.zeros_like(n_each))
        per_other = np.divide(1.0, n_each - 1, where=is_compared, out=np.zeros_like(n_each))
        columns = [
            is_compared.astype(np.float64),
            np.ones_like(n_each),
            (pairs * per_pair).sum(axis=1, keepdims=True),
            (pairs * per_other).sum(axis=1, keepdims=True),
            np.where(is_compared, counts, 0.0),
            counts / n_each,
            pairs,
            others,
            given.reshape(len(table), table.shape[1] * n_labels),
        ]
        return cls(np.concatenate(columns, axis=1).astype(np.float64), n_labels, table.shape[1])

    def added(self, weights: Numbers) -> "_Added":
        """Return the sums of each resample, whose weights say how often each item is in it: (resamples, items)."""
        q = self.n_labels
        ends = np.cumsum([1, 1, 1, 1, q, q, q, q])
        compared, items, agreeing, coincident, of_compared, shares, pairs, others, by_annotator = np.split(
            weights @ self.columns, ends, axis=1
        )
        per_annotator = by_annotator.reshape(len(weights), self.n_annotators, q)
        return _Added(
            compared[:, 0],
            items[:, 0],
            agreeing[:, 0],
            coincident[:, 0],
            of_compared,
            shares,
            pairs,
            others,
            per_annotator,
        )


class _Added(NamedTuple):
    """Sums over the items of each of some resamples; (resamples,), and (resamples, labels) where it says by label."""

    compared: Numbers
    """Items with two labels or more."""
    items: Numbers
    agreeing: Numbers
    """Of those compared, the share of pairs of labels that are the same."""
    coincident: Numbers
    """The same over each other label of the item: the diagonal of Krippendorff's coincidences."""
    of_compared: Numbers
    """Labels of those compared, by label."""
    shares: Numbers
    """Share of an item's labels, by label."""
    pairs: Numbers
    """Ordered pairs of equal labels, by label."""
    others: Numbers
    """Ordered pairs that begin with it, by label."""
    per_annotator: Numbers
    """(resamples, annotators, labels): labels given."""


def _figures(sums: _Added, *, n_labels: int) -> Numbers:
    """Return raw, alpha, kappa, AC1 and each label's agreement, (resamples, 4 + labels); NaN where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = sums.agreeing / sums.compared
        n = sums.of_compared.sum(axis=1)
        expected = ((sums.of_compared**2).sum(axis=1) - n) / (n * (n - 1))
        alpha = _beyond_chance(sums.coincident / n, expected)
        kappa = _beyond_chance(raw, _conger_chance(sums.per_annotator))
        shares = sums.shares / sums.items[:, None]
        ac1 = _beyond_chance(raw, (shares * (1 - shares)).sum(axis=1) / (n_labels - 1))
        by_label = sums.pairs / sums.others
    return np.column_stack([raw, alpha, kappa, ac1, by_label])


def _beyond_chance(observed: Numbers, expected: Numbers) -> Numbers:
    return np.asarray(np.where(1 - expected > 1e-12, (observed - expected) / (1 - expected), np.nan))


def _conger_chance(per_annotator: Numbers) -> Numbers:
    """Return the agreement that annotators with these habits have by chance: over all pairs of them, the mean."""
    given = per_annotator.sum(axis=2, keepdims=True)
    shares = np.divide(per_annotator, given, where=given > 0, out=np.zeros_like(per_annotator))
    n = (given[:, :, 0] > 0).sum(axis=1).astype(np.float64)
    together = shares.sum(axis=1) ** 2 - (shares**2).sum(axis=1)
    return np.asarray(together.sum(axis=1) / (n * (n - 1)))


def _weights(table: NDArray[np.int64], n_resamples: int, seed: int) -> "list[Numbers]":
    """Return how often each item is drawn, in batches of resamples, (resamples, items)."""
    rng, n = np.random.default_rng(seed), len(table)
    if n == 0:
        return []
    size = max(1, _AT_A_TIME // n)
    starts = range(0, n_resamples, size)
    return [
        rng.multinomial(n, np.full(n, 1 / n), size=min(size, n_resamples - start)).astype(np.float64)
        for start in starts
    ]


def _estimate(value: float, resampled: Numbers) -> Estimate:
    """Return the figure with its percentile interval, where nine in ten of the resamples have one."""
    known = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or len(known) < 0.9 * max(len(resampled), 1):
        return Estimate(float(value), np.nan, np.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def _checked(labels: ArrayLike) -> NDArray[np.int64]:
    table = np.asarray(labels)
    if table.ndim != 2 or not (np.issubdtype(table.dtype, np.integer) or table.size == 0):
        raise ValueError(
            f"labels have shape {table.shape} and type {table.dtype}, must be (items, annotators) of integers"
        )
    if table.size and table.min() < -1:
        raise ValueError(f"a label is {table.min()}, must be -1 or more")
    return table.astype(np.int64)
