"""Win or lose on the same cases: published tables, statsmodels, hand sums, and the exact rate of errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar

from workbench.stats.paired import mcnemar_mid_p, tango_interval, tango_test


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw wins, losses and cases in all."""
    wins, losses = draw(st.integers(0, 60)), draw(st.integers(0, 60))
    return wins, losses, wins + losses + draw(st.integers(1, 300))


@pytest.mark.parametrize(
    ("wins", "losses", "n", "ends"),
    [(6, 16, 59 + 6 + 16 + 80, (-0.1240, -0.0054)), (1, 7, 1 + 1 + 7 + 12, (-0.5172, -0.0260))],
)
def test_the_score_interval_is_the_published_one(wins: int, losses: int, n: int, ends: tuple[float, float]) -> None:
    """Fagerland, Lydersen, Laake (2014), Recommended tests and confidence intervals for paired binomial proportions."""
    low, high = tango_interval(wins, losses, n=n)
    assert (round(float(low), 4), round(float(high), 4)) == ends


@given(tables(), st.floats(0.5, 0.99))
def test_the_ends_are_where_the_restricted_likelihood_puts_them(table: tuple[int, int, int], level: float) -> None:
    """Tango's variance from the likelihood itself, maximised over a grid: at the end the score is the quantile of z."""
    wins, losses, n = table
    for end, sign in zip(tango_interval(*table[:2], n=n, level=level), (1, -1), strict=True):
        bound = float(end)
        if abs(bound) > 1 - 1e-9:
            continue
        share_lost = np.linspace(max(0.0, -bound), (1 - bound) / 2, 20_001)[1:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = (
                (wins * np.log(share_lost + bound) if wins else 0)
                + (losses * np.log(share_lost) if losses else 0)
                + (n - wins - losses) * np.log(1 - 2 * share_lost - bound)
            )
        best = share_lost[np.nanargmax(fit)]
        z = (wins - losses - n * bound) / np.sqrt(n * (2 * best + bound - bound**2))
        assert z * sign == pytest.approx(-float(np.sqrt(2)) * _erf_inverse(-level), abs=0.02)


def _erf_inverse(value: float) -> float:
    from scipy.special import erfinv

    return float(erfinv(value))


@given(tables())
def test_swapping_the_arms_mirrors_everything(table: tuple[int, int, int]) -> None:
    wins, losses, n = table
    low, high = tango_interval(wins, losses, n=n)
    other_low, other_high = tango_interval(losses, wins, n=n)
    np.testing.assert_allclose((low, high), (-other_high, -other_low), atol=1e-12)
    assert float(mcnemar_mid_p(wins, losses) + mcnemar_mid_p(losses, wins)) == pytest.approx(1)


@given(tables(), st.floats(-0.5, 0.5))
def test_the_test_and_the_ninety_percent_interval_agree(table: tuple[int, int, int], than: float) -> None:
    wins, losses, n = table
    low, _ = tango_interval(wins, losses, n=n, level=0.9)
    p = float(tango_test(wins, losses, n=n, than=than))
    assert (p < 0.05) == (than < float(low)) or abs(than - float(low)) < 1e-9


def test_at_no_difference_it_is_mcnemar_without_correction() -> None:
    for wins, losses in [(6, 16), (1, 7), (40, 25)]:
        theirs = mcnemar([[50, losses], [wins, 50]], exact=False, correction=False)
        ours = 2 * float(tango_test(max(wins, losses), min(wins, losses), n=100 + wins + losses))
        assert ours == pytest.approx(theirs.pvalue, rel=1e-9)


def test_mid_p_is_the_exact_test_less_half_a_tie() -> None:
    wins, losses = np.meshgrid(np.arange(40), np.arange(40))
    exact = binom.sf(wins - 1, wins + losses, 0.5)
    np.testing.assert_allclose(
        mcnemar_mid_p(wins, losses), exact - binom.pmf(wins, wins + losses, 0.5) / 2, rtol=1e-9, atol=1e-15
    )
    theirs = mcnemar([[0, 7], [1, 0]], exact=True).pvalue  # two-sided: both tails, each with its tie
    assert 2 * float(mcnemar_mid_p(7, 1)) == pytest.approx(theirs - 8 / 256, rel=1e-9)


def test_mid_p_is_the_published_one() -> None:
    """Fagerland, Lydersen, Laake (2013), table 3: mid-p .039 where the exact test says .070, and .035 of .052."""
    assert (2 * mcnemar_mid_p([7, 16], [1, 6])).round(3).tolist() == [0.039, 0.035]


def test_no_changed_case_leaves_a_loss_that_cannot_be_excluded() -> None:
    low, high = tango_interval(0, 0, n=[30, 100, 300], level=0.9)
    z_squared = 1.6448536269514722**2
    np.testing.assert_allclose(low, -z_squared / (np.array([30, 100, 300]) + z_squared), rtol=1e-9)
    np.testing.assert_allclose(high, -low, rtol=1e-9)


def test_all_cases_lost_reaches_the_end() -> None:
    low, high = tango_interval(0, 12, n=12)
    assert float(low) == pytest.approx(-1)
    assert float(high) < 0


@pytest.mark.parametrize("n", [30, 100, 300])
@pytest.mark.parametrize("changed", [0.06, 0.1, 0.3])
def test_harm_at_the_margin_passes_at_most_as_often_as_allowed(n: int, changed: float) -> None:
    """The exact rate over all outcomes, where the truth is a loss of exactly the margin of five points."""
    lost, won = (changed + 0.05) / 2, (changed - 0.05) / 2
    rate = 0.0
    for n_changed in range(n + 1):
        wins = np.arange(n_changed + 1)
        passes = tango_test(wins, n_changed - wins, n=n, than=-0.05) <= 0.05
        chance = binom.pmf(n_changed, n, changed) * binom.pmf(wins, n_changed, won / (lost + won))
        rate += float(chance @ passes)
    assert rate <= 0.055


@pytest.mark.parametrize(("wins", "losses", "n"), [(-1, 0, 5), (3, 3, 5), (0.5, 1, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(wins: float, losses: float, n: int) -> None:
    with pytest.raises(ValueError, match=r"wins and losses|n must be"):
        tango_interval(wins, losses, n=n)
