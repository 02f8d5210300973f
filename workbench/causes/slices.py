"""Slices: conjunctions of two or three attribute values that say more together than each of their parts.

A prompt version that fails on one model, for one locale, hides in the averages of all three. A conjunction is only
found if each part adds something to the others; else the part alone is the simpler cause.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.causes.patterns import MIN_TOGETHER, Numbers, Patterns
from workbench.stats.exact import over_representation
from workbench.stats.multiplicity import benjamini_hochberg

MIN_HITS = 3
"""Traces of the cluster that a slice needs, as of a single value."""
MAX_Q = 0.05
"""A pair is extended to triples only where its own q is at most this: what no pair shows, no triple is tested for."""
MAX_EXTENDED = 20
"""Pairs of one cluster that are extended, those with the smallest p."""


class Slice(NamedTuple):
    """One conjunction in one cluster."""

    cluster_id: str
    """The cluster."""
    columns: tuple[int, ...]
    """Its values, as columns of `Patterns.has`, ascending."""
    hits: int
    """Traces of the cluster in it."""
    n: int
    """Traces of the cluster where all its attributes are known."""
    other_hits: int
    """Other traces in it."""
    other_n: int
    """Other traces where all its attributes are known."""
    p_value: float
    """The largest of the p of the whole and of each part given the others: all of them must hold."""


class Slices(NamedTuple):
    """The conjunctions that were found likely enough to be looked at, and how many were tested."""

    slices: tuple[Slice, ...]
    """Those with a p of at most `MAX_Q`."""
    n_tests: int
    """All that were tested; those not in `slices` had a larger p."""


class Cluster(NamedTuple):
    """What a cluster is compared with."""

    cluster_id: str
    """The cluster."""
    members: Numbers
    """Its traces by pattern, shape (p,)."""
    population: Numbers
    """All traces that its detector could judge, its own included, by pattern, shape (p,)."""
    besides: frozenset[str] = frozenset()
    """Attributes that it is not compared by."""


def find_slices(patterns: Patterns, clusters: Sequence[Cluster]) -> Slices:
    """Return the pairs and triples of values that are over-represented in clusters beyond each of their parts.

    A pair is tested three times by Fisher's one-sided exact test: as a whole against all other traces, and each value
    among the traces that have the other one; its p is the largest (an intersection-union test: Berger 1982,
    Multiparameter hypothesis testing). Values of one attribute are not combined. Pairs with a q of at most `MAX_Q` over
    all pairs are extended by a third value and tested in the same way. Which pairs count as tested follows from the
    population alone (at least `MIN_TOGETHER` traces in all), as in the Apriori search (Agrawal, Srikant 1994), so that
    the p-values stay what they are.
    """
    pairs, n_tests, totals = [], 0, _Totals(patterns)
    for cluster in clusters:
        of_all = totals.of(cluster.population)
        tested = _testable(patterns, of_all, cluster.besides)
        n_tests += int(tested.sum()) // 2
        pairs += list(_pairs(patterns, cluster, of_all, tested))
    q_values = benjamini_hochberg([pair.p_value for pair in pairs], n_tests=max(n_tests, len(pairs)))
    passing = [pair for pair, q_value in zip(pairs, q_values, strict=True) if q_value <= MAX_Q]
    triples = []
    for cluster in clusters:
        mine = sorted((pair for pair in passing if pair.cluster_id == cluster.cluster_id), key=lambda one: one.p_value)
        found, n = _triples(patterns, cluster, mine[:MAX_EXTENDED])
        triples += found
        n_tests += n
    return Slices(tuple(one for one in (*pairs, *triples) if one.p_value <= MAX_Q), n_tests)


class _Counts(NamedTuple):
    both: Numbers
    """Traces with two values, shape (k, k)."""
    given: Numbers
    """Traces with a value where an attribute is known, shape (k, a)."""
    known: Numbers
    """Traces where two attributes are known, shape (a, a)."""


def _count(patterns: Patterns, weights: Numbers) -> _Counts:
    rows = np.flatnonzero(weights)
    has, known, weight = patterns.has[rows], patterns.known[rows], weights[rows].astype(np.float64)[:, None]
    weighted = has * weight
    return _Counts(has.T @ weighted, weighted.T @ known, known.T @ (known * weight))


class _Totals:
    """The counts of each population, counted once: most clusters are compared with the same traces."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._counted: dict[bytes, _Counts] = {}

    def of(self, population: Numbers) -> _Counts:
        key = population.tobytes()
        if key not in self._counted:
            self._counted[key] = _count(self._patterns, population)
        return self._counted[key]


def _testable(patterns: Patterns, of_all: _Counts, besides: frozenset[str]) -> NDArray[np.bool_]:
    """Return which pairs could stand out: frequent enough, of two attributes, and less than either of their parts."""
    of = patterns.attribute_of
    alone = of_all.given[:, of]  # traces with the value of the row where the attribute of the column is known
    is_proper = (of_all.both < alone) & (of_all.both < alone.T)
    is_wanted = _is_wanted(patterns, besides)
    is_two = (of[:, None] != of[None, :]) & is_wanted[:, None] & is_wanted[None, :]
    testable: NDArray[np.bool_] = (of_all.both >= MIN_TOGETHER) & is_proper & is_two
    return testable


def _is_wanted(patterns: Patterns, besides: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([attribute not in besides for attribute, _ in patterns.values], bool)


def _pairs(patterns: Patterns, cluster: Cluster, of_all: _Counts, tested: NDArray[np.bool_]) -> Iterator[Slice]:
    if not patterns.values:
        return
    mine, of = _count(patterns, cluster.members), patterns.attribute_of
    first, second = np.nonzero(np.triu(tested & (mine.both >= MIN_HITS)))
    hits, total = mine.both[first, second], of_all.both[first, second]
    tables = [
        (mine.known[of[first], of[second]], of_all.known[of[first], of[second]]),
        (mine.given[first, of[second]], of_all.given[first, of[second]]),
        (mine.given[second, of[first]], of_all.given[second, of[first]]),
    ]
    p_values = _largest(hits, total, tables)
    n, n_all = tables[0]
    for at in np.flatnonzero(p_values <= MAX_Q):
        counts = (int(hits[at]), int(n[at]), int(total[at] - hits[at]), int(n_all[at] - n[at]))
        yield Slice(cluster.cluster_id, (int(first[at]), int(second[at])), *counts, float(p_values[at]))


def _largest(hits: Numbers, total: Numbers, tables: Sequence[tuple[Numbers, Numbers]]) -> Numbers:
    """Return the largest p of `hits` of the cluster and `total` in all, each time among other traces."""
    p_values = np.zeros_like(hits)
    for n, n_all in tables:
        # Where a share is no larger than elsewhere, the p is above one half: not worth its computation.
        is_up = (hits * (n_all - n) > (total - hits) * n) & (p_values <= MAX_Q)
        computed = np.ones_like(hits)
        computed[is_up] = over_representation(
            hits[is_up], n[is_up], other_hits=(total - hits)[is_up], other_n=(n_all - n)[is_up]
        )
        p_values = np.maximum(p_values, computed)
    return p_values


def _triples(patterns: Patterns, cluster: Cluster, pairs: Sequence[Slice]) -> tuple[list[Slice], int]:
    """Return the pairs extended by a third value, and how many triples that tested."""
    found: dict[tuple[int, ...], Slice] = {}
    seen: set[tuple[int, ...]] = set()
    of = patterns.attribute_of
    rows = np.flatnonzero(cluster.population)
    weights = np.stack([cluster.members[rows], cluster.population[rows]])
    has, known = patterns.has[rows], patterns.known[rows]
    for pair in pairs:
        first, second = pair.columns
        with_both = weights * has[:, first] * has[:, second]
        hits, total = with_both @ has
        n, n_all = (weights * known[:, of[first]] * known[:, of[second]]) @ known[:, of]
        beside = with_both @ known[:, of]
        with_first = (weights * has[:, first] * known[:, of[second]]) @ has
        with_second = (weights * has[:, second] * known[:, of[first]]) @ has
        is_other = (of != of[first]) & (of != of[second]) & _is_wanted(patterns, cluster.besides)
        smaller = np.minimum(np.minimum(beside[1], with_first[1]), with_second[1])
        is_tested = is_other & (total >= MIN_TOGETHER) & (total < smaller)
        new = [at for at in np.flatnonzero(is_tested) if tuple(sorted((first, second, int(at)))) not in seen]
        seen.update(tuple(sorted((first, second, int(at)))) for at in new)
        likely = np.array([at for at in new if hits[at] >= MIN_HITS], np.intp)
        tables = [(n, n_all), (beside[0], beside[1]), (with_first[0], with_first[1]), (with_second[0], with_second[1])]
        p_values = _largest(hits[likely], total[likely], [(some[likely], every[likely]) for some, every in tables])
        for at, p_value in zip(likely, p_values, strict=True):
            if p_value <= MAX_Q:
                columns = tuple(sorted((first, second, int(at))))
                counts = (int(hits[at]), int(n[at]), int(total[at] - hits[at]), int(n_all[at] - n[at]))
                found[columns] = Slice(cluster.cluster_id, columns, *counts, float(p_value))
    return list(found.values()), len(seen)
