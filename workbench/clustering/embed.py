"""A text becomes a vector: the mean of its tokens' vectors, from a table distilled from all-MiniLM-L6-v2.

Grouping needs an embedder that is there after a plain install: this one needs no network and no deep-learning library.
Any other callable with the same shape may take its place.
"""

import hashlib
import io
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.errors import WorkbenchError

NAME = "minilm-static-256"
"""What a detection run records as its embedder."""
DIMENSIONS = 256
MAX_CHARACTERS = 4_096
"""What is looked at of a text: the texts of findings have a tenth of it, and a hostile one must not cost a minute."""
BATCH = 4_096
"""Texts that are tokenised at a time: some 20 MB of tokens."""

_FOLDER = Path(__file__).parent
_TABLE = ("minilm_table.npz", "d432b0b0493264ee4f655af954561bd2b2d1536cff9df7045db184bb4bb10a21")
_TOKENIZER = ("minilm_tokenizer.json", "dd33465341c98889c3338356b6200c8b232b89af5f1b7aa8e6ee1d4d7a699631")
_UNKNOWN = "[UNK]"


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the texts' vectors, (n, 256) float32: rows of length 1, or 0 for a text without a known token.

    Deterministic; a row depends on its text alone, not on its neighbours or its place. Reads at most 4,096 characters
    and 512 tokens of a text.

    Raises
    ------
    WorkbenchError
        If a shipped file is missing or is not what the package was released with.

    >>> payment, refund, weather = embed(["the payment failed", "payment was refused", "it rains in Lisbon"])
    >>> bool(payment @ refund > 0.5 > payment @ weather)
    True
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string, must be a sequence of strings")
    vectors = [_embed_batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    return np.concatenate(vectors) if vectors else np.zeros((0, DIMENSIONS), dtype=np.float32)


class _Table(NamedTuple):
    vectors: NDArray[np.float32]
    tokenizer: Any
    unknown: int | None


def _embed_batch(texts: Sequence[str]) -> NDArray[np.float32]:
    from scipy.sparse import csr_array

    table = _load_table()
    encodings = table.tokenizer.encode_batch_fast([readable(text) for text in texts], add_special_tokens=False)
    tokens = [[token for token in encoding.ids if token != table.unknown] for encoding in encodings]
    ends = np.cumsum([0, *map(len, tokens)])
    flat = np.fromiter((token for row in tokens for token in row), dtype=np.int32, count=int(ends[-1]))
    # A sparse product adds each row's tokens in their order: no batch, thread or neighbour changes a bit.
    ones = np.ones(len(flat), dtype=np.float32)
    sums = np.asarray(csr_array((ones, flat, ends), shape=(len(tokens), len(table.vectors))) @ table.vectors)
    return scale_to_unit(sums)


def scale_to_unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return the rows scaled to length 1, (n, d) float32; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def side_by_side(vectors: NDArray[np.float32], beside: NDArray[np.float32], *, share: float) -> NDArray[np.float32]:
    """Return two sets of vectors as one, (n, d + e) float32, rows of length 1: a row of vectors that is 0 stays 0.

    The likeness of two texts is then that of their vectors and, to the share of 0 to 1, that of what is beside them.
    """
    both = [math.sqrt(1 - share) * vectors, math.sqrt(share) * beside * vectors.any(axis=1, keepdims=True)]
    return scale_to_unit(np.hstack(both))


def readable(text: str) -> str:
    """Return the text's beginning, a lone surrogate replaced: the tokenizer takes only what UTF-8 can say."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=1)
def load_tokenizer() -> Any:
    """Return the shipped tokenizer, of BERT's vocabulary without its unused entries; it pads nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(_read_checked(*_TOKENIZER).decode("utf-8"))
    tokenizer.no_padding()
    return tokenizer


@lru_cache(maxsize=1)
def _load_table() -> _Table:
    tokenizer = load_tokenizer()
    with np.load(io.BytesIO(_read_checked(*_TABLE)), allow_pickle=False) as arrays:
        vectors = arrays["codes"].astype(np.float32) * arrays["scales"][:, None]
    return _Table(vectors, tokenizer, tokenizer.token_to_id(_UNKNOWN))


def _read_checked(name: str, sha256: str) -> bytes:
    try:
        raw = (_FOLDER / name).read_bytes()
    except FileNotFoundError:
        raise WorkbenchError("the embedder's file is missing", where=name, fix="install the package again") from None
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise WorkbenchError("the embedder's file is not the released one", where=name, fix="install the package again")
    return raw
