"""A model of sentences does not hear words: beside its vectors stand those of the table."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.clustering import embed, group, partition
from workbench.clustering.words import with_words
from workbench.schemas import FINDINGS

REFUND, WEATHER = "please refund my order", "will it rain tomorrow"


def same(texts: Sequence[str], /) -> NDArray[np.float32]:
    """Hear one and the same in all texts, as a model of sentences might, and nothing in a text that is empty."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    vectors[:, 0] = [bool(text) for text in texts]
    return vectors


def test_likeness_is_that_of_the_sentences_and_to_a_third_that_of_the_words() -> None:
    refund, weather = with_words(same)([REFUND, WEATHER])
    heard, words = 1.0, float(np.dot(*embed([REFUND, WEATHER])))
    assert refund @ weather == pytest.approx((2 * heard + words) / 3, abs=1e-6)
    assert np.linalg.norm(refund) == pytest.approx(1, abs=1e-6)


def test_what_says_nothing_to_the_model_says_nothing() -> None:
    assert not with_words(same)([""]).any()


def test_the_table_itself_is_left_as_it_is() -> None:
    assert with_words(embed)([REFUND]).tolist() == embed([REFUND]).tolist()


def half_heard(texts: Sequence[str], /) -> NDArray[np.float32]:
    """Hear two things that are half alike, and beside them how long a text is."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        row[:3] = (
            (1, 0, 0.05 * len(text) % 0.3) if text.startswith(REFUND) else (0.5, 0.75**0.5, 0.05 * len(text) % 0.3)
        )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_findings_are_grouped_by_their_words_too() -> None:
    """Of the model's vectors alone there is no cluster here."""
    texts = [f"{text} {number}" for text in (REFUND, WEATHER) for number in ("one", "two", "three", "four", "five")]
    known = {"finding_id": [f"f{n}" for n in range(10)], "text": texts, "detector": ["text"] * 10}
    findings = pl.DataFrame({name: known.get(name, [None] * 10) for name in FINDINGS.schema}, schema=FINDINGS.schema)
    assert set(partition(texts, embed=half_heard).labels) == {-1}
    found = group(findings, embed=half_heard, run_id="run", now=datetime(2026, 1, 1, tzinfo=UTC))
    clusters = found.memberships.sort("finding_id")["cluster_id"].to_list()
    assert None not in clusters
    assert len(set(clusters[:5])) == len(set(clusters[5:])) == 1
    assert clusters[0] != clusters[5]
