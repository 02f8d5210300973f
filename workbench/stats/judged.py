"""What people would have scored, where a judge scored all cases and people a few of them.

A judge's mean is off by however far the judge is off. The few cases with both labels say how far; added to the mean of
the many, the result is right for any judge, and the better the judge the less noise is left.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.stats.means import with_pseudo_cases
from workbench.stats.welch import Difference

Numbers = NDArray[np.float64]

_LABELS_OF_HALF = 60
"""One half counts as so many labels in the weight. The weight that fits few labels best makes too little of the errors
among them: 30 labels of a judge who is right nine times in ten then cover .87 instead of .95, and so .93."""


def prediction_powered(
    human: ArrayLike,
    judged: ArrayLike,
    *,
    judged_only: ArrayLike,
    weight: float | None = None,
    largest: float | None = None,
) -> Difference:
    """Return the mean as people would have scored it, with its standard error and degrees of freedom.

    To compare arms give differences of cases, candidate less baseline, in all three: people then label the same cases
    in both arms. `difference_interval` and `difference_test` take the result.

    Parameters
    ----------
    human
        What people gave, shape (labelled,), at least two, drawn at random from all cases.
    judged
        What the judge gave the same cases, in the same order.
    judged_only
        What the judge gave the other cases, shape (unlabelled,), at least two.
    weight
        How far the judge is trusted, 0 to 1: 1 is the classical estimate, 0 that of the people alone. None is
        `best_weight`.
    largest
        The largest by which people and judge can differ, in the unit of the scores; two pseudo-cases with it are then
        added, so that a few labels on which both agree do not prove the judge right. None adds none. Give it where the
        result is to show that nothing got worse.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or `weight` is out of bounds.

    Notes
    -----
    Angelopoulos, Bates, Fannjiang, Jordan, Zrnic (2023), Prediction-powered inference; the weight is that of
    Angelopoulos, Duchi, Zrnic (2023), PPI++: efficient prediction-powered inference, drawn towards one half. With
    Student's t and Satterthwaite's degrees of freedom, because the labels are few.

    Examples
    --------
    The judge is .1 too kind on what people looked at:

    >>> found = prediction_powered([0.5, 0.3, 0.7], [0.6, 0.4, 0.8], judged_only=[0.5, 0.6, 0.7, 0.6], weight=1)
    >>> round(found.value, 3)
    0.5
    """
    by_people, by_judge, others = (_row(values) for values in (human, judged, judged_only))
    if by_people.shape != by_judge.shape:
        raise ValueError(f"human has shape {by_people.shape} and judged {by_judge.shape}, must be the same cases")
    trust = best_weight(by_people, by_judge, n_judged_only=others.size) if weight is None else weight
    if not 0 <= trust <= 1:
        raise ValueError(f"weight == {trust}, must be from 0 to 1")
    off = by_people - trust * by_judge
    value = float(off.mean() + trust * others.mean())
    seen = off if largest is None else off.mean() + with_pseudo_cases(off - off.mean(), largest=2 * largest)
    parts = [
        (seen.var(ddof=1) / seen.size, seen.size - 1),
        (trust**2 * others.var(ddof=1) / others.size, others.size - 1),
    ]
    total = float(sum(variance for variance, _ in parts))
    squares = float(sum(variance**2 / degrees for variance, degrees in parts))
    return Difference(value, float(np.sqrt(total)), total**2 / squares if squares > 0 else float(seen.size - 1))


def best_weight(human: ArrayLike, judged: ArrayLike, *, n_judged_only: int) -> float:
    """Return how far to trust the judge for least noise, 0 to 1; with few labels near one half, whatever they say.

    Parameters as of `prediction_powered`.

    Examples
    --------
    A judge who is always right, of 60 labelled cases and 180 others: the mean of 180 / 240 and one half.

    >>> best_weight([0.0, 1.0] * 30, [0.0, 1.0] * 30, n_judged_only=180)
    0.625
    """
    by_people, by_judge = _row(human), _row(judged)
    n, spread = by_people.size, float(by_judge.var(ddof=1))
    slope = float(np.cov(by_people, by_judge)[0, 1]) / spread if spread > 0 else 0.0
    fitted = float(np.clip(slope / (1 + n / n_judged_only), 0.0, 1.0))
    return (n * fitted + _LABELS_OF_HALF / 2) / (n + _LABELS_OF_HALF)


def _row(values: ArrayLike) -> Numbers:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or numbers.size < 2:
        raise ValueError(f"values have shape {numbers.shape}, must be one row of at least two")
    if not np.isfinite(numbers).all():
        raise ValueError("a value is not finite")
    return numbers
