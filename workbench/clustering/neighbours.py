"""Who is next to whom: vectors centred, reduced to their main axes, and the exact nearest neighbours of each.

Both the clusters and the map are drawn from these neighbours. Exact search costs about a second for 20,000 points, and
an approximate index would not give the same answer on one thread and on two.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.embed import scale_to_unit

PCA_DIMENSIONS = 96
"""Axes that are kept of vectors. With 64, 96 and 128 of the static table's, .804, .825 and .830 of a clinc150 text's 14
nearest are of its intent."""
SENTENCE_WIDTH = 384
"""Vectors so wide come from a model of sentences, which holds what is said in fewer axes than a table of words."""
SENTENCE_DIMENSIONS = 64
"""Axes that are kept of those: with the vectors of all-MiniLM-L6-v2 the same shares are .896, .890 and .883."""
N_NEIGHBOURS = 15
"""With the point itself: the default of UMAP (McInnes, Healy, Melville, "UMAP", 2018)."""
_DECIMALS = 4
"""What is kept of a coordinate, -1 to 1: the last bits depend on the number of threads, and UMAP would magnify them."""


LANDMARKS_ABOVE = 30_000
"""Points above which landmarks stand for all: exact neighbours grow with the square and take 5 s there on one core."""
N_LANDMARKS = 25_000
"""With 40,000 the first grouping of 100,000 texts took 84 CPU s on a busy machine, of which 60 may be taken."""


class Neighbours(NamedTuple):
    """The nearest neighbours of n points, nearest first."""

    indices: NDArray[np.int64]
    """(n, k) int64."""
    distances: NDArray[np.float32]
    """(n, k) float32, Euclidean."""


def reduce(vectors: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """Return the vectors centred, on their main axes, rows of length 1 (0 for one at the mean), (n, axes) float32.

    PCA by the eigenvectors of the d x d scatter of the landmarks, largest first.
    """
    if not len(vectors):
        return np.zeros((0, 1), dtype=np.float32)
    landmarks = vectors[choose_landmarks(len(vectors), seed=seed)]
    mean = landmarks.mean(axis=0, dtype=np.float64)
    centred = landmarks - mean
    _, eigenvectors = np.linalg.eigh(centred.T @ centred)
    axes = eigenvectors[:, ::-1][:, : PCA_DIMENSIONS if vectors.shape[1] < SENTENCE_WIDTH else SENTENCE_DIMENSIONS]
    # An eigenvector's sign is free: the largest entry is made positive.
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.sign(axes[largest, np.arange(axes.shape[1])])
    return np.round(scale_to_unit((vectors - mean) @ axes), _DECIMALS)


def choose_landmarks(n_points: int, *, seed: int) -> NDArray[np.int64]:
    """Return the indices of the points that stand for all, ascending, int64: every one where they are not too many."""
    if n_points <= LANDMARKS_ABOVE:
        return np.arange(n_points, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(n_points, N_LANDMARKS, replace=False)).astype(np.int64)


def find_neighbours(points: NDArray[np.float32], *, n_neighbours: int = N_NEIGHBOURS) -> Neighbours:
    """Return each point's nearest neighbours, itself first at distance 0.

    Itself is put there and not searched: a search finds it at a distance of some 1e-8, which UMAP would take for the
    nearest other point.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=n_neighbours - 1, algorithm="brute").fit(points)
    distances, indices = search.kneighbors()
    itself = np.arange(len(points))[:, None]
    return Neighbours(
        np.hstack([itself, indices]).astype(np.int64),
        np.hstack([np.zeros((len(points), 1)), distances]).astype(np.float32),
    )


def find_nearest(points: NDArray[np.float32], among: NDArray[np.float32], *, n_neighbours: int) -> NDArray[np.int64]:
    """Return for each point the indices of its nearest ones among others, nearest first, (n, k) int64."""
    return find_near(points, among, n_neighbours=n_neighbours).indices


def find_near(points: NDArray[np.float32], among: NDArray[np.float32], *, n_neighbours: int) -> Neighbours:
    """Return each point's nearest ones among others with their distances; itself too, where it is among them."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=n_neighbours, algorithm="brute").fit(among)
    distances, indices = search.kneighbors(points)
    return Neighbours(indices.astype(np.int64), distances.astype(np.float32))
