"""Stratified association: agrees with statsmodels, and sees through a confounder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from workbench.stats.stratified import mantel_haenszel

TABLES = st.lists(st.tuples(*(st.integers(1, 30) for _ in range(4))), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60)
@given(TABLES)
def test_it_agrees_with_statsmodels(tables: list[tuple[int, int, int, int]]) -> None:
    """The two-sided p of statsmodels, halved, is ours where the excess is more than the correction."""
    a, b, c, d = (np.array(column) for column in zip(*tables, strict=True))
    ours = float(mantel_haenszel(a, a + b, other_hits=c, other_n=c + d))
    excess = float((a - (a + b) * (a + c) / (a + b + c + d)).sum())
    theirs = StratifiedTable([np.array([[w, x], [y, z]]) for w, x, y, z in tables]).test_null_odds(correction=True)
    if excess > 0.5:
        assert ours == pytest.approx(theirs.pvalue / 2, rel=1e-9)
    else:
        assert ours >= 0.5


def test_an_effect_that_is_only_between_strata_vanishes() -> None:
    """90 of 100 and 10 of 100 in each group alike: all of the pooled difference is that the strata differ in size."""
    pooled = mantel_haenszel([91], [110], other_hits=[19], other_n=[110])
    within = mantel_haenszel([90, 1], [100, 10], other_hits=[9, 10], other_n=[10, 100])
    assert float(pooled) < 1e-9
    assert float(within) == pytest.approx(0.5, abs=0.2)


def test_strata_that_cannot_tell_have_p_one() -> None:
    assert float(mantel_haenszel([5, 0], [5, 3], other_hits=[5, 0], other_n=[5, 2])) == 1
    with pytest.raises(ValueError, match="from 0 to n"):
        mantel_haenszel([5], [4], other_hits=[1], other_n=[2])
