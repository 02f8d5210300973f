"""Who is next to whom is looked for once."""

import numpy as np
import pytest

from workbench.clustering import survey as survey_module
from workbench.clustering.survey import N_VOTES, survey, survey_once

POINTS = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]


def test_where_they_are_not_too_many_all_points_are_landmarks() -> None:
    taken = survey(POINTS, seed=0)
    assert taken.landmarks.tolist() == list(range(40))
    assert (taken.others.shape, taken.nearest.shape) == ((0,), (0, N_VOTES))
    assert taken.neighbours.indices[0, :3].tolist() == [0, 1, 2]


def test_other_points_know_their_nearest_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second point of a line is a landmark: the nearest of each other one are its two neighbours."""
    monkeypatch.setattr(survey_module, "choose_landmarks", lambda n, seed: np.arange(0, n, 2) + 0 * seed)
    taken = survey(POINTS, seed=0)
    assert taken.others.tolist() == list(range(1, 40, 2))
    beside = taken.landmarks[taken.nearest[:19, :2]]
    assert (np.sort(beside, axis=1) == taken.others[:19, None] + [-1, 1]).all()


def test_of_the_same_points_it_is_not_taken_again() -> None:
    take = survey_once()
    first = take(POINTS, seed=0)
    assert take(POINTS.copy(), seed=0) is first
    assert take(POINTS, seed=1) is not first
    assert take(POINTS[:20], seed=1).landmarks.tolist() == list(range(20))
