"""The regression agrees with scikit-learn's, the calibration with statsmodels'; neither takes what it cannot use."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from workbench.stats.logistic import fit_logistic, fit_platt

Numbers = NDArray[np.float64]


def made_up(n: int = 200, d: int = 5) -> tuple[Numbers, Numbers, Numbers]:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(n, d))
    labels = (rng.random(n) < 1 / (1 + np.exp(-rows[:, 0] + rows[:, 1]))).astype(float)
    return rows, labels, rng.uniform(0.5, 2, n)


@pytest.mark.parametrize("ridge", [0.1, 1.0, 10.0])
def test_weights_and_intercept_are_scikit_learns(ridge: float) -> None:
    rows, labels, weights = made_up()
    ours = fit_logistic(rows, labels, sample_weights=weights, ridge=ridge)
    theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10_000).fit(rows, labels, weights)
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-5)
    assert ours.score(rows) == pytest.approx(theirs.decision_function(rows), abs=1e-4)


def test_more_features_than_rows_have_one_answer() -> None:
    rows, labels, weights = made_up(20, 100)
    one, other = (fit_logistic(rows, labels, sample_weights=weights, ridge=1.0) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert np.abs(one.weights).max() < 5, "the ridge holds them"


def test_the_calibration_is_the_logistic_curve_of_platts_targets() -> None:
    rows, labels, weights = made_up()
    scores = rows[:, 0] - rows[:, 1]
    ours = fit_platt(scores, labels, sample_weights=weights)
    n_ones, n_zeros = weights @ labels, weights @ (1 - labels)
    targets = np.where(labels == 1, (n_ones + 1) / (n_ones + 2), 1 / (n_zeros + 2))
    family = sm.families.Binomial()
    theirs = sm.GLM(targets, sm.add_constant(scores), family=family, freq_weights=weights).fit()
    assert (ours.offset, ours.slope) == pytest.approx(tuple(theirs.params), abs=1e-5)
    assert ours.probability(scores) == pytest.approx(theirs.predict(), abs=1e-6)


def test_scores_that_separate_the_labels_are_no_certainty() -> None:
    calibration = fit_platt([-1, -1, 1, 1], [0, 0, 1, 1], sample_weights=[1, 1, 1, 1])
    assert calibration.probability([1.0])[0] == pytest.approx(3 / 4, abs=1e-4), "(2 + 1) / (2 + 2)"


@pytest.mark.parametrize(
    "given",
    [
        {"features": [[1.0], [np.nan]]},
        {"labels": [1, 1]},
        {"labels": [1, 2]},
        {"labels": [1]},
        {"sample_weights": [1, 0]},
        {"ridge": 0.0},
        {"features": [1.0, 2.0]},
    ],
)
def test_what_cannot_be_fitted_is_refused(given: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"features": [[0.0], [1.0]], "labels": [0, 1], "sample_weights": [1, 1], "ridge": 1.0}
    with pytest.raises(ValueError):
        fit_logistic(**usual | given)
