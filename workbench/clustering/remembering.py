"""Texts are embedded once, however many stages of a grouping compare them: a model costs time, or money."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.embedder import Embed


def remembering(embed: Embed) -> Embed:
    """Return the embedder as one that is asked for each distinct text once, and remembers.

    Raises
    ------
    ValueError
        When it is called, if the embedder does not return one row a text.
    """
    place_of: dict[str, int] = {}
    known: list[NDArray[np.float32]] = []

    def look_up(texts: Sequence[str], /) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        if missing := sorted(set(texts) - place_of.keys()):
            vectors = np.asarray(embed(missing), dtype=np.float32)
            if vectors.ndim != 2 or len(vectors) != len(missing):
                raise ValueError(
                    f"embed returned shape {vectors.shape} for {len(missing)} texts, must be one row a text"
                )
            known[:] = [np.concatenate([*known, vectors])]
            place_of.update({text: place for place, text in enumerate(missing, start=len(place_of))})
        return np.asarray(known[0][[place_of[text] for text in texts]])

    return look_up
