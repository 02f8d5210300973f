"""Random choices that are the same on every machine: all of them are arithmetic on `Random.random()`.

The standard library promises the sequence of `random()` for a seed, not that of its other methods, and the committed
sample has to come out the same byte for byte.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Option = TypeVar("Option")


def generator(*seed: object) -> random.Random:
    """Return a generator that follows from the seed's parts alone; each trace has its own."""
    return random.Random("/".join(str(part) for part in seed))  # noqa: S311  (nothing secret is drawn)


def happens(rng: random.Random, probability: float) -> bool:
    """Return True with this probability, 0 to 1."""
    return rng.random() < probability


def pick(rng: random.Random, options: Sequence[Option]) -> Option:
    """Return one of the options, each as likely."""
    return options[int(rng.random() * len(options))]


def weighted(rng: random.Random, weights: Mapping[Option, float]) -> Option:
    """Return one of the keys, each as likely as its weight; the weights need no sum of 1."""
    left = rng.random() * sum(weights.values())
    for option, weight in weights.items():
        left -= weight
        if left < 0:
            return option
    return list(weights)[-1]  # rounding may leave a crumb


def between(rng: random.Random, low: int, high: int) -> int:
    """Return a whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def around(rng: random.Random, median: float, *, spread: float = 0.28) -> float:
    """Return a log-normal number around the median; the spread is the standard deviation of its logarithm.

    The normal is a sum of twelve uniforms, which stays within six standard deviations.
    """
    normal = sum(rng.random() for _ in range(12)) - 6.0
    return round(median * math.exp(spread * normal), 3)


def hex_digits(rng: random.Random, n: int) -> str:
    """Return n hexadecimal digits, at most 12."""
    return f"{int(rng.random() * 16**n):0{n}x}"
