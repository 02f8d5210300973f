"""The ranking by pain on simulated worlds, in short; the whole is `tests/benchmarks/pain.py`."""

from tests.benchmarks.pain import calibration, run


def test_intervals_hold_the_truth_and_the_order_is_nearly_the_true_one() -> None:
    """Some 200 intervals: four standard errors of .95 are .06, and the goals are of 2,000."""
    told = run(n_worlds=8, n_reviews=10, n_draws=400, seed=3)
    assert told.n_intervals > 100
    assert told.coverage > 0.89
    assert told.pain_coverage > 0.89
    assert told.correlation > 0.85


def test_a_full_review_gives_the_true_order_and_no_doubt() -> None:
    told = run(n_worlds=2, n_reviews=1_000_000, n_draws=20, seed=3)
    assert (told.coverage, told.pain_coverage) == (1, 1)
    assert told.correlation > 0.999


def test_calibration_is_counted_by_bin() -> None:
    import numpy as np

    stated, is_so = np.array([0.1, 0.1, 0.5, 0.9, 1.0]), np.array([False, True, True, True, True])
    assert calibration(stated, is_so, n_bins=3) == [(0.1, 0.5, 2), (0.5, 1.0, 1), (0.95, 1.0, 2)]
