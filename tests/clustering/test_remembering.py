"""However many stages of a grouping compare texts, an embedder is asked for each of them once."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.clustering.remembering import remembering


def test_each_distinct_text_is_asked_for_once() -> None:
    asked: list[str] = []

    def lengths(texts: Sequence[str], /) -> NDArray[np.float32]:
        asked.extend(texts)
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)

    embed = remembering(lengths)
    assert embed([]).shape[0] == 0
    assert embed(["bb", "a", "bb"]).tolist() == [[2, 1], [1, 1], [2, 1]]
    assert embed(["ccc", "a"]).tolist() == [[3, 1], [1, 1]]
    assert asked == ["a", "bb", "ccc"]


def test_a_row_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match=r"returned shape \(1, 2\) for 2 texts"):
        remembering(lambda texts: np.zeros((len(texts) - 1, 2), dtype=np.float32))(["a", "b"])
