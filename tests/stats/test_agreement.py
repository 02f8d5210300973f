"""Agreement against hand sums, a published table, statsmodels, irrCAC, and labels that people gave."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.stats.agreement import Agreement, agreement

Labels = NDArray[np.int64]
KRIPPENDORFF_C = (
    np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ]
    ).T
    - 1
)
"""Krippendorff (2011), section C: 12 units, 4 observers, missing data; -1 is missing."""


def table(items: int = 60, annotators: int = 4, labels: int = 3, missing: float = 0.2, seed: int = 0) -> Labels:
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, size=(items, 1), p=[0.7, *([0.3 / (labels - 1)] * (labels - 1))])
    said = np.where(rng.random((items, annotators)) < 0.7, truth, rng.integers(labels, size=(items, annotators)))
    return np.where(rng.random((items, annotators)) < missing, -1, said)


def figures(found: Agreement) -> list[float]:
    return [found.raw.value, found.alpha.value, found.kappa.value, found.ac1.value]


def test_two_annotators_of_a_skewed_table_by_hand() -> None:
    """90 % agreement on skewed labels: the chance of each figure, counted by hand, of 100 items."""
    labels = [[0, 0]] * 90 + [[0, 1]] * 5 + [[1, 0]] * 5
    found = agreement(labels)
    chance_kappa = 0.95 * 0.95 + 0.05 * 0.05
    chance_ac1 = 2 * 0.95 * 0.05
    chance_alpha = (190 * 189 + 10 * 9) / (200 * 199)
    assert found.raw.value == pytest.approx(90 / 100)
    assert found.kappa.value == pytest.approx((0.9 - chance_kappa) / (1 - chance_kappa))
    assert found.ac1.value == pytest.approx((0.9 - chance_ac1) / (1 - chance_ac1))
    assert found.alpha.value == pytest.approx((0.9 - chance_alpha) / (1 - chance_alpha))
    assert [round(found.kappa.value, 2), round(found.ac1.value, 2)] == [-0.05, 0.89]
    assert [one.value for one in found.by_label] == [pytest.approx(180 / 190), 0]


def test_the_published_example_of_krippendorff() -> None:
    found = agreement(KRIPPENDORFF_C)
    assert round(found.alpha.value, 3) == 0.743
    assert (found.n_items, found.n_compared, found.n_labels) == (12, 11, 41)


@pytest.mark.parametrize("seed", range(5))
def test_two_annotators_have_the_kappa_of_cohen(seed: int) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    labels = table(annotators=2, missing=0.0, seed=seed)
    crossed = np.zeros((3, 3))
    np.add.at(crossed, (labels[:, 0], labels[:, 1]), 1)
    assert agreement(labels).kappa.value == pytest.approx(cohens_kappa(crossed).kappa, abs=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_any_annotators_with_labels_missing_have_the_figures_of_irrcac(missing: float, seed: int) -> None:
    raw = pytest.importorskip("irrCAC.raw", reason="irrCAC is not installed: pip install --no-deps irrCAC")
    pandas = pytest.importorskip("pandas", reason="irrCAC needs pandas")
    labels = table(missing=missing, seed=seed)
    named = np.array(["", "a", "b", "c"], dtype=object)[labels + 1]
    cac = raw.CAC(pandas.DataFrame(np.where(named == "", np.nan, named)), digits=15, categories=["a", "b", "c"])
    found = agreement(labels)
    for own, theirs in ((found.alpha, cac.krippendorff()), (found.kappa, cac.conger()), (found.ac1, cac.gwet())):
        assert own.value == pytest.approx(theirs["est"]["coefficient_value"], abs=1e-9)
    assert found.raw.value == pytest.approx(cac.gwet()["est"]["pa"], abs=1e-9)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """200 tables of 100 items from one habit of two annotators; the truth is the figure of a million items."""
    truth = agreement(table(items=1_000_000, annotators=2, missing=0.1, seed=99), n_resamples=0).alpha.value
    intervals = [
        agreement(table(items=100, annotators=2, missing=0.1, seed=seed), n_resamples=400, seed=seed).alpha
        for seed in range(200)
    ]
    covered = np.mean([one.low <= truth <= one.high for one in intervals])
    assert 0.90 <= covered <= 0.99


@given(seed=st.integers(0, 1_000), order=st.permutations(range(12)))
@settings(max_examples=25, deadline=None)
def test_neither_the_order_of_items_nor_of_annotators_matters(seed: int, order: list[int]) -> None:
    labels = table(items=12, annotators=3, seed=seed)
    assert figures(agreement(labels[order][:, ::-1], n_resamples=0)) == pytest.approx(
        figures(agreement(labels, n_resamples=0)), nan_ok=True
    )


def test_what_cannot_be_told_is_no_number() -> None:
    nobody = agreement(np.empty((0, 2), dtype=int))
    assert nobody.n_items == 0
    assert all(math.isnan(value) for value in figures(nobody))
    alone = agreement([[0, -1], [-1, 1]])
    assert (alone.n_items, alone.n_compared, alone.n_labels) == (2, 0, 2)
    assert math.isnan(alone.raw.value)
    same = agreement([[1, 1], [1, 1]])
    assert (same.raw.value, same.ac1.value) == (1, 1)
    assert math.isnan(same.kappa.value)
    assert math.isnan(same.alpha.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    labels = table()
    assert agreement(labels, seed=3) == agreement(labels, seed=3)
    assert agreement(labels, seed=3).alpha.low != agreement(labels, seed=4).alpha.low


@pytest.mark.parametrize("wrong", [np.array([0, 1]), np.array([[0.5, 1.0]]), np.array([[-2, 0]])])
def test_what_is_no_table_of_labels_is_refused(wrong: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        agreement(wrong)


def test_more_labels_to_choose_from_make_chance_agreement_rarer() -> None:
    labels = [[0, 0], [1, 1], [0, 1]]
    assert agreement(labels, n_labels=5).ac1.value > agreement(labels).ac1.value
    with pytest.raises(ValueError, match="at least 2"):
        agreement(labels, n_labels=1)


def test_people_who_labelled_failure_modes_agree_as_counted(shared_data: Path) -> None:
    """Three annotators of four traces; pairs of equal labels are counted here one by one."""
    traces = json.loads((shared_data / "mast-human-sample/mad_human_sample.json").read_text())
    labels = np.array(
        [
            [int(bool(mode[f"annotator_{number}"])) for number in (1, 2, 3)]
            for trace in traces
            for mode in trace["annotations"]
        ]
    )
    equal = sum(int(a == b) + int(a == c) + int(b == c) for a, b, c in labels.tolist())
    found = agreement(labels)
    assert found.raw.value == pytest.approx(equal / (3 * len(labels)))
    assert found.alpha.low < found.alpha.value < found.alpha.high
