"""Worlds whose truth is known: many runs at once of two arms on the same cases, or of two arms of users.

Each world gives arrays of shape (runs, cases), so that a method is held against thousands of experiments in one call.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

Tail = Literal["normal", "heavy", "time-outs", "uneven"]
TAILS: tuple[Tail, ...] = ("normal", "heavy", "time-outs", "uneven")
Harm = Literal["everywhere", "some cases"]
HARMS: tuple[Harm, ...] = ("everywhere", "some cases")


class Both(NamedTuple):
    """The two arms, each of shape (runs, cases)."""

    baseline: Numbers
    candidate: Numbers

    @property
    def log_ratios(self) -> Numbers:
        """The logarithm of how many times as much the candidate has, a number a case."""
        return np.asarray(np.log(self.candidate / self.baseline))


class Cases(NamedTuple):
    """How cases pass: the share on average, and how much they differ, as of a Beta distribution."""

    share: float
    alike: float
    """The sum of its parameters: at .3 nearly each case passes always or never, at 20 all are about as hard."""

    def changed(self, trials: int = 1) -> float:
        """Return the share of cases that change between two equal arms of one trial."""
        return 2 * self.share * (1 - self.share) * self.alike / (self.alike + 1) if trials == 1 else 1.0


CASES = tuple(Cases(share, alike) for share in (0.5, 0.8, 0.95) for alike in (0.3, 2.0, 20.0))


def passes(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    cases: Cases,
    trials: int,
    loss: float = 0.0,
    harm: Harm = "everywhere",
) -> Both:
    """Return the share of trials passed; the candidate's mean is lower by the loss, on all cases or on some wholly."""
    chance = rng.beta(cases.share * cases.alike, (1 - cases.share) * cases.alike, shape)
    kept = 1 - loss / cases.share
    after = chance * kept if harm == "everywhere" else np.where(rng.random(shape) < kept, chance, 0.0)
    return Both(rng.binomial(trials, chance) / trials, rng.binomial(trials, after) / trials)


def times(
    rng: np.random.Generator, shape: tuple[int, int], *, tail: Tail, ratio: float = 1.0, unlike: float = 0.3
) -> Both:
    """Return times of cases that differ by much, with noise; the candidate's are longer by the ratio."""
    case = rng.normal(0, 1, shape)

    def noise() -> Numbers:
        plain = rng.normal(0, unlike, shape)
        match tail:
            case "heavy":
                return np.asarray(0.3 * rng.standard_t(3, shape))
            case "time-outs":
                return plain + np.where(rng.random(shape) < 0.05, np.log(10), 0.0)
            case "uneven":
                return plain * np.where(case > 1, 3.0, 1.0)
        return plain

    return Both(np.exp(case + noise()), np.exp(case + noise()) * ratio)


def means_of_users(
    rng: np.random.Generator, shape: tuple[int, int], *, cases_a_user: int, loss: float = 0.0
) -> Numbers:
    """Return each user's mean difference, (runs, users): users come unevenly often, and each likes one arm better."""
    runs, n = shape
    n_users = max(n // cases_a_user, 2)
    weight = rng.pareto(2, n_users) + 0.2
    users = np.concatenate([np.arange(n_users), rng.choice(n_users, n - n_users, p=weight / weight.sum())])
    chance = rng.beta(3, 1, (runs, n_users))
    liked = [np.clip(chance + rng.normal(0, 0.1, chance.shape), 0, 1)[:, users] for _ in range(2)]
    before, after = (rng.random(shape) < one for one in liked)
    if loss:
        after &= rng.random(shape) < 1 - loss / np.maximum(liked[1], loss)
    n_each = np.bincount(users)
    return np.stack([np.bincount(users, weights=row) / n_each for row in after.astype(float) - before])


def won_and_lost(both: Both) -> tuple[Numbers, Numbers]:
    """Return the cases won and lost by the candidate in each run."""
    difference = both.candidate - both.baseline
    return (difference > 0).sum(axis=1).astype(float), (difference < 0).sum(axis=1).astype(float)
