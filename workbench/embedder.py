"""What an embedder is: a callable from texts to vectors, passed to whatever compares texts by what they say.

Stages that know nothing of each other take the same one.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embed(Protocol):
    """An embedder: the same text has the same vector, whatever stands beside it."""

    def __call__(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Return one row a text, (n, d) float32, of length 1, or 0 where the text says nothing to it."""
