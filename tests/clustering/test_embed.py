"""The default embedder: one row a text, whatever stands beside it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.clustering import embed as embed_function
from workbench.clustering.build_static_table import FOLDER, quantise
from workbench.clustering.embed import BATCH, DIMENSIONS, _read_checked, embed
from workbench.errors import WorkbenchError


def test_rows_have_length_1_and_a_text_without_a_word_has_0() -> None:
    vectors = embed(["the payment failed", "", "   ", "☃☃", "ok"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 0, 0, 0, 1], abs=1e-6)


def test_no_texts_are_no_rows() -> None:
    assert embed([]).shape == (0, DIMENSIONS)


def test_a_single_token_has_its_row_of_the_table() -> None:
    vocabulary = json.loads((FOLDER / "minilm_tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    with np.load(FOLDER / "minilm_table.npz", allow_pickle=False) as arrays:
        row = arrays["codes"][vocabulary["payment"]].astype(np.float64)
    assert embed(["Payment"])[0] == pytest.approx(row / np.linalg.norm(row), abs=1e-6)


def test_texts_that_mean_the_same_are_nearer_than_others() -> None:
    bill, invoice, storm = embed(["the bill is wrong", "my invoice has an error", "a storm hits the coast"])
    assert bill @ invoice > 2 * max(bill @ storm, 0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_a_row_depends_on_its_text_alone(texts: list[str]) -> None:
    together = embed(texts)
    alone = np.concatenate([embed([text]) for text in texts])
    assert together.tobytes() == alone.tobytes()


def test_a_row_does_not_depend_on_its_batch() -> None:
    texts = [f"order {number} was late" for number in range(BATCH + 3)]
    assert embed(texts)[-2:].tobytes() == embed(texts[-2:]).tobytes()


def test_hostile_texts_are_read_and_bounded() -> None:
    """A lone surrogate stopped the tokenizer, and a text of 50 MB took its time: both come from telemetry."""
    vectors = embed(["half \ud800 pair", "x" * 50_000_000, "[PAD] [UNK] \x00 </s>"])
    assert np.isfinite(vectors).all()


def test_one_string_is_refused() -> None:
    with pytest.raises(TypeError, match="one string"):
        embed("the payment failed")


def test_a_changed_or_missing_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(WorkbenchError, match=r"NOTICE: .*not the released one; install the package again"):
        _read_checked("NOTICE", "0" * 64)
    with pytest.raises(WorkbenchError, match="missing"):
        _read_checked("no_such_file", "0" * 64)


def test_a_byte_a_number_loses_at_most_half_a_step() -> None:
    vectors = np.array([[1.0, -2.0, 0.5], [1e-4, 3e-4, -2e-4], [0, 0, 0]], dtype=np.float32)
    codes, scales = quantise(vectors)
    assert codes.dtype == np.int8
    assert (np.abs(codes * scales[:, None] - vectors) <= scales[:, None] / 2 + 1e-9).all()


def test_the_package_offers_the_function() -> None:
    assert embed_function is embed
