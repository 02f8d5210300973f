"""Texts that say the same become one point with a count.

Exact duplicates ruin a neighbour graph: fifteen copies of one message are each other's fifteen nearest neighbours, and
nothing else is seen. Points come sorted, so that what follows does not depend on the order of the texts.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.embedder import Embed

_WORD = re.compile(r"\w+")


class Points(NamedTuple):
    """Distinct texts with their vectors; m points of n texts."""

    vectors: NDArray[np.float32]
    """(m, d) float32; a row of zeros where the embedder knows nothing of the text."""
    counts: NDArray[np.int64]
    """(m,) int64: texts at each point, at least 1."""
    of_text: NDArray[np.int64]
    """(n,) int64: each text's point; -1 for an empty text, which is at none."""


def collapse(texts: Sequence[str], *, embed: Embed) -> Points:
    """Return the distinct texts as points, in the order of their vectors.

    Two texts are one point when their lower-cased words are the same, or when the embedder gives them the same vector.
    """
    keys = [word_key(text) for text in texts]
    chosen: dict[str, str] = {}
    for key, text in zip(keys, texts, strict=True):
        if key and text < chosen.get(key, text + "\0"):
            chosen[key] = text
    ordered = sorted(chosen)
    place = {key: index for index, key in enumerate(ordered)}
    of_key = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    vectors = _embed_checked([chosen[key] for key in ordered], embed)
    first, point = _merge_equal(vectors)
    of_text = np.where(of_key < 0, -1, np.append(point, -1)[of_key])
    counts = np.bincount(of_text[of_text >= 0], minlength=len(first)).astype(np.int64)
    return Points(vectors[first], counts, of_text.astype(np.int64))


def word_key(text: str) -> str:
    """Return what makes two texts the same: the lower-cased words, or all of the text where it has no word.

    >>> word_key("Payment method <id> NOT found!") == word_key("payment method id not found")
    True
    """
    return " ".join(_WORD.findall(text.lower())) or text.strip()


def _embed_checked(texts: list[str], embed: Embed) -> NDArray[np.float32]:
    vectors = np.asarray(embed(texts) if texts else np.zeros((0, 1)), dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ValueError(f"embed returned shape {vectors.shape} for {len(texts)} texts, must be one row a text")
    if not np.isfinite(vectors).all():
        raise ValueError("embed returned a number that is not finite")
    return vectors


def _merge_equal(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each distinct vector, and each row's place among them; rows of zeros stay apart."""
    if not len(vectors):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    apart = np.where(vectors.any(axis=1), 0, np.arange(1, len(vectors) + 1)).astype(np.float32)
    _, first, point = np.unique(np.column_stack([apart, vectors]), axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), point.reshape(-1).astype(np.int64)
