"""The random choices: their shares and medians, against what the words promise."""

import math
from collections import Counter
from statistics import median, stdev

import pytest

from workbench.simulate.draws import around, between, generator, happens, hex_digits, pick, weighted

N = 20_000


def test_generator_follows_from_its_parts_alone() -> None:
    assert generator(7, "traffic").random() == generator(7, "traffic").random() != generator(7, "runs").random()


def test_weighted_gives_each_option_its_share() -> None:
    rng = generator("weighted")
    counts = Counter(weighted(rng, {"a": 1, "b": 0, "c": 3}) for _ in range(N))
    assert counts["b"] == 0
    assert counts["c"] / N == pytest.approx(3 / 4, abs=0.015)


def test_between_and_pick_reach_both_ends_and_no_further() -> None:
    rng = generator("between")
    assert {between(rng, 3, 6) for _ in range(1000)} == {3, 4, 5, 6}
    assert {pick(rng, "xyz") for _ in range(1000)} == set("xyz")


def test_happens_never_at_zero_and_always_at_one() -> None:
    rng = generator("happens")
    assert not any(happens(rng, 0.0) for _ in range(1000))
    assert all(happens(rng, 1.0) for _ in range(1000))


def test_around_has_its_median_and_spread() -> None:
    """A log-normal's median is exp of the mean of its logarithm."""
    rng = generator("around")
    drawn = [around(rng, 900.0, spread=0.28) for _ in range(N)]
    assert median(drawn) == pytest.approx(900, rel=0.01)
    assert stdev(math.log(value) for value in drawn) == pytest.approx(0.28, rel=0.03)


def test_hex_digits_keeps_leading_zeros() -> None:
    rng = generator("hex")
    drawn = [hex_digits(rng, 4) for _ in range(2000)]
    assert {len(digits) for digits in drawn} == {4}
    assert any(digits.startswith("0") for digits in drawn)
