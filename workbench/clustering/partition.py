"""Texts fall into clusters, and what fits nowhere stays noise.

Distinct texts are clustered, not texts: what is repeated has weight only where it decides whether a cluster is large
enough. How it is done follows from how many distinct texts there are, and the note says which way was taken.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.clustering import dense, few
from workbench.clustering.dense import Clusters, least_size
from workbench.clustering.embed import scale_to_unit
from workbench.clustering.neighbours import LANDMARKS_ABOVE, N_LANDMARKS, N_NEIGHBOURS, reduce
from workbench.clustering.points import collapse
from workbench.clustering.stability import SHARE, stability
from workbench.clustering.structure import combine
from workbench.clustering.survey import TakeSurvey, survey
from workbench.counted import counted
from workbench.embedder import Embed

MIN_POINTS = 9
"""Distinct texts below which nothing can be said of what is near and what is far: only repeated texts are clusters."""
MIN_GRAPH_POINTS = 10 * N_NEIGHBOURS
"""Distinct texts below which a graph of 15 neighbours joins nearly all with all."""
FEW_POINTS = 600
"""Distinct texts below which average linkage finds groups better than a neighbour graph, which parts those that are
large. Draws from clinc150 (texts, intents: mean AMI of five draws by linkage and by graph): 200, 3: .86, .83; 200, 9:
.80, .78; 300, 5: .92, .81; 300, 12: .85, .78; 600, 6: .89, .79; 600, 20: .79, .80; 1,200, 30: .76, .77."""
SUGGEST_PERCENTILE = 20
"""A noise point is suggested for a cluster when it is nearer to its centre than the farthest fifth of its members."""
_CHUNK = 10_000


class Partition(NamedTuple):
    """Where each of n texts belongs."""

    labels: NDArray[np.int64]
    """(n,) int64: cluster, 0 is the largest; -1 is noise."""
    strengths: NDArray[np.float64]
    """(n,) float64, 0 to 1: how firmly it belongs; 0 for noise."""
    suggested: NDArray[np.int64]
    """(n,) int64: for noise the cluster whose edge it lies at; -1 otherwise."""
    stabilities: NDArray[np.float64]
    """(k,) float64, 0 to 1: how much of each cluster resampling finds again; NaN where that is not known."""
    note: str
    """What the reader must know of how it was done; empty where it was by UMAP and HDBSCAN on all distinct texts."""


def partition(
    texts: Sequence[str],
    *,
    embed: Embed,
    seed: int = 0,
    structures: Sequence[str] | None = None,
    least: int | None = None,
    take_survey: TakeSurvey = survey,
) -> Partition:
    """Return the cluster of each text; noise stays noise.

    Deterministic given seed, also across processes and threads, and independent of the order of the texts. An empty
    text is noise. A text that is repeated as often as the smallest cluster is large is at least its own cluster.

    Parameters
    ----------
    texts
        n texts.
    embed
        Texts to vectors.
    seed
        Seed of UMAP, of the landmarks and of the resamples.
    structures
        The structure of each text, empty where none is known: texts of one structure need to be less alike.
    least
        Texts that make a cluster; None follows from how many distinct texts there are.
    take_survey
        Looks for the neighbours of many points; one that remembers them spares who asks again, such as the map.

    >>> from workbench.clustering.embed import embed
    >>> partition(["the payment was refused"] * 6 + ["no such flight"], embed=embed).labels.tolist()
    [0, 0, 0, 0, 0, 0, -1]
    """
    points = collapse(texts, embed=embed)
    known = np.flatnonzero(points.vectors.any(axis=1))
    kinds = _kinds(points.of_text, structures or [""] * len(texts))
    placed = _Placed(
        points.vectors[known],
        points.counts[known],
        [kinds.get(int(point), "") for point in known],
    )
    least = least or least_size(len(known))
    centred = reduce(combine(placed.vectors, placed.structures), seed=seed)
    found, note = _cluster(placed, centred, least=least, seed=seed, take_survey=take_survey)

    n_points = len(points.counts)
    whole = Clusters(np.full(n_points, -1), np.zeros(n_points), np.full(n_points, np.nan))
    whole.labels[known], whole.strengths[known], whole.stabilities[known] = found
    clusters = _number(_keep_repeated(whole, points.counts, least), points.counts)
    suggested = np.full(n_points, -1)
    suggested[known] = _suggest(centred, clusters.labels[known])
    # An empty text is at no point, -1: it reads the value that is appended.
    return Partition(
        np.append(clusters.labels, -1)[points.of_text],
        np.append(clusters.strengths, 0.0)[points.of_text],
        np.append(suggested, -1)[points.of_text],
        _of_clusters(clusters),
        note,
    )


def together(kinds: Sequence[str]) -> Partition:
    """Return all texts of one kind as one cluster, whatever they say, or as noise where they are too few for one.

    >>> together(["late order"] * 5 + ["late refund"]).labels.tolist()
    [0, 0, 0, 0, 0, -1]
    """
    counts = Counter(kinds).items()
    large = sorted((-n, kind) for kind, n in counts if n >= least_size(1))
    label_of = {kind: label for label, (_, kind) in enumerate(large)}
    labels = np.array([label_of.get(kind, -1) for kind in kinds], dtype=np.int64)
    nothing = np.full(len(kinds), -1)
    return Partition(labels, (labels >= 0).astype(np.float64), nothing, np.full(len(large), np.nan), "")


class _Placed(NamedTuple):
    """The points whose text says something to the embedder."""

    vectors: NDArray[np.float32]
    counts: NDArray[np.int64]
    structures: list[str]


def _kinds(of_text: NDArray[np.int64], structures: Sequence[str]) -> dict[int, str]:
    """Return the structure of each point; the first in the alphabet where its texts have several."""
    return dict(sorted(zip(of_text.tolist(), structures, strict=True), reverse=True))


def _of_clusters(clusters: Clusters) -> NDArray[np.float64]:
    """Return the stability of each cluster, in the order of their numbers."""
    present, first = np.unique(clusters.labels, return_index=True)
    return clusters.stabilities[first[present >= 0]]


def _cluster(
    placed: _Placed, centred: NDArray[np.float32], *, least: int, seed: int, take_survey: TakeSurvey
) -> tuple[Clusters, str]:
    n_points = len(centred)
    n = counted(n_points, "distinct text")
    if n_points < MIN_POINTS:
        note = f"{n}, fewer than {MIN_POINTS}: too few to group, only repeated texts are clusters"
        return Clusters(np.full(n_points, -1), np.zeros(n_points), np.full(n_points, np.nan)), note
    if n_points < FEW_POINTS:
        note = f"{n}, so few that they are grouped by average linkage, not by UMAP and HDBSCAN"
        return _link(placed, centred, least=least, seed=seed), note
    found = dense.find_dense(centred, take_survey(centred, seed=seed), least=least, seed=seed)
    if n_points <= LANDMARKS_ABOVE:
        return found, ""
    return (
        found,
        f"{n}: {N_LANDMARKS} landmarks were clustered, the others follow the nearest",
    )


def _link(placed: _Placed, centred: NDArray[np.float32], *, least: int, seed: int) -> Clusters:
    vectors, counts, structures = placed

    def link(drawn: NDArray[np.int64], least: int) -> NDArray[np.int64]:
        some, kinds = vectors[drawn], [structures[point] for point in drawn]
        labels = few.link(some, few.half_centre(some), counts[drawn], least=least, structures=kinds)
        return _close_ranks(labels)

    labels = link(np.arange(len(vectors)), least)
    half = max(2, round(least * SHARE))
    stabilities = stability(labels, lambda drawn: link(drawn, half), seed=seed)
    return Clusters(labels, _closeness(centred, labels), np.append(stabilities, np.nan)[labels])


def _close_ranks(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels as 0, 1, ... without gaps; -1 stays."""
    _, ranks = np.unique(np.append(labels, -1), return_inverse=True)
    return ranks.reshape(-1)[:-1].astype(np.int64) - 1


def _keep_repeated(clusters: Clusters, counts: NDArray[np.int64], least: int) -> Clusters:
    """Return the clusters and, each its own, the points that were left as noise although their text comes often."""
    labels, strengths, stabilities = clusters.labels.copy(), clusters.strengths.copy(), clusters.stabilities.copy()
    alone = np.flatnonzero((labels < 0) & (counts >= least))
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(len(alone))
    strengths[alone] = stabilities[alone] = 1.0
    return Clusters(labels, strengths, stabilities)


def _number(clusters: Clusters, counts: NDArray[np.int64]) -> Clusters:
    """Return the clusters numbered by their texts, largest first; the first point decides between equals."""
    inside = np.flatnonzero(clusters.labels >= 0)
    labels, first, place = np.unique(clusters.labels[inside], return_index=True, return_inverse=True)
    sizes = np.bincount(place.reshape(-1), weights=counts[inside], minlength=len(labels))
    rank = np.empty(len(labels), dtype=np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(labels))
    numbered = np.full(len(counts), -1)
    numbered[inside] = rank[place.reshape(-1)]
    return clusters._replace(labels=numbered)


def _suggest(points: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each noise point the cluster whose edge it lies at; -1 where there is none, and for all others."""
    suggested = np.full(len(labels), -1)
    present = np.unique(labels[labels >= 0])
    noise = np.flatnonzero(labels < 0)
    if not len(present) or not len(noise):
        return suggested
    centres, closeness = _centres(points, labels, present), _closeness(points, labels)
    edges = np.array([np.percentile(closeness[labels == label], SUGGEST_PERCENTILE) for label in present])
    for chunk in np.array_split(noise, len(noise) // _CHUNK + 1):
        near = points[chunk] @ centres.T
        best = near.argmax(axis=1)
        suggested[chunk] = np.where(near.max(axis=1) >= edges[best], present[best], -1)
    return suggested


def _closeness(points: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each point's cosine similarity to its cluster's centre, at least 0; 0 for noise."""
    present, place = np.unique(labels, return_inverse=True)
    centres = _centres(points, labels, present)[place.reshape(-1)]
    closeness = np.clip(np.einsum("ij,ij->i", points, centres, dtype=np.float64), 0.0, 1.0)
    return np.where(labels < 0, 0.0, closeness)


def _centres(points: NDArray[np.float32], labels: NDArray[np.int64], present: NDArray[np.int64]) -> NDArray[np.float32]:
    means = [points[labels == label].mean(axis=0) for label in present]
    return scale_to_unit(np.reshape(means, (len(present), points.shape[1])))
