"""The one ranking: issues by their pain, each with how sure its place is and how far it hangs on the weights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.backlog.pain import UNKNOWN_TIER, Suffering
from workbench.backlog.weights import Weights
from workbench.records import Issue
from workbench.stats.top_k import most_doubtful, p_top_k

Numbers = NDArray[np.float64]

ENDS = (0.025, 0.975)
"""Of a 95 % interval."""
SURE = (0.01, 0.99)
"""Chances beyond which more verdicts on an issue change nothing: it is among the k greatest, or it is not."""


class Range(NamedTuple):
    """An estimate and its 95 % interval."""

    value: float
    """The mean of the draws."""
    low: float
    high: float


class Ranked(NamedTuple):
    """One issue in its place."""

    rank: int
    """From 1, the greatest pain first."""
    issue: Issue
    pain: Range
    """Users x severity x tier x visits a user."""
    users: Range
    """Users whom it reaches."""
    visits_a_user: float
    """Visits in which it reaches them, to one such user."""
    severity_weight: float
    tier_weight: float
    """How much one of its users counts on average."""
    known_tier_share: float
    """Share of its users whose tier is known, 0 to 1."""
    p_top: float
    """Chance to be among the k greatest, 0 to 1."""
    best_rank: int
    """Over all weight sets."""
    worst_rank: int
    n_judged: int
    """Traces of its clusters of which people said whether they have it; copies count once."""
    n_confirmed: int
    """Those that have it."""
    n_users: int
    """Users in its clusters, reached or not."""
    n_missed: float
    """Users among `users` whom no detector saw; 0 where nothing tells of any."""
    effort: str
    """What mending it would take, in somebody's words; empty where nobody said it. It does not rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All open issues, the greatest pain first."""

    rows: tuple[Ranked, ...]
    """One an issue."""
    k: int
    """Of the chance to be among the k greatest."""
    weights: Weights
    """What ranks."""
    others: tuple[Weights, ...]
    """The other sets, which make the band of ranks."""
    next_reviews: tuple[str, ...]
    """Clusters of which more verdicts would tell most: those whose chance is nearest one half first, none of those that
    are SURE."""
    draws: Numbers
    """(draws, issues) pain, in the order of `rows`."""

    def row(self, issue_id: str) -> Ranked | None:
        """Return the row of an issue; None where it is not open."""
        return next((one for one in self.rows if one.issue.id == issue_id), None)

    def total(self, issue_ids: Iterable[str]) -> Range | None:
        """Return the pain of several issues in all, each counted once; None where one of them is not ranked."""
        wanted = set(issue_ids)
        places = [at for at, one in enumerate(self.rows) if one.issue.id in wanted]
        is_known = wanted and len(places) == len(wanted)
        return range_of(self.draws[:, places].sum(axis=1)) if is_known else None


def rank(
    sufferings: Sequence[Suffering],
    issues: Mapping[str, Issue],
    *,
    n_users: Mapping[str, int],
    weights: Weights,
    others: Sequence[Weights] = (),
    effort: Mapping[str, str] | None = None,
    open_clusters: Mapping[str, Sequence[str]] | None = None,
    k: int = 5,
) -> Ranking:
    """Return the issues by their mean pain, with the chance of each to be among the k greatest.

    Parameters
    ----------
    sufferings
        What each does to users, as of `measure`.
    issues
        By id, in their newest revision.
    n_users
        By id: how many users are in its clusters.
    weights, others
        What ranks, and the sets beside it.
    effort
        By id: what mending would take.
    open_clusters
        By id: those of its clusters in which something is left to judge.
    k
        How many are the greatest.
    """
    if not sufferings:
        empty = np.zeros((1, 0))
        return Ranking(rows=(), k=k, weights=weights, others=tuple(others), next_reviews=(), draws=empty)
    draws = _pains(sufferings, issues, weights)
    order = _order(draws, sufferings)
    p_top = p_top_k(draws, k)
    places = np.array([_places(_pains(sufferings, issues, one), sufferings) for one in (weights, *others)])
    rows = tuple(
        _row(
            sufferings[at],
            issues[sufferings[at].issue_id],
            rank=number,
            pain=draws[:, at],
            p_top=float(p_top[at]),
            places=places[:, at],
            n_users=n_users[sufferings[at].issue_id],
            weights=weights,
            effort=(effort or {}).get(sufferings[at].issue_id, ""),
        )
        for number, at in enumerate(order, start=1)
    )
    by_doubt = [rows[at] for at in most_doubtful([one.p_top for one in rows])]
    doubtful = [row.issue.id for row in by_doubt if SURE[0] < row.p_top < SURE[1]]
    left = open_clusters or {}
    return Ranking(
        rows=rows,
        k=k,
        weights=weights,
        others=tuple(others),
        next_reviews=tuple(dict.fromkeys(one for issue_id in doubtful for one in left.get(issue_id, ()))),
        draws=draws[:, order],
    )


def range_of(draws: Numbers) -> Range:
    """Return the mean of draws, and the interval that holds 95 in 100."""
    low, high = np.quantile(draws, ENDS)
    return Range(float(draws.mean()), float(low), float(high))


def _pains(sufferings: Sequence[Suffering], issues: Mapping[str, Issue], weights: Weights) -> Numbers:
    return np.stack([one.pain(weights, issues[one.issue_id].severity) for one in sufferings], axis=1)


def _order(draws: Numbers, sufferings: Sequence[Suffering]) -> list[int]:
    means = draws.mean(axis=0)
    return sorted(range(len(sufferings)), key=lambda at: (-means[at], sufferings[at].issue_id))


def _places(draws: Numbers, sufferings: Sequence[Suffering]) -> NDArray[np.int64]:
    """Return the rank of each issue, from 1."""
    places = np.empty(len(sufferings), dtype=np.int64)
    places[_order(draws, sufferings)] = np.arange(1, len(sufferings) + 1)
    return places


def _row(
    suffering: Suffering,
    issue: Issue,
    *,
    rank: int,
    pain: Numbers,
    p_top: float,
    places: NDArray[np.int64],
    n_users: int,
    weights: Weights,
    effort: str,
) -> Ranked:
    users = suffering.users.sum(axis=1)
    total = max(float(users.mean()), np.finfo(float).tiny)
    by_tier = suffering.users.mean(axis=0)
    of_tiers = np.array([weights.tiers.get(tier, 1.0) for tier in suffering.tiers])
    is_known = np.array([tier != UNKNOWN_TIER for tier in suffering.tiers])
    return Ranked(
        rank=rank,
        issue=issue,
        pain=range_of(pain),
        users=range_of(users),
        visits_a_user=float(suffering.sessions.mean()) / total,
        severity_weight=weights.severity[issue.severity],
        tier_weight=float(by_tier @ of_tiers) / total,
        known_tier_share=float(by_tier[is_known].sum()) / total,
        p_top=p_top,
        best_rank=int(places.min()),
        worst_rank=int(places.max()),
        n_judged=suffering.n_judged,
        n_confirmed=suffering.n_confirmed,
        n_users=n_users,
        n_missed=float(suffering.n_missed.mean()) if len(suffering.n_missed) else 0.0,
        effort=effort,
    )
