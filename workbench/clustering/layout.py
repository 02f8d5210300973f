"""Points laid out so that neighbours lie together: UMAP, from neighbours and a start that are given to it.

UMAP compiles for half a minute in every process when it searches neighbours and a start by itself. Given both, it
compiles for seconds, once a machine.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.neighbours import Neighbours

N_EPOCHS = 100
"""Measured on clinc150: 200 and 300 epochs gain less than .005 AMI and cost two and three times as much."""
_COMPILED = (
    ("umap.umap_", "smooth_knn_dist"),
    ("umap.umap_", "compute_membership_strengths"),
    ("umap.layouts", "_nb_optimize_layout_euclidean_single_epoch"),
)
"""What UMAP compiles on this way, in umap-learn 0.5.12; the names are its own affair and may go."""


def lay_out(
    points: NDArray[np.float32], neighbours: Neighbours, *, n_dimensions: int, min_distance: float, seed: int
) -> NDArray[np.float32]:
    """Return the places of the points, (n, n_dimensions) float32 in arbitrary units; deterministic given seed.

    Needs more points than neighbours. The start is the points' first columns, their main axes.
    """
    umap = _import_umap()
    random = np.random.RandomState(seed)
    indices, distances = neighbours
    graph, _, _ = umap.fuzzy_simplicial_set(
        points, indices.shape[1], random, "euclidean", knn_indices=indices, knn_dists=distances
    )
    a, b = umap.find_ab_params(1.0, min_distance)
    places, _ = umap.simplicial_set_embedding(
        points,
        graph,
        n_components=n_dimensions,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=N_EPOCHS,
        init=points[:, :n_dimensions],
        random_state=random,
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
    )
    return np.asarray(places, dtype=np.float32)


def _import_umap() -> Any:
    import importlib

    umap = importlib.import_module("umap.umap_")
    for module, name in _COMPILED:
        _keep_compiled(getattr(importlib.import_module(module), name, None))
    return umap


def _keep_compiled(function: Any) -> None:
    """Let numba keep the compiled function on disk, where it can: without it, all is the same and slower."""
    try:
        function.enable_caching()
    except (AttributeError, RuntimeError):  # another version of umap-learn, or no folder to write to
        return
