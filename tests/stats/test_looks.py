"""Planned looks and watching: published boundaries, SciPy's multivariate normal, and simulated peeking."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from workbench.stats.looks import obrien_fleming_spent, plan_looks
from workbench.stats.watching import assigned_effects, upper_sequence


def test_five_even_looks_have_the_published_boundaries() -> None:
    """Reboussin, DeMets, Kim, Lan (2000), Computations for group sequential boundaries; two-sided .05."""
    assert plan_looks([0.2, 0.4, 0.6, 0.8, 1.0], alpha=0.025).z.round(3).tolist() == [4.877, 3.357, 2.68, 2.29, 2.031]


def test_the_boundaries_spend_what_they_say() -> None:
    """No crossing at all looks: the multivariate normal of scores whose correlation is the root of their shares."""
    shares = np.array([0.3, 0.5, 0.9, 1.0])
    looks = plan_looks(shares)
    correlation = np.sqrt(np.minimum.outer(shares, shares) / np.maximum.outer(shares, shares))
    for n in (2, 3, 4):
        inside = multivariate_normal(cov=correlation[:n, :n], seed=1).cdf(looks.z[:n])
        assert 1 - inside == pytest.approx(looks.spent[n - 1], abs=2e-5)


def test_one_look_is_the_plain_test() -> None:
    assert float(plan_looks([1.0]).z[0]) == pytest.approx(norm.ppf(0.95), rel=1e-9)


def test_looks_cost_little_power_and_save_cases() -> None:
    """20,000 runs of four looks, of an effect that one look finds nine times in ten."""
    looks = plan_looks([0.4, 0.6, 0.8, 1.0])
    steps = np.diff(looks.shares, prepend=0)
    rng = np.random.default_rng(1)
    sums = (rng.normal(2.926 * steps, np.sqrt(steps), (20_000, 4))).cumsum(axis=1)
    crossed = sums / np.sqrt(looks.shares) >= looks.z
    first = np.where(crossed.any(axis=1), looks.shares[crossed.argmax(axis=1)], 1.0)
    assert crossed.any(axis=1).mean() >= 0.98 * 0.9
    assert first.mean() <= 0.85


def test_looks_that_came_otherwise_keep_the_error() -> None:
    """A first look at .37 where .5 was planned spends what .37 may."""
    assert float(plan_looks([0.37, 1.0]).spent[0]) == pytest.approx(float(obrien_fleming_spent([0.37])[0]))
    planned, early = plan_looks([0.5, 1.0]), plan_looks([0.37, 1.0])
    assert early.z[0] > planned.z[0]


@pytest.mark.parametrize("shares", [[], [0.0, 1.0], [0.5, 0.4], [0.5, 1.1], [0.5, 0.505]])
def test_looks_in_no_order_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="shares must"):
        plan_looks(shares)


def test_watching_after_every_user_is_wrong_no_more_often_than_it_says() -> None:
    """1,000 sequences of 1,000 users without an effect, watched from the thirtieth; plain intervals often fail."""
    rng = np.random.default_rng(2)
    plainly = harmed = 0
    for _ in range(1000):
        values = rng.normal(size=1000)
        harmed += bool((upper_sequence(values, tuned_for=500)[30:] < 0).any())
        n = np.arange(31, 1001)
        plainly += bool((np.abs(values.cumsum()[30:]) > 1.96 * np.sqrt(n)).any())
    assert harmed <= 50
    assert plainly > 250


def test_the_sequence_is_the_papers_formula() -> None:
    """The one-sided width at n = 100, rho = .1, alpha = .05 and a deviation of one, with rho from `tuned_for`."""
    values = np.array([1.0, -1.0] * 50)
    tuned_for = (-2 * np.log(0.1) + np.log(-2 * np.log(0.1) + 1)) / 0.01
    bound = upper_sequence(values, tuned_for=tuned_for)
    expected = np.sqrt(2 * (100 * 0.01 + 1) / (100**2 * 0.01) * np.log(1 + np.sqrt(100 * 0.01 + 1) / 0.1))
    assert float(bound[-1]) == pytest.approx(expected, rel=1e-9)
    assert np.isinf(bound[0])


def test_the_effect_of_two_arms_is_one_sequence() -> None:
    rng = np.random.default_rng(3)
    is_candidate = rng.random(4000) < 0.5
    values = 10 + rng.normal(size=4000) - 0.5 * is_candidate
    effects = assigned_effects(values, is_candidate)
    assert effects[100:].mean() == pytest.approx(-0.5, abs=0.1)
    harm = upper_sequence(effects, tuned_for=1000) < 0
    assert harm.any()
    assert 30 < harm.argmax() < 1500
