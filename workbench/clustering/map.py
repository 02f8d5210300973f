"""Every text has a place on one map, near the texts that are like it.

One map for all detectors: a person sees that a tool's error and a user's complaint are about the same thing, although
they are clustered apart.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.embed import Embed
from workbench.clustering.layout import lay_out
from workbench.clustering.neighbours import choose_landmarks, find_nearest, find_neighbours, reduce
from workbench.clustering.partition import MIN_GRAPH_POINTS
from workbench.clustering.points import collapse

MIN_POINTS = 3
"""Distinct texts below which a map says nothing."""
MIN_DISTANCE = 0.1
"""How tightly UMAP may pack a map, its default: zero, as for clusters, puts dots on top of each other."""


def place(texts: Sequence[str], *, embed: Embed, seed: int = 0) -> NDArray[np.float64]:
    """Return each text's place, (n, 2) float64 in arbitrary units; NaN for an empty or unknown text, or for all if few.

    Identical texts have one place. Few texts are shown on their two main axes, more by UMAP. Deterministic given seed,
    and independent of the order of the texts.
    """
    points = collapse(texts, embed=embed)
    known = np.flatnonzero(points.vectors.any(axis=1))
    places = np.full((len(points.counts) + 1, 2), np.nan)
    if len(known) >= MIN_POINTS:
        places[known] = _place_points(reduce(points.vectors[known], seed=seed), seed)
    return places[points.of_text]


def _place_points(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    if len(points) < MIN_GRAPH_POINTS:
        return points[:, :2]
    landmarks = choose_landmarks(len(points), seed=seed)
    neighbours = find_neighbours(points[landmarks])
    places = lay_out(points[landmarks], neighbours, n_dimensions=2, min_distance=MIN_DISTANCE, seed=seed)
    if len(landmarks) == len(points):
        return places
    return places[find_nearest(points, points[landmarks], n_neighbours=1)[:, 0]]
