"""How true the ranking by pain is, on simulated worlds whose true pain is known.

A world has clusters of Zipf sizes, detectors of different precision, users of different tiers with heavy users among
them, several visits a user and several traces a visit, and copies. Each cluster is reviewed by as many items, drawn at
random. What is found is held against the truth: all intervals, the chance to be among the five worst, and the order,
beside the order that a full review would give, which is the true one.

Usage::

    python tests/benchmarks/pain.py                  # 120 worlds, about a minute
    python tests/benchmarks/pain.py --worlds 400 --reviews 5
    python tests/benchmarks/pain.py --likeness 0.3   # where the method's assumption does not hold

Prints coverage of the 95 % intervals, the mean rank correlation, and stated against true shares by bin of P(top 5).
The goals: coverage .93 to .97, correlation .9, every bin within .06.
"""

import argparse
import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.stats.affected import draw_affected
from workbench.stats.beta_shrinkage import draw_shares
from workbench.stats.top_k import p_top_k

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

TOP, LEVEL = 5, 0.95
TIERS = np.array([1.0, 2.0, 3.0])
SEVERITIES = np.array([1.0, 2.0, 3.0])


class Cluster(NamedTuple):
    """One cluster of a world: its traces, and which are right."""

    item: Indices
    session: Indices
    user: Indices
    user_class: Indices
    is_right: NDArray[np.bool_]
    """(items,) the truth."""
    detector: int
    severity: float


class Truth(NamedTuple):
    """What a cluster really does."""

    users: float
    pain: float


class Told(NamedTuple):
    """What all worlds say."""

    coverage: float
    """Of the intervals of affected users."""
    pain_coverage: float
    """Of the intervals of pain."""
    n_intervals: int
    correlation: float
    """Mean Spearman correlation of mean pain with true pain."""
    bins: list[tuple[float, float, int]]
    """Stated and true share of the top five, and how many, by bin of P(top 5)."""


def make_world(rng: np.random.Generator, *, likeness: float = 0.0) -> list[Cluster]:
    """Return one world."""
    n_clusters, n_detectors = int(rng.integers(8, 41)), int(rng.integers(2, 7))
    sizes = np.maximum((rng.uniform(200, 1_500) / np.arange(1, n_clusters + 1) ** rng.uniform(0.5, 1.1)), 12)
    means = rng.uniform(0.1, 0.95, n_detectors)
    strengths = np.exp(rng.uniform(np.log(2), np.log(60), n_detectors))
    visits, traces = rng.uniform(0, 2), rng.uniform(0, 1.5)
    copies, heavy = rng.uniform(0, 0.4), rng.uniform(0.5, 2)
    return [
        make_cluster(
            rng,
            n_users=int(size),
            visits=visits,
            traces=traces,
            copies=copies,
            heavy=heavy,
            detector=detector,
            likeness=likeness,
            share=rng.beta(means[detector] * strengths[detector], (1 - means[detector]) * strengths[detector]),
        )
        for size, detector in zip(sizes, rng.integers(0, n_detectors, n_clusters), strict=True)
    ]


def make_cluster(
    rng: np.random.Generator,
    *,
    n_users: int,
    visits: float,
    traces: float,
    copies: float,
    heavy: float,
    detector: int,
    likeness: float,
    share: float,
) -> Cluster:
    """Return one cluster: users, of whom some come far more often, their visits, and the traces of these."""
    n_sessions = 1 + rng.poisson(visits * rng.gamma(heavy, 1 / heavy, n_users))
    user_of_session = np.repeat(np.arange(n_users), n_sessions)
    n_traces = 1 + rng.poisson(traces, len(user_of_session))
    session = np.repeat(np.arange(len(user_of_session)), n_traces)
    n_items = max(12, int(len(session) * (1 - copies)))
    item = np.concatenate(
        [np.arange(min(n_items, len(session))), rng.integers(0, n_items, max(0, len(session) - n_items))]
    )
    item = np.unique(rng.permutation(item), return_inverse=True)[1]
    return Cluster(
        item=item,
        session=session,
        user=user_of_session[session],
        user_class=rng.choice(3, n_users, p=[0.7, 0.2, 0.1]),
        is_right=rng.random(item.max() + 1) < shares_of_items(rng, item, user_of_session[session], share, likeness),
        detector=detector,
        severity=float(rng.choice(SEVERITIES)),
    )


def shares_of_items(rng: np.random.Generator, item: Indices, user: Indices, share: float, likeness: float) -> Numbers:
    """Return the chance of each item to be right: one for all, or one a user, whose traces are then alike."""
    if not likeness:
        return np.full(item.max() + 1, share)
    strength = 1 / likeness - 1
    of_users = rng.beta(max(share * strength, 1e-6), max((1 - share) * strength, 1e-6), user.max() + 1)
    owner = np.zeros(item.max() + 1, dtype=np.int64)
    owner[item] = user
    return np.asarray(of_users[owner])


def truth_of(cluster: Cluster) -> Truth:
    """Return what a cluster really does, counted."""
    is_right = cluster.is_right[cluster.item]
    users, sessions = np.unique(cluster.user[is_right]), np.unique(cluster.session[is_right])
    weighted = TIERS[cluster.user_class[users]].sum()
    return Truth(float(len(users)), cluster.severity * weighted * len(sessions) / max(len(users), 1))


def estimate(
    world: list[Cluster], *, n_reviews: int, n_draws: int, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Return draws of affected users and of pain, (draws, clusters) each, after some reviews of each cluster."""
    seen = [rng.choice(len(one.is_right), min(n_reviews, len(one.is_right)), replace=False) for one in world]
    hits = np.array([one.is_right[some].sum() for one, some in zip(world, seen, strict=True)])
    looks, kinds = np.array([len(some) for some in seen]), np.array([one.detector for one in world])
    shares = draw_shares(hits, looks, kinds=kinds, n_draws=n_draws, rng=rng)
    users, pains = np.empty_like(shares), np.empty_like(shares)
    for at, (one, some) in enumerate(zip(world, seen, strict=True)):
        chances = np.repeat(shares[:, [at]], len(one.is_right), axis=1)
        chances[:, some] = one.is_right[some]
        drawn = draw_affected(
            chances, item=one.item, session=one.session, user=one.user, user_class=one.user_class, n_classes=3, rng=rng
        )
        users[:, at] = drawn.users.sum(axis=1)
        pains[:, at] = one.severity * (drawn.users @ TIERS) * drawn.sessions / np.maximum(users[:, at], 1)
    return users, pains


def run(*, n_worlds: int, n_reviews: int, n_draws: int, seed: int, likeness: float = 0.0) -> Told:
    """Return what some worlds say together."""
    from scipy.stats import rankdata, spearmanr

    rng = np.random.default_rng(seed)
    covered: list[NDArray[np.bool_]] = []
    pain_covered: list[NDArray[np.bool_]] = []
    correlations, stated, is_top = [], [], []
    for _ in range(n_worlds):
        world = make_world(rng, likeness=likeness)
        truths = [truth_of(one) for one in world]
        users, pains = estimate(world, n_reviews=n_reviews, n_draws=n_draws, rng=rng)
        true_pain = np.array([one.pain for one in truths])
        covered.append(within(users, np.array([one.users for one in truths])))
        pain_covered.append(within(pains, true_pain))
        correlations.append(spearmanr(pains.mean(axis=0), true_pain).statistic)
        stated.append(p_top_k(pains, TOP))
        is_top.append(rankdata(-true_pain) <= TOP)
    every = np.concatenate(covered)
    return Told(
        float(every.mean()),
        float(np.concatenate(pain_covered).mean()),
        len(every),
        float(np.mean(correlations)),
        calibration(np.concatenate(stated), np.concatenate(is_top)),
    )


def within(draws: Numbers, truth: Numbers) -> NDArray[np.bool_]:
    """Return whether each truth lies in its interval."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return np.asarray((truth >= low) & (truth <= high))


def calibration(stated: Numbers, is_so: NDArray[np.bool_], *, n_bins: int = 5) -> list[tuple[float, float, int]]:
    """Return by bin of the stated chance: its mean, the share that is so, and how many."""
    at = np.minimum((stated * n_bins).astype(int), n_bins - 1)
    filled = [at == one for one in range(n_bins) if (at == one).any()]
    return [(float(stated[one].mean()), float(is_so[one].mean()), int(one.sum())) for one in filled]


def main() -> None:
    """Run the worlds, and print what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=120)
    parser.add_argument("--reviews", type=int, default=10, help="Items reviewed of each cluster.")
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--likeness", type=float, default=0.0, help="Correlation of a user's traces, 0 to below 1.")
    given = parser.parse_args()
    told = run(
        n_worlds=given.worlds, n_reviews=given.reviews, n_draws=given.draws, seed=given.seed, likeness=given.likeness
    )
    say = sys.stdout.write
    say(f"{told.n_intervals:,} intervals: {told.coverage:.3f} hold the users, {told.pain_coverage:.3f} the pain\n")
    say(f"mean rank correlation with true pain: {told.correlation:.3f} (a full review: 1)\n")
    for mean, share, n in told.bins:
        say(f"P(top {TOP}) {mean:.3f}: {share:.3f} are, of {n:,}\n")


if __name__ == "__main__":
    main()
