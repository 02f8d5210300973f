"""Logistic regression on many features and few labels, and the calibration that makes its scores probabilities.

A hundred verdicts and five hundred features are separable by luck alone: the ridge keeps the weights small, and what
the model scores on labels that it has not seen says how far it may be believed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

_PRECISION = 1e-6
"""Of the gradient at which the search ends."""


class Logistic(NamedTuple):
    """A linear score: positive speaks for a label of 1."""

    weights: Numbers
    """One a feature, shape (d,)."""
    intercept: float
    """The score of a row of zeros."""

    def score(self, features: ArrayLike) -> Numbers:
        """Return the scores of some rows, shape (n,), from rows of shape (n, d)."""
        scores: Numbers = np.asarray(features, np.float64) @ self.weights + self.intercept
        return scores


class Calibration(NamedTuple):
    """What makes a score a probability: 1 / (1 + exp(-(slope * score + offset)))."""

    slope: float
    offset: float

    def probability(self, scores: ArrayLike) -> Numbers:
        """Return the probability of a label of 1 for each score, 0 to 1."""
        from scipy.special import expit  # at the top it costs every command a tenth of a second

        likely: Numbers = expit(self.slope * np.asarray(scores, np.float64) + self.offset)
        return likely


def fit_logistic(features: ArrayLike, labels: ArrayLike, *, sample_weights: ArrayLike, ridge: float) -> Logistic:
    """Return the ridge logistic regression of some labels, deterministic.

    Parameters
    ----------
    features
        Shape (n, d).
    labels
        1 or 0, shape (n,); both have to be there.
    sample_weights
        How much each row counts, above 0, shape (n,).
    ridge
        Half of it times the squared length of the weights is added to the loss; the intercept is free. Above 0.

    Raises
    ------
    ValueError
        If the shapes do not agree, a value is not finite, one of the two labels is missing, or a weight or the ridge is
        not above 0.

    Notes
    -----
    The maximum of the penalised likelihood (le Cessie, van Houwelingen 1992, Ridge estimators in logistic regression),
    found by L-BFGS (Liu, Nocedal 1989).
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    rows, wanted, counts = _checked(features, labels, sample_weights)
    if not ridge > 0:
        raise ValueError(f"ridge == {ridge}, must be above 0")
    signs = np.where(wanted == 1, 1.0, -1.0)

    def loss(point: Numbers) -> tuple[float, Numbers]:
        margins = signs * (rows @ point[:-1] + point[-1])
        pull = -signs * counts * expit(-margins)
        gradient = np.append(rows.T @ pull + ridge * point[:-1], pull.sum())
        return float(counts @ np.logaddexp(0, -margins) + ridge / 2 * point[:-1] @ point[:-1]), gradient

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options=_options()).x
    return Logistic(np.asarray(found[:-1]), float(found[-1]))


def fit_platt(scores: ArrayLike, labels: ArrayLike, *, sample_weights: ArrayLike) -> Calibration:
    """Return the calibration of some scores by the labels that they met; the scores must be of rows not trained on.

    Parameters
    ----------
    scores, labels
        Shape (n,); labels are 1 or 0, and both have to be there.
    sample_weights
        How many rows each stands for, above 0, shape (n,).

    Raises
    ------
    ValueError
        As of `fit_logistic`.

    Notes
    -----
    Platt (1999), Probabilistic outputs for support vector machines: a logistic curve fitted to targets that are drawn
    in to (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), so that few labels make no certainty.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    column = np.asarray(scores, np.float64)
    _, wanted, counts = _checked(column[:, None], labels, sample_weights)
    n_ones, n_zeros = counts @ wanted, counts @ (1 - wanted)
    targets = np.where(wanted == 1, (n_ones + 1) / (n_ones + 2), 1 / (n_zeros + 2))

    def loss(point: Numbers) -> tuple[float, Numbers]:
        logits = point[0] * column + point[1]
        pull = counts * (expit(logits) - targets)
        return float(counts @ (np.logaddexp(0, logits) - targets * logits)), np.array([pull @ column, pull.sum()])

    start = np.array([0.0, np.log((n_ones + 1) / (n_zeros + 1))])
    slope, offset = minimize(loss, start, jac=True, method="L-BFGS-B", options=_options()).x
    return Calibration(float(slope), float(offset))


def _checked(features: ArrayLike, labels: ArrayLike, sample_weights: ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    rows, wanted = np.asarray(features, np.float64), np.asarray(labels, np.float64)
    counts = np.asarray(sample_weights, np.float64)
    if rows.ndim != 2 or wanted.shape != rows.shape[:1] or counts.shape != wanted.shape:
        raise ValueError(f"features {rows.shape}, labels {wanted.shape} and weights {counts.shape} do not agree")
    if not np.isfinite(rows).all() or not np.all((counts > 0) & np.isfinite(counts)):
        raise ValueError("a feature is not finite, or a weight is not above 0")
    if set(np.unique(wanted)) != {0.0, 1.0}:
        raise ValueError("labels must be 0 and 1, and both be there")
    return rows, wanted, counts


def _options() -> dict[str, float]:
    return {"maxiter": 1_000, "gtol": _PRECISION, "ftol": 1e-12}
