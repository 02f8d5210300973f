"""How far off the gain is that is told of what shipped, by true gain, and the least that any estimate could be off by.

Usage, from the root of a checkout::

    python -m tests.benchmarks.least_bias       # half a minute

By cases and by the share of them that change, for true gains of 0 to 10 points, all in points: the mean bias of the
gain as it is told, exact, summed over every outcome that passes the mid-p McNemar test; the same on average over
changes of which each true gain is as common, and where nine in ten gain nothing and one gains five points; and the
least worst bias of any estimate between 0 and the raw gain that rises with it, by linear programming on the normal
curve above what was needed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.stats import multinomial, norm

from workbench.stats.paired import mcnemar_mid_p
from workbench.stats.reported_gain import gain_given_shipped

Numbers = NDArray[np.float64]

SIZES = (100, 300)
CHANGED = (0.1, 0.2, 0.3)
GAINS = np.arange(11) / 100
EVEN = np.ones(11)
MOSTLY_NONE = np.eye(11)[5] + 9 * np.eye(11)[0]
NEEDED = 1.6449
"""Standard errors that a one-sided test at .05 needs."""
_MOST = 110
"""Wins or losses that are counted: more have no chance to speak of."""


class Shipped(NamedTuple):
    """Every outcome that ships, of shape (outcomes,)."""

    wins: NDArray[np.int64]
    losses: NDArray[np.int64]
    told: Numbers
    """The gain as it is told."""


def main() -> None:
    """Print a line a world."""
    for n in SIZES:
        outcomes = shipped(n)
        for changed in CHANGED:
            chances, biases = by_gain(outcomes, n, changed)
            even, mostly_none = (float(biases @ (mix * chances) / (mix @ chances)) for mix in (EVEN, MOSTLY_NONE))
            told = " ".join(f"{bias:+.2f}" for bias in biases)
            least = 100 * least_worst_bias(float(np.sqrt(changed / n)))
            print(  # noqa: T201
                f"{n} cases, {changed:.0%} change: {told}; on average {even:+.2f}, nine in ten useless "
                f"{mostly_none:+.2f}; the least worst of any {least:.2f}"
            )


def shipped(n: int) -> Shipped:
    """Return the outcomes of n cases that ship."""
    most = min(n, _MOST)
    pairs = np.array([(won, lost) for won in range(most) for lost in range(won) if won + lost <= n])
    pairs = pairs[mcnemar_mid_p(pairs[:, 0], pairs[:, 1]) <= 0.05]
    raw = (pairs[:, 0] - pairs[:, 1]) / n
    errors = np.sqrt(np.maximum(pairs.sum(axis=1) / n - raw**2, 0) / (n - 1))
    return Shipped(pairs[:, 0], pairs[:, 1], np.array([_told(*one) for one in zip(raw, errors, strict=True)]))


def by_gain(outcomes: Shipped, n: int, changed: float) -> tuple[Numbers, Numbers]:
    """Return how often it ships and by how many points the told gain is off on average, of each true gain."""
    counts = np.column_stack([outcomes.wins, outcomes.losses, n - outcomes.wins - outcomes.losses])
    shares = [[(changed + gain) / 2, (changed - gain) / 2, 1 - changed] for gain in GAINS]
    chances = np.array([multinomial.pmf(counts, n, np.maximum(share, 0)) for share in shares])
    ships = chances.sum(axis=1)
    return ships, 100 * (chances @ outcomes.told / ships - GAINS)


def least_worst_bias(error: float, *, n_steps: int = 400) -> float:
    """Return the largest bias, at a true gain of 0 to 10 points, of the estimate whose largest bias is least.

    Parameters
    ----------
    error
        Standard error of the raw gain.
    n_steps
        Of the raw gain, up to ten standard errors above what was needed.
    """
    edges = np.linspace(NEEDED, NEEDED + 10, n_steps + 1)
    truths = np.linspace(0, GAINS[-1] / error, 60)
    chances = np.diff(norm.cdf(edges - truths[:, None]))
    chances /= chances.sum(axis=1, keepdims=True)
    bias = np.ones((truths.size, 1))
    rises = np.hstack([np.eye(n_steps - 1, n_steps) - np.eye(n_steps - 1, n_steps, k=1), np.zeros((n_steps - 1, 1))])
    found = linprog(
        np.append(np.zeros(n_steps), 1),
        A_ub=np.vstack([np.hstack([chances, -bias]), np.hstack([-chances, -bias]), rises]),
        b_ub=np.concatenate([truths, -truths, np.zeros(n_steps - 1)]),
        bounds=[*((0, raw) for raw in edges[:-1] + np.diff(edges) / 2), (0, None)],
    )
    return float(found.x[-1]) * error


def _told(raw: float, error: float) -> float:
    return raw if error <= 1e-9 else gain_given_shipped(raw, error, least=min(raw, NEEDED * error)).value


if __name__ == "__main__":
    main()
