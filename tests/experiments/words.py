"""An embedder that a person can follow: a number a word, how often the text has it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.experiments.likeness import normalised
from workbench.ids import digest

N_WORDS = 512


def by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = np.zeros((len(texts), N_WORDS), dtype=np.float32)
    for place, text in enumerate(texts):
        for word in normalised(text).split():
            rows[place, int(digest(word)[:8], 16) % N_WORDS] += 1
    return rows
