"""How sure a candidate is once everything that was looked for is counted, and once copies count once.

All searches of a run share one false-discovery rate. Each has its own part of it, so that thousands of phrases do not
drown twenty attributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.causes.candidate import Candidate, Extent, Search
from workbench.causes.coded import Places
from workbench.causes.facts import Facts
from workbench.stats.exact import over_representation
from workbench.stats.grouped import Overlap, design_effect
from workbench.stats.multiplicity import benjamini_hochberg

SHARES: Mapping[Search, float] = {"value": 0.5, "slice": 0.15, "onset": 0.15, "blame": 0.1, "phrase": 0.1}
"""The part of the false discoveries that each search may make: most for what a team can change at once."""


def q_values(candidates: Sequence[Candidate], n_tests: Mapping[Search, int]) -> NDArray[np.float64]:
    """Return the q-value of each candidate, over all tests of all searches.

    Parameters
    ----------
    candidates
        Those with small p-values, at most as many of a search as it made tests.
    n_tests
        Tests by search; a search that made none leaves its share to the others.

    Notes
    -----
    Genovese, Roeder, Wasserman (2006), False discovery control with p-value weighting: p-values are divided by weights
    whose mean over all tests is 1, and adjusted by Benjamini and Hochberg.
    """
    if not candidates:
        return np.zeros(0)
    made = {search: n for search, n in n_tests.items() if n}
    n_all, share_all = sum(made.values()), sum(SHARES[search] for search in made)
    weights = {search: SHARES[search] / share_all * n_all / n for search, n in made.items()}
    weighted = [min(1.0, one.p_value / weights[one.search]) for one in candidates]
    return benjamini_hochberg(weighted, n_tests=n_all)


def counted_once(
    candidate: Candidate, extent: Extent, *, members: NDArray[np.bool_], population: NDArray[np.bool_], facts: Facts
) -> tuple[Candidate, float]:
    """Return the candidate with a p-value in which traces of one user, or of one task, count as what they add.

    Also returns by how much: the larger of the two design effects, at least 1. Users are sessions where no user is
    known. A condition on the task itself is not corrected for tasks.

    Parameters
    ----------
    candidate
        What was found.
    extent
        Of which traces it is known, and which have it.
    members
        The traces of its cluster, shape (n,).
    population
        The traces that it is compared with, its own included, shape (n,).
    facts
        Whose traces they are.
    """
    among = np.flatnonzero(extent.known & population)
    is_task = any(condition.attribute == "task" for condition in candidate.conditions)
    groupings = [facts.user] if is_task else [facts.user, facts.task]
    effect = max(_effect(grouping[among], extent.having[among], members[among]) for grouping in groupings)
    if effect == 1:
        return candidate, effect
    n, other_n = max(1, int(candidate.n / effect)), max(1, int(candidate.other_n / effect))
    hits = min(n, int(candidate.hits / effect))
    other_hits = min(other_n, int(np.ceil(candidate.other_hits / effect)))
    corrected = float(over_representation(hits, n, other_hits=other_hits, other_n=other_n))
    return replace(candidate, p_value=max(candidate.p_value, corrected)), effect


def _effect(groups: Places, having: NDArray[np.bool_], members: NDArray[np.bool_]) -> float:
    if not groups.size:
        return 1.0
    low = int(groups.min())
    size = int(groups.max()) - low + 1
    n = np.bincount(groups - low, minlength=size)
    each = (having & members, having, members)
    both, first, second = (np.bincount(groups[which] - low, minlength=size) for which in each)
    return design_effect(Overlap(both, first, second, n))
