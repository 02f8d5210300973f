"""Design effect: units alone count fully, copies count once, and a test that is corrected by it keeps its level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.stats.exact import over_representation
from workbench.stats.grouped import Overlap, design_effect


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_units_that_stand_alone_have_no_design_effect(units: list[tuple[bool, bool]]) -> None:
    first, second = (np.array(column, int) for column in zip(*units, strict=True))
    assert design_effect(Overlap(first * second, first, second, np.ones(len(units)))) == pytest.approx(1, abs=1e-9)


@given(st.integers(2, 9), st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=40))
def test_copies_count_once(copies: int, units: list[tuple[bool, bool]]) -> None:
    first, second = (np.array(column, int) for column in zip(*units, strict=True))
    effect = design_effect(Overlap(copies * first * second, copies * first, copies * second, [copies] * len(units)))
    assert effect == pytest.approx(copies) or effect == 1  # 1 where a property is in all units or in none


def test_no_units_have_no_effect() -> None:
    assert design_effect(Overlap([], [], [], [])) == 1


def test_a_test_of_grouped_units_keeps_its_level_once_corrected() -> None:
    """60 users with 1 to 12 traces each; a user always uses one tool, and has the problem in all traces or in none."""
    rng = np.random.default_rng(7)
    plain: list[NDArray[np.float64]] = []
    corrected: list[NDArray[np.float64]] = []
    for _ in range(200):
        n = rng.integers(1, 13, 60)
        first, second = n * (rng.random(60) < 0.3), n * (rng.random(60) < 0.3)
        counts = np.array([np.minimum(first, second).sum(), first.sum(), second.sum(), n.sum()], float)
        for kept, effect in (
            (plain, 1.0),
            (corrected, design_effect(Overlap(np.minimum(first, second), first, second, n))),
        ):
            hits, members, having, total = counts / effect
            kept.append(
                over_representation(
                    np.floor(hits),
                    np.ceil(members),
                    other_hits=np.ceil(having - hits),
                    other_n=np.floor(total - members),
                )
            )
    assert np.mean(np.array(plain) <= 0.05) > 0.15
    assert np.mean(np.array(corrected) <= 0.05) <= 0.06
