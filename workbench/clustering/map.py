"""Every text has a place on one map, near the texts that are like it.

One map for all detectors: a person sees that a tool's error and a user's complaint are about the same thing, although
they are clustered apart.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.layout import lay_out
from workbench.clustering.neighbours import reduce
from workbench.clustering.partition import MIN_GRAPH_POINTS
from workbench.clustering.points import collapse
from workbench.clustering.survey import TakeSurvey, survey
from workbench.embedder import Embed

MIN_POINTS = 3
"""Distinct texts below which a map says nothing."""
MIN_DISTANCE = 0.1
"""How tightly UMAP may pack a map, its default: zero, as for clusters, puts dots on top of each other."""


def place(
    texts: Sequence[str], *, embed: Embed, seed: int = 0, take_survey: TakeSurvey = survey
) -> NDArray[np.float64]:
    """Return each text's place, (n, 2) float64 in arbitrary units; NaN for an empty or unknown text, or for all if few.

    Identical texts have one place. Few texts are shown on their two main axes, more by UMAP. Deterministic given seed,
    and independent of the order of the texts.
    """
    points = collapse(texts, embed=embed)
    known = np.flatnonzero(points.vectors.any(axis=1))
    places = np.full((len(points.counts) + 1, 2), np.nan)
    if len(known) >= MIN_POINTS:
        places[known] = _place_points(reduce(points.vectors[known], seed=seed), seed, take_survey)
    return places[points.of_text]


def _place_points(points: NDArray[np.float32], seed: int, take_survey: TakeSurvey) -> NDArray[np.float32]:
    """Return the place of each point; one that is no landmark is where its nearest landmark is."""
    if len(points) < MIN_GRAPH_POINTS:
        return points[:, :2]
    landmarks, neighbours, others, nearest = take_survey(points, seed=seed)
    of_landmarks = lay_out(points[landmarks], neighbours, n_dimensions=2, min_distance=MIN_DISTANCE, seed=seed)
    places = np.empty((len(points), 2), dtype=np.float32)
    places[landmarks] = of_landmarks
    places[others] = of_landmarks[nearest[:, 0]]
    return places
