"""Texts that say the same are one point."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.clustering.points import collapse, word_key


def by_length(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed a text by its length alone; nothing is known of a text with a question mark."""
    return np.array([[0 if "?" in text else len(text), 0] for text in texts], dtype=np.float32)


def test_case_and_punctuation_do_not_tell_texts_apart() -> None:
    points = collapse(["Card refused!", "card refused", "no seat"], embed=by_length)
    assert points.counts.tolist() == [1, 2]
    assert points.of_text.tolist() == [1, 1, 0]


def test_texts_of_equal_vector_are_one_point() -> None:
    assert collapse(["abc", "xyz", "xy"], embed=by_length).counts.tolist() == [1, 2]


def test_unknown_texts_stay_apart_although_their_vectors_are_equal() -> None:
    points = collapse(["a?", "b?", "b?"], embed=by_length)
    assert sorted(points.counts.tolist()) == [1, 2]
    assert not points.vectors.any()


def test_an_empty_text_is_at_no_point() -> None:
    points = collapse(["", " \n", "abc"], embed=by_length)
    assert points.of_text.tolist() == [-1, -1, 0]


def test_texts_without_words_are_told_apart_by_their_signs() -> None:
    assert word_key("👍") != word_key("👎")


def test_no_texts_are_no_points() -> None:
    points = collapse([], embed=by_length)
    assert (len(points.vectors), len(points.counts), len(points.of_text)) == (0, 0, 0)


def test_an_embedder_that_loses_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 2\) for 2 texts"):
        collapse(["one", "three"], embed=lambda texts: by_length(texts)[:1])


def test_an_embedder_that_returns_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        collapse(["one"], embed=lambda texts: by_length(texts) * np.float32("nan"))
